"""The store of scores a URL names."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from daykeel.scores.protocol import ScoreStore
from daykeel.scores.sqlite import SqliteScores


def open_scores(url: str) -> ScoreStore:
    """Return the store that `sqlite:///<path>` names; `?synchronous=FULL` survives a power cut.

    A path that begins with a slash of its own, as in `sqlite:////var/scores.db`, is absolute.

    >>> open_scores("mysql://localhost")
    Traceback (most recent call last):
    ValueError: no such store of scores: 'mysql'; use sqlite:///<path>
    """
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc or len(parts.path) < 2:  # noqa: PLR2004  "/" alone names nothing
        raise ValueError(f"no such store of scores: {parts.scheme!r}; use sqlite:///<path>")
    wanted = parse_qs(parts.query).get("synchronous", ["NORMAL"])[-1].upper()
    if wanted not in ("NORMAL", "FULL"):
        raise ValueError(f"synchronous is NORMAL or FULL, not {wanted!r}")
    return SqliteScores(Path(parts.path[1:]), synchronous=wanted)
