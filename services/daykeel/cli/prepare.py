"""Brings the records of a data folder up to this version, in a process that then ends.

What does it, Alembic, takes eleven megabytes that no long-running process needs afterwards.
"""

import subprocess
import sys
from pathlib import Path

from daykeel.cli.folder import Folder
from daykeel.cli.say import Refused


def prepare(folder: Folder) -> None:
    """Make or upgrade the tables.

    Raises
    ------
    Refused
        They cannot be, for the reason in the text.
    """
    done = subprocess.run(  # noqa: S603  our own module by name
        [sys.executable, "-m", "daykeel.cli.prepare", str(folder.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        why = done.stderr.strip().rpartition("\n")[2]
        raise Refused(f"the records in {folder.path} cannot be used: {why}")


if __name__ == "__main__":
    Folder(Path(sys.argv[1])).records().close()
