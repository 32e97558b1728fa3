"""Buckets with their retention: made where there are none, and left as they are where there are."""

from daykeel.scores.errors import ScoresUnavailable
from daykeel.scores.influx_server import Server

DAY_S = 86_400
SHARD_S = 84 * DAY_S
"""How much time lies in one set of files: with one point a day, weeks of them make small ones."""


def lacking(server: Server, bucket: str, retention_days: int | None) -> str | None:
    """Return what is wrong with a bucket and what to do, or None; nothing is made."""
    found = server.retention_s(bucket)
    if found is None:
        return f"there is no bucket {bucket}"
    return _other_retention(bucket, found, retention_days)


def provide(server: Server, bucket: str, retention_days: int | None) -> None:
    """See that there is a bucket that keeps points as long as wanted; None means as it is.

    Raises
    ------
    ScoresUnavailable
        There is one that keeps them for another time, or it could not be made.
    """
    found = server.retention_s(bucket)
    if found is None:
        wanted = (retention_days or 0) * DAY_S
        server.create(bucket, retention_s=wanted, shard_s=min(wanted or SHARD_S, SHARD_S))
        found = server.retention_s(bucket)
    if found is None:
        raise ScoresUnavailable(f"the bucket {bucket} cannot be made; make it, or give the right")
    wrong = _other_retention(bucket, found, retention_days)
    if wrong is not None:
        raise ScoresUnavailable(wrong)


def _other_retention(bucket: str, found: float, retention_days: int | None) -> str | None:
    if retention_days is None or found == retention_days * DAY_S:
        return None
    return (
        f"the bucket {bucket} keeps points for {found / DAY_S:g} days (0: for ever), not"
        f" {retention_days}; change one of them: `influx bucket update`, or retention_days"
    )
