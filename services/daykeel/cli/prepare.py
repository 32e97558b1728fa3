"""Brings the records of an installation up to this version, in a process that then ends.

What does it, Alembic, takes eleven megabytes that no long-running process needs afterwards.
"""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

from daykeel.cli.folder import Folder
from daykeel.cli.local import own_zone
from daykeel.cli.say import Refused
from daykeel.records.clinic import Clinic


def prepare(folder: Folder) -> None:
    """Make or upgrade the tables.

    Raises
    ------
    Refused
        They cannot be, for the reason in the text.
    """
    done = subprocess.run(  # noqa: S603  our own module by name
        [sys.executable, "-m", "daykeel.cli.prepare", str(folder.path), folder.store("records")],
        capture_output=True,
        text=True,
        check=False,
        process_group=0,  # a Ctrl-C is ours to answer
    )
    if done.returncode:
        raise Refused(done.stderr.strip().rpartition("\n")[2])


def begin(folder: Folder) -> None:
    """Make or upgrade the tables; until somebody says otherwise the clinic is where we are."""
    with closing(folder.records()) as records:
        records.post.set_clinic(Clinic(own_zone()), only_first=True)


if __name__ == "__main__":
    try:
        begin(Folder(Path(sys.argv[1]), {"records": sys.argv[2]}))
    except Refused as refused:
        sys.exit(str(refused))
