"""Memory of all processes together, without counting shared pages twice."""

import os
from collections.abc import Iterable

import psutil


class Meter:
    """Remembers the greatest sum that was seen."""

    def __init__(self) -> None:
        self.peak_bytes = 0

    def look(self, pids: Iterable[int]) -> None:
        """Add up the proportional set sizes of this process and those given."""
        total = sum(_pss(pid) for pid in (os.getpid(), *pids))
        self.peak_bytes = max(self.peak_bytes, total)


def _pss(pid: int) -> int:
    """Return the proportional set size, the unique one where there is no other, 0 if it is gone."""
    try:
        told = psutil.Process(pid).memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    return int(getattr(told, "pss", 0) or told.uss)
