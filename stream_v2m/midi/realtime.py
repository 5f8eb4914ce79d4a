"""Real-time priority for the calling thread, where the system grants it, with a way back.

Only the Linux part has been run; those for macOS and Windows are written to the documented behaviour.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

# Above every ordinary process, below the audio server: jackd runs at 10, PipeWire at 88 by default.
PRIORITY = 4
# Processor time without one wait: at the first the process steps down, at the second the kernel ends it.
STEP_DOWN_US, END_US = 200_000, 1_000_000
# What macOS is told: each period there is so much to compute, which must be done within so much. Nanoseconds.
PERIOD_NS, COMPUTATION_NS, CONSTRAINT_NS = 5_000_000, 500_000, 2_000_000
TIMER_MS = 1  # what Windows' timer is asked for; its default is 15.6 ms
TASK = "Pro Audio"  # a task of Windows' Multimedia Class Scheduler Service


def request_realtime() -> bool:
    """Ask for real time for the calling thread, not inherited by threads and children; whether it was granted."""
    if sys.platform == "linux":
        return _request_fifo()
    if sys.platform == "darwin":
        return _request_time_constraint()
    if sys.platform == "win32":
        return _request_pro_audio()
    return False


class Realtime:
    """Whether the calling thread runs in real time, asked for at most once.

    Args:
        wanted: ask for it.
    """

    def __init__(self, *, wanted: bool) -> None:
        self._granted = wanted and request_realtime()

    @property
    def granted(self) -> bool:
        """Whether it was granted and, on Linux, has not been taken back since."""
        return self._granted and (sys.platform != "linux" or _has_fifo())


if sys.platform == "linux":

    def _request_fifo() -> bool:
        """``SCHED_FIFO``, given up by the thread itself when it computes for too long."""
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

    def _has_fifo() -> bool:
        return os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO


if sys.platform == "darwin":

    class _Timebase(ctypes.Structure):
        """``mach_timebase_info_data_t``: nanoseconds are ticks of the host's clock times numer / denom."""

        _fields_ = (("numer", ctypes.c_uint32), ("denom", ctypes.c_uint32))

    class _TimeConstraint(ctypes.Structure):
        """``thread_time_constraint_policy_data_t``, in ticks of the host's clock."""

        _fields_ = (
            ("period", ctypes.c_uint32),
            ("computation", ctypes.c_uint32),
            ("constraint", ctypes.c_uint32),
            ("preemptible", ctypes.c_int),
        )

    _TIME_CONSTRAINT_POLICY = 2  # mach/thread_policy.h
    _KERN_SUCCESS = 0

    def _request_time_constraint() -> bool:
        """``THREAD_TIME_CONSTRAINT_POLICY``, which any process may have; the kernel takes it from a greedy thread.

        Written to the documented behaviour of ``thread_policy_set`` (Apple, Mach scheduling), not run.
        """
        system = ctypes.CDLL(None)
        timebase = _Timebase()
        if system.mach_timebase_info(ctypes.byref(timebase)) != _KERN_SUCCESS:
            return False
        ticks = [ns * timebase.denom // timebase.numer for ns in (PERIOD_NS, COMPUTATION_NS, CONSTRAINT_NS)]
        policy = _TimeConstraint(*ticks, 1)
        system.pthread_self.restype = ctypes.c_void_p
        system.pthread_mach_thread_np.argtypes = (ctypes.c_void_p,)
        system.pthread_mach_thread_np.restype = ctypes.c_uint32
        thread = ctypes.c_uint32(system.pthread_mach_thread_np(system.pthread_self()))
        words = ctypes.sizeof(policy) // ctypes.sizeof(ctypes.c_uint32)
        answer = system.thread_policy_set(thread, _TIME_CONSTRAINT_POLICY, ctypes.byref(policy), words)
        return bool(answer == _KERN_SUCCESS)


if sys.platform == "win32":

    def _request_pro_audio() -> bool:
        """A timer of 1 ms and the class "Pro Audio", both until the process ends; any user may have them.

        Written to the documented behaviour of ``timeBeginPeriod`` and ``AvSetMmThreadCharacteristicsW``
        (Microsoft), not run.
        """
        timer = ctypes.WinDLL("winmm").timeBeginPeriod
        timer.argtypes, timer.restype = (ctypes.c_uint,), ctypes.c_uint
        timer(TIMER_MS)
        join = ctypes.WinDLL("avrt", use_last_error=True).AvSetMmThreadCharacteristicsW
        join.argtypes = (ctypes.c_wchar_p, ctypes.POINTER(ctypes.c_ulong))
        join.restype = ctypes.c_void_p
        return bool(join(TASK, ctypes.byref(ctypes.c_ulong(0))))  # index 0 asks for a new group
