"""Telling a fault without quoting what was being worked on."""

import traceback
from pathlib import Path


def told(error: BaseException | None) -> str:
    """Return the kind of an error and where it was raised; its text might quote values.

    >>> try:
    ...     int("something a client said")
    ... except ValueError as error:
    ...     told(error).split(" at ")[0]
    'ValueError'
    """
    if error is None:
        return "no error"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
