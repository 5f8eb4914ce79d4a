"""Keeping the words of C libraries off the terminal: ALSA and JACK print whatever fails in them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Standard output and error of the whole process go nowhere meanwhile; no JACK server is started."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    try:
        saved = {number: os.dup(number) for number in (1, 2)}
    except OSError:  # a program without a console has nothing to keep clean
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in saved:
            os.dup2(nowhere, number)
        yield
    finally:
        for number, kept in saved.items():
            os.dup2(kept, number)
            os.close(kept)
        os.close(nowhere)
