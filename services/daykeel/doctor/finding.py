"""What a check has found: that all is well, or what is wrong and what to do about it."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How it stands with one thing."""

    WELL = "well"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nobody could look, or there is nothing to look at."""


class Finding(NamedTuple):
    """One thing that was looked at. No name, id or value of a client is ever in it."""

    check: str
    level: Level
    said: str
    """What is so, and of which input."""
    advice: str = ""
    """What to do about it."""


class Ailment(Exception):  # noqa: N818  a fact about the installation
    """What a check was looking at is not as it must be."""

    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.said, self.advice = said, advice


class NothingToSee(Exception):  # noqa: N818  a fact about the installation
    """There is nothing to look at for a check; the text says why."""
