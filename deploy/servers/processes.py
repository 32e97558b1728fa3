"""A server outlives the command that started it, and ends with everything it started itself."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from place import Launch

DEADLINE_S = 120.0
_STARTED: list[subprocess.Popen[bytes]] = []
"""Kept only because Python complains of a process that runs on and nobody remembers."""


class Late(Exception):  # noqa: N818 - a fact about the server
    """A server did not answer, or did not end, within the time given to it."""


def until(true: Callable[[], object], what: str, seconds: float = DEADLINE_S) -> None:
    """Wait for a condition.

    Raises
    ------
    Late
        When it has not come true after so many seconds.
    """
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Late(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)


def launch(how: Launch, log: Path) -> int:
    """Start a server in a session of its own, its output appended to a file; return its number."""
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - the server's own program
            how.command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            env={**os.environ, **how.environment},
            start_new_session=True,
            **as_account(how.account),
        )
    _STARTED.append(process)
    return process.pid


def as_account(name: str | None) -> dict[str, Any]:
    """Return what makes a subprocess run as another account; nothing for the caller's own."""
    if name is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def born(pid: int) -> int | None:
    """Return when a process started, in ticks since boot; None when it runs no more."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[19])


def is_zombie(pid: int) -> bool:
    """Tell whether a process has ended and nobody has asked how."""
    fields = _stat(pid)
    return fields is not None and fields[0] == "Z"


def kill(pid: int) -> None:
    """End a process and all it started without asking, and wait until they are gone."""
    if not signalled(pid, signal.SIGSTOP):
        return
    family = _family(pid)
    for each in family:
        signalled(each, signal.SIGKILL)
    until(lambda: all(born(each) is None for each in family), "the killed processes are gone")


def signalled(pid: int, how: signal.Signals) -> bool:
    """Send a signal, and tell whether there was a process to take it."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return False
    return True


def _stat(pid: int) -> list[str] | None:
    """Return the fields after the name, state first."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _family(pid: int) -> set[int]:
    parents = {
        int(folder.name): int(fields[1])
        for folder in Path("/proc").glob("[0-9]*")
        if (fields := _stat(int(folder.name))) is not None
    }
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found
