"""The JACK server's end, which no MIDI library tells of, and the words that JACK's own library would print.

Under JACK the list of ports stays as it was when the server dies, and an open port just falls silent.
A client of our own asks to be told. JACK tells in a thread of its own, where Python must not run, so
what it calls is the C library's ``sem_post``.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

from stream_v2m.core.errors import PortError

_SEM_T = 64  # bytes; the largest sem_t that there is, 32 on 64-bit Linux, and room
_NO_START_SERVER = 1
_MAPS = Path("/proc/self/maps")


class JackServer:
    """Watches the server that runs now.

    Raises:
        PortError: no server answers, or no library of JACK's is loaded.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)
        self._gone = ctypes.create_string_buffer(_SEM_T)
        self._libc.sem_init(self._gone, 0, 0)
        for library in _loaded():
            client = library.jack_client_open(b"stream_v2m_watch", _NO_START_SERVER, None)
            if client:
                self._library, self._client = library, client
                break
        else:
            raise PortError("the JACK server does not answer", cure="start it")
        sem_post = ctypes.cast(self._libc.sem_post, ctypes.c_void_p)
        self._library.jack_on_shutdown(self._client, sem_post, ctypes.addressof(self._gone))

    def alive(self) -> bool:
        """Whether it still runs; once it does not, this stays so."""
        value = ctypes.c_int()
        self._libc.sem_getvalue(self._gone, ctypes.byref(value))
        return value.value == 0

    def close(self) -> None:
        """Watch no more."""
        self._library.jack_client_close(self._client)


def hush_jack() -> None:
    """From now on JACK's library says nothing on the terminal, and starts no server by itself."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    _loaded()


def _loaded() -> list[ctypes.CDLL]:
    """Every libjack in this process: the MIDI library brings its own, a synthesizer loads the system's."""
    try:
        lines = _MAPS.read_text().splitlines()
    except OSError:  # not Linux
        return []
    paths = {line.split()[-1] for line in lines if "/libjack" in line}
    return [_library(path) for path in sorted(paths)]


@cache
def _library(path: str) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    library.jack_client_open.restype = ctypes.c_void_p
    library.jack_client_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
    library.jack_on_shutdown.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.jack_client_close.argtypes = [ctypes.c_void_p]
    library.jack_set_error_function.argtypes = [ctypes.c_void_p]
    # something harmless of the C library's that takes a string: JACK's threads call it
    library.jack_set_error_function(ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p))
    return library
