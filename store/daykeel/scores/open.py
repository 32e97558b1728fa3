"""The store of scores a URL names."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from daykeel.scores.protocol import ScoreStore
from daykeel.scores.sqlite import SqliteScores


def open_scores(url: str) -> ScoreStore:
    """Return the store that `sqlite:///<path>` or `influxdb://...` names.

    A path that begins with a slash of its own, as in `sqlite:////var/scores.db`, is absolute;
    `?synchronous=FULL` survives a power cut. Of InfluxDB, `influx_url` tells the form.

    >>> open_scores("mysql://localhost")
    Traceback (most recent call last):
    ValueError: no such store of scores: 'mysql'; use sqlite:///<path> or influxdb://...
    """
    parts = urlsplit(url)
    if parts.scheme in ("influxdb", "influxdbs"):
        from daykeel.scores.influx_url import open_influx  # noqa: PLC0415  half a second

        return open_influx(url)
    path, synchronous = sqlite_file(url)
    return SqliteScores(path, synchronous=synchronous)


def sqlite_file(url: str) -> tuple[Path, str]:
    """Return the file of a SQLite store, and how it is written."""
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc or len(parts.path) < 2:  # noqa: PLR2004  "/" alone names nothing
        raise ValueError(
            f"no such store of scores: {parts.scheme!r}; use sqlite:///<path> or influxdb://..."
        )
    wanted = parse_qs(parts.query).get("synchronous", ["NORMAL"])[-1].upper()
    if wanted not in ("NORMAL", "FULL"):
        raise ValueError(f"synchronous is NORMAL or FULL, not {wanted!r}")
    return Path(parts.path[1:]), wanted
