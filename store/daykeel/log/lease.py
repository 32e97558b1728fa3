"""One process at a time does the work of a group."""

import fcntl
from pathlib import Path
from typing import IO

from daykeel.log.errors import Leased


def lease(path: Path, group: str) -> IO[bytes]:
    """Return a file that holds the group's lease for as long as it is open.

    The system lets go of it when the process dies, however it dies.

    Raises
    ------
    Leased
        Another process, or another call, holds it.
    """
    held = path.with_name(f"{path.name}.{group}").open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise Leased(f"group {group} is served by another process") from error
    return held
