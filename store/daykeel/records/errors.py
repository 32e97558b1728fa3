"""What can go wrong with the records.

* RecordsError
  - Conflict
  - Missing
  - Taken
  - RecordsUnavailable
"""


class RecordsError(Exception):
    """Base of every error this package raises on purpose."""


class Conflict(RecordsError):  # noqa: N818  somebody was faster: not a fault
    """What is stored is not the version the change was made upon."""


class Missing(RecordsError):  # noqa: N818  a fact about what was asked for
    """There is no such client or account."""


class Taken(RecordsError):  # noqa: N818  a fact about what was asked for
    """The name or id belongs to another one."""


class RecordsUnavailable(RecordsError):  # noqa: N818  a state of the disk or server
    """The database does not answer, or not yet; the same call may succeed later.

    Whether what was to be stored is stored is known from the records alone: a server may have
    stored it and be gone before it could say so.
    """
