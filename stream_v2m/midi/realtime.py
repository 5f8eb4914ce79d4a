"""Real-time priority for the calling thread, where the system grants it, with a way back."""

from __future__ import annotations

import os
import signal
import sys

# Above every ordinary process, below the audio server: jackd runs at 10, PipeWire at 88 by default.
PRIORITY = 4
# Processor time without one wait: at the first the process steps down, at the second the kernel ends it.
STEP_DOWN_US, END_US = 200_000, 1_000_000


def request_realtime() -> bool:
    """Ask for SCHED_FIFO, not inherited by threads and children; whether it was granted.

    Only Linux grants it this way; elsewhere the answer is False.
    """
    if sys.platform != "linux":
        return False
    import resource

    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
        _, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
        end = END_US if hard == resource.RLIM_INFINITY else min(END_US, hard)
        resource.setrlimit(resource.RLIMIT_RTTIME, (min(STEP_DOWN_US, end), end))
    except (OSError, ValueError):
        return False
    signal.signal(signal.SIGXCPU, lambda *_: os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0)))
    return True


def has_realtime() -> bool:
    """Whether the calling thread runs in real time now."""
    return sys.platform == "linux" and os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
