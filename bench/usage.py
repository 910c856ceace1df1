"""CPU time and memory of a process and its children, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """The process and everything below it."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            below.setdefault(int(fields[1]), []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        current = queue.pop()
        found.append(current)
        queue += below.get(current, [])
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the tree so far, children that ended included."""
    total = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(value) for value in fields[11:15])
    return total / _TICKS


def rss_megabytes(pid: int) -> float:
    """Resident memory of the tree, in MB (10^6 bytes); pages that processes share count for each."""
    total = 0
    for one in tree(pid):
        try:
            pages = int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += pages * os.sysconf("SC_PAGE_SIZE")
    return total / 1e6


def peak_of_children_megabytes(pid: int) -> float:
    """The most resident memory that one of the processes below it had so far, in MB, of those that run.

    Not `ru_maxrss`: that of a child begins with what its parent held when it started it.
    """
    peak = 0
    for one in tree(pid)[1:]:
        try:
            lines = Path(f"/proc/{one}/status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        peak = max(peak, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
    return peak * 1024 / 1e6
