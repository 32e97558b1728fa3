"""The audit: appended only, each line chained to the one before with a key of its own.

Lines name clients and alerts by random references, so that they can be forgotten without
breaking the chain.
"""

from collections.abc import Generator
from contextlib import closing

from sqlalchemy import Connection, insert, select, update

from daykeel.events.codec import encode
from daykeel.records import secrets, tables
from daykeel.records.people import AuditEntry
from daykeel.records.secrets import Keys

AUDIT = tables.audit.c
HEAD = tables.audit_head.c
REFERENCES = tables.audit_references.c

BATCH = 1000


def append(connection: Connection, keys: Keys, entry: AuditEntry) -> None:
    """Append a line; its number is given here, and what it calls the resource."""
    head = connection.execute(select(HEAD.seq, HEAD.digest)).one()
    called = _called(connection, entry.resource)
    line = AuditEntry(head.seq + 1, entry.at, entry.actor, entry.action, called)
    digest = keys.chained(head.digest, encode(line))
    connection.execute(
        insert(tables.audit),
        {
            "seq": line.seq,
            "at": line.at,
            "actor": line.actor,
            "action": line.action,
            "resource": line.resource,
            "digest": digest,
        },
    )
    connection.execute(update(tables.audit_head).values(seq=line.seq, digest=digest))


def _called(connection: Connection, resource: str) -> str:
    """Return a resource with its reference, made if there is none, in the place of its id."""
    kind, _, id_ = resource.partition("/")
    if not id_:
        return resource
    known = reference(connection, resource)
    if known is None:
        known = f"{kind}/{secrets.random_id('r')}"
        connection.execute(
            insert(tables.audit_references), {"resource": resource, "reference": known}
        )
    return known


def reference(connection: Connection, resource: str) -> str | None:
    """Return what the audit calls `client/…` or `alert/…`; None if it never spoke of it."""
    return connection.execute(
        select(REFERENCES.reference).where(REFERENCES.resource == resource)
    ).scalar_one_or_none()


def entries(connection: Connection, first: int, limit: int) -> list[AuditEntry]:
    """Return lines from number `first` on."""
    rows = connection.execute(
        select(AUDIT.seq, AUDIT.at, AUDIT.actor, AUDIT.action, AUDIT.resource)
        .where(AUDIT.seq >= first)
        .order_by(AUDIT.seq)
        .limit(limit)
    )
    return [AuditEntry(**row) for row in rows.mappings()]


def broken_at(connection: Connection, keys: Keys) -> int | None:
    """Return the number of the first line that is missing or changed, None if all is well."""
    head = connection.execute(select(HEAD.seq, HEAD.digest)).one()
    digest, seq = "", 0
    with closing(_lines(connection)) as lines:
        for line, kept in lines:
            digest = keys.chained(digest, encode(line))
            if line.seq != seq + 1 or digest != kept:
                return seq + 1
            seq = line.seq
    return None if (seq, digest) == (head.seq, head.digest) else seq + 1


def _lines(connection: Connection) -> Generator[tuple[AuditEntry, str], None, None]:
    """Yield the lines and their digests, few of them in memory at once."""
    asked = select(tables.audit).order_by(AUDIT.seq).execution_options(yield_per=BATCH)
    with connection.execute(asked) as rows:
        for row in rows:
            yield AuditEntry(row.seq, row.at, row.actor, row.action, row.resource), row.digest
