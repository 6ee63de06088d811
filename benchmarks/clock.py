"""What a task costs: seconds, CPU seconds, peak memory."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

Reading = tuple[float, float]
"""Seconds, and CPU seconds (user + sys)."""


class Clock:
    """Seconds, and CPU seconds of this process, from its making to its first stop: `spent`, once it has stopped.

    Parameters
    ----------
    family : bool, optional
        CPU seconds are those of the processes below this one too (workers, Java). They are counted in ticks of 1/100 s, which takes some ms.
    """

    def __init__(self, *, family: bool = False) -> None:
        self.running = True
        self._family = family
        others = _family_cpu() if family else 0.0
        self.spent = _now()
        self._others = others

    def stop(self) -> None:
        """Stop; a second stop changes nothing."""
        if self.running:
            (since_wall, since_cpu), (wall, cpu) = self.spent, _now()
            others = _family_cpu() - self._others if self._family else 0.0
            self.spent = wall - since_wall, cpu - since_cpu + others
            self.running = False


def _now() -> Reading:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def _family_cpu() -> float:
    """CPU seconds of all processes below this one, those that have ended and been waited for too; 0 where there is no /proc."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent: dict[int, float] = {}
    below: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()  # after the name, which may hold blanks
        except OSError:  # it has ended meanwhile
            continue
        number = int(stat.parent.name)
        below.setdefault(int(fields[1]), []).append(number)
        spent[number] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    left, total = below.get(os.getpid(), []), ended.ru_utime + ended.ru_stime
    while left:
        number = left.pop()
        total += spent[number]
        left += below.get(number, [])
    return total


def peak_mb() -> float:
    """Peak resident memory of this process. Linux keeps it as VmHWM; elsewhere ru_maxrss, which may begin with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
