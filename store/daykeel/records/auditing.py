"""The audit: appended only, each line chained to the one before with a key of its own."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select, update

from daykeel.events.codec import encode
from daykeel.records import tables
from daykeel.records.people import AuditEntry
from daykeel.records.secrets import Keys

AUDIT = tables.audit.c
HEAD = tables.audit_head.c


def append(connection: Connection, keys: Keys, entry: AuditEntry) -> None:
    """Append a line; its number is given here."""
    head = connection.execute(select(HEAD.seq, HEAD.digest).with_for_update()).one()
    line = AuditEntry(head.seq + 1, entry.at, entry.actor, entry.action, entry.resource)
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
    for line, kept in _lines(connection):
        digest = keys.chained(digest, encode(line))
        if line.seq != seq + 1 or digest != kept:
            return seq + 1
        seq = line.seq
    return None if (seq, digest) == (head.seq, head.digest) else seq + 1


def _lines(connection: Connection) -> Iterable[tuple[AuditEntry, str]]:
    rows = connection.execute(select(tables.audit).order_by(AUDIT.seq))
    for row in rows:
        yield AuditEntry(row.seq, row.at, row.actor, row.action, row.resource), row.digest
