"""How much CPU time another process has used.

Source: Linux, include/linux/posix-timers.h (MAKE_PROCESS_CPUCLOCK, CPUCLOCK_SCHED), clock_getcpuclockid(3).
"""

from __future__ import annotations

import sys
import time

_ALL_THREADS = 2


def cpu_seconds(pid: int) -> float | None:
    """The CPU time of a process since its start; None if it is gone, or the system doesn't tell it (macOS)."""
    if sys.platform != "linux":
        return None
    try:
        return time.clock_gettime(~pid << 3 | _ALL_THREADS)
    except OSError:
        return None
