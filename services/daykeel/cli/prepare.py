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
        process_group=0,  # a Ctrl-C is ours to answer
    )
    if done.returncode:
        raise Refused(done.stderr.strip().rpartition("\n")[2])


if __name__ == "__main__":
    try:
        Folder(Path(sys.argv[1])).records().close()
    except Refused as refused:
        sys.exit(str(refused))
