"""Notices, for now, as lines of a file: a link that says nothing, and a count."""

import json
import os
from datetime import datetime
from pathlib import Path


class NoticeFile:
    """A file that notices are appended to; what `write` returned from is on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, link: str, now: datetime) -> None:
        """Append one notice.

        Raises
        ------
        OSError
            It could not be written.
        """
        said = {"at": now.isoformat(), "link": f"/n/{link}", "count": 1}
        opened = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(opened, f"{json.dumps(said)}\n".encode())
            os.fsync(opened)
        finally:
            os.close(opened)
