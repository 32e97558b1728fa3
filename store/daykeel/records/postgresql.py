"""Records on a PostgreSQL server, where as in a file one process writes at a time.

A writer holds an advisory lock from before its first look until its end is visible to others. A
server gives numbers when rows are inserted and shows them when they are committed; without the
lock somebody who reads on from the last number seen would pass over rows that came later.
"""

from sqlalchemy import URL, Connection, Engine, create_engine, event

WAIT_S = 10
"""For the turn to write, for a connection, and for packets that nobody answers."""
LONGEST_S = 30
"""For one statement, and for a transaction that says nothing: its turn is then given to others."""

_TURN = 0x6461796B
_WRITES = "daykeel_writes"

_SESSION = {
    "timezone": "UTC",
    "lock_timeout": f"{WAIT_S}s",
    "statement_timeout": f"{LONGEST_S}s",
    "idle_in_transaction_session_timeout": f"{LONGEST_S}s",
}

CONNECTION = {
    "application_name": "daykeel",
    "connect_timeout": WAIT_S,
    "keepalives_idle": WAIT_S,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": WAIT_S * 1000,
    "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
}


def engines(url: URL) -> tuple[Engine, Engine]:
    """Return an engine whose transactions read, and one whose transactions write.

    Readers see one state from first to last look. A writer sees with each look what is stored
    by then, so that it knows of everybody who had the turn before it.
    """
    engine = create_engine(
        url,
        connect_args=CONNECTION,
        pool_size=4,
        max_overflow=8,
        pool_timeout=WAIT_S,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    writing = engine.execution_options(isolation_level="READ COMMITTED", **{_WRITES: True})
    return reading, writing


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
