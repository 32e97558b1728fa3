"""What can go wrong with the log.

* LogError
  - UnknownTopic
  - LogUnavailable
    - NotMade
  - Leased
"""


class LogError(Exception):
    """Base of every error a log raises on purpose."""


class UnknownTopic(LogError):  # noqa: N818  a fact about the caller, not a fault of ours
    """Nobody has declared the topic, or it has no such partition."""


class LogUnavailable(LogError):  # noqa: N818  a state of the disk or server
    """Nothing was written, and the same call may succeed later: busy, disk full, unreadable."""


class NotMade(LogUnavailable):
    """The topics are not there, or not as they must be: `daykeel create` makes them."""


class Leased(LogError):  # noqa: N818  a fact about another process
    """Another process already does the work of the group."""
