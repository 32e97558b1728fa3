"""What can go wrong in the core.

* RhythmError
  - NotEnoughData
"""


class RhythmError(Exception):
    """Base of every error this package raises on purpose."""


class NotEnoughData(RhythmError):  # noqa: N818  a state of the data, not a fault
    """The measure is not defined on so little data."""
