"""The end of the process, where a thread may still be in a library that calls back into Python."""

from __future__ import annotations

import atexit
import os
import sys
import threading


class ForeignThread(threading.Thread):
    """A daemon thread that a library may keep busy beyond the end, such as FFmpeg with a server that is silent.

    While it waits FFmpeg asks PyAV ten times a second whether to go on, and PyAV takes the interpreter's lock to
    answer: a crash where there is no interpreter any more.
    """


def leave(code: object) -> None:
    """End the process with the exit code of a ``SystemExit`` while a ``ForeignThread`` is alive; else do nothing.

    What the interpreter does when it ends is done, save that it is not taken down: other threads are waited for, what
    was registered with ``atexit`` is called, what was printed is written.
    """
    if not any(isinstance(thread, ForeignThread) for thread in threading.enumerate()):
        return
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)  # noqa: T201
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # there is none, nobody reads it, or it is closed
            continue
    os._exit(0 if code is None else code if isinstance(code, int) else 1)
