"""What is built or fetched is kept in one folder outside the checkout, made whole or not at all."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Missing(Exception):  # noqa: N818 - a fact about the machine
    """A program or package is not on this machine; the message says how to get it."""


def cache_folder() -> Path:
    """Return the folder of finished builds: ``DAYKEEL_CACHE``, or one in the home folder."""
    named = os.environ.get("DAYKEEL_CACHE")
    folder = Path(named) if named else Path.home() / ".cache" / "daykeel-servers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def digest(*files: Path) -> str:
    """Return the first 12 hex digits of the SHA-256 over the files' bytes, in order."""
    told = hashlib.sha256()
    for file in files:
        told.update(file.read_bytes())
    return told.hexdigest()[:12]


def program(name: str, how: str, *elsewhere: str) -> str:
    """Return the path of a program, or say how to get it.

    Raises
    ------
    Missing
        When it is neither on ``PATH`` nor in one of the folders of `elsewhere`.
    """
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(elsewhere))
    if found is None:
        raise Missing(f"{name} is not on this machine: {how}")
    return found


def run(
    command: Sequence[str | Path], cwd: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Run a build step with its output shown; a failure ends the installation."""
    subprocess.run(command, cwd=cwd, env={**os.environ, **(environment or {})}, check=True)  # noqa: S603 - fixed programs


@contextmanager
def made_once(name: str) -> Iterator[tuple[Path, Path | None]]:
    """Yield (finished folder, empty work folder, or None when it is finished already).

    The work folder becomes the finished one when the block ends well. Two installations at a
    time wait for each other.
    """
    cache = cache_folder()
    finished = cache / name
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if finished.exists():
            yield finished, None
            return
        with tempfile.TemporaryDirectory(dir=cache, prefix=f"{name}-") as work:
            inside = Path(work) / "made"
            inside.mkdir()
            yield finished, inside
            inside.rename(finished)
