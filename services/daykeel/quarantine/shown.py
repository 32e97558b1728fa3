"""What others have sent, for a terminal: nothing in it moves the cursor or hides the rest."""

from collections.abc import Iterator

from daykeel.events.event import Quarantined
from daykeel.quarantine.entries import Entry

MOST = 65_536
"""Bytes of a payload that are shown."""


def shown(data: bytes | str) -> str:
    r"""Return text in which whatever cannot be seen is spelled out, but for ends of lines.

    >>> shown(b'{"a": "\x1b[2J"}')
    '{"a": "\\x1b[2J"}'
    >>> shown(b"\xff\x00ok\r\n")
    '\\xff\\x00ok\\r\n'
    """
    text = data.decode(errors="backslashreplace") if isinstance(data, bytes) else data
    return "".join(one if one.isprintable() or one == "\n" else _spelled(one) for one in text)


def _spelled(letter: str) -> str:
    return letter.encode("unicode_escape", errors="backslashreplace").decode()


def word(text: str) -> str:
    r"""Return text that stays in its line.

    >>> word("two\nlines")
    'two\\nlines'
    """
    return shown(text).replace("\n", "\\n")


def described(found: Entry, noted: Quarantined) -> Iterator[str]:
    """Yield all that is known of a record, its payload last."""
    raw = noted.raw
    yield f"position  {found.at}"
    yield f"received  {raw.received_at.isoformat(timespec='seconds')}"
    yield f"stage     {word(noted.stage)}"
    yield f"reason    {word(noted.reason)}"
    if noted.detail:
        yield f"detail    {word(noted.detail)}"
    yield f"client    {word(raw.client) or 'unknown'}"
    yield f"device    {word(raw.device) or 'unknown'}, {word(raw.adapter) or 'no source'}"
    yield f"topic     {word(raw.topic)}, by {word(raw.transport)}"
    yield f"size      {found.size} bytes, {kept_of(found)}"
    if noted.sha256:
        yield f"sha256    {word(noted.sha256)}"
    if found.again:
        yield f"again     it lay at {word(found.again)}, was replayed and refused again"
    yield f"state     {found.fate or 'open'}"
    yield ""
    yield shown(raw.payload[:MOST])
    if len(raw.payload) > MOST:
        yield f"and {len(raw.payload) - MOST} bytes more: --to FILE writes all of them"


def kept_of(found: Entry) -> str:
    """Return how much of a payload is there."""
    if found.kept == found.size:
        return "whole"
    return f"first {found.kept} kept" if found.kept else "not kept"
