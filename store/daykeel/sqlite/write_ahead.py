"""The write-ahead log that every SQLite file of ours has."""

import sqlite3
import time

PAUSE_S = 0.01


def write_ahead(db: sqlite3.Connection, patience_s: float) -> None:
    """Switch to the write-ahead log; SQLite does not wait for other processes that do the same.

    Raises
    ------
    sqlite3.OperationalError
        It could not be done within `patience_s`.
    """
    end = time.monotonic() + patience_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE_S)
        else:
            return
