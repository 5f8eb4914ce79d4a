"""The ear: sound of a microphone, an input or another program, by FFmpeg, stamped with session time."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import ConfigError, PortError

RATE = 48_000
FORMATS = ("jack", "alsa", "pulse", "avfoundation", "dshow")
EXPECTED = "jack:PORT, alsa:default, pulse:default, avfoundation::0 or dshow:audio=NAME"
_BYTES = 4
_CHUNK = 1 << 16
_NAME = "stream_v2m-ear"
_CONNECT_WITHIN = 5.0  # seconds
_LOOK_EVERY = 0.1  # seconds
_SILENT = 3.0  # seconds without a sample after which nothing will come


class FFmpegEar:
    """Records one channel.

    When a sample was heard is told from the quickest of all deliveries: a piece cannot arrive before its last
    sample was heard, and some piece arrives hardly later.

    Args:
        spec: FFmpeg's input format and device, as ``alsa:default``; of ``jack:PORT`` the port that is listened to.
        program: FFmpeg's.

    Raises:
        ConfigError: no such format.
    """

    rate = RATE

    def __init__(self, spec: str, *, clock: Clock, program: str = "ffmpeg") -> None:
        self._format, _, self._device = spec.partition(":")
        if self._format not in FORMATS or not self._device:
            raise ConfigError("is nothing to listen to", where=spec, expected=EXPECTED)
        self.hears = asyncio.Event()
        self._spec, self._clock, self._program = spec, clock, program
        self._pieces: list[bytes] = []
        self._size = 0
        self._begin = float("inf")

    async def listen(self) -> None:
        """Record until cancelled.

        Raises:
            PortError: FFmpeg is not there, or nothing can be heard.
        """
        if shutil.which(self._program) is None:
            raise PortError("is not installed", where=self._program, cure="install FFmpeg, or calibrate by ear")
        device = f"{_NAME}-{os.getpid()}" if self._format == "jack" else self._device
        process = await asyncio.create_subprocess_exec(
            *(self._program, "-nostdin", "-loglevel", "error", "-f", self._format, "-i", device),
            *("-ac", "1", "-ar", str(RATE), "-f", "f32le", "-flush_packets", "1", "-"),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            if self._format == "jack":
                await self._connect(f"{device}:input_1")
            await self._record(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    def recorded(self) -> tuple[float, NDArray[np.float32]]:
        whole = self._size // _BYTES * _BYTES
        return self._begin, np.frombuffer(b"".join(self._pieces)[:whole], "<f4").astype(np.float32)

    async def _record(self, process: Process) -> None:
        assert process.stdout is not None and process.stderr is not None
        try:
            while True:
                async with asyncio.timeout(_SILENT):
                    piece = await process.stdout.read(_CHUNK)
                arrived = self._clock.now()
                if not piece:
                    break
                self.hears.set()
                self._pieces.append(piece)
                self._size += len(piece)
                self._begin = min(self._begin, arrived - self._size / _BYTES / RATE)
            said = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
        except TimeoutError:
            said = []
        raise PortError("gives no sound", where=self._spec, got=said[-1] if said else None, expected=EXPECTED)

    async def _connect(self, ear: str) -> None:
        """JACK's clients are connected from outside; ours has to come up first."""
        if shutil.which("jack_connect") is None:
            raise PortError("is not installed", where="jack_connect", cure="install jackd2 or jack-example-tools")
        deadline = self._clock.now() + _CONNECT_WITHIN
        while True:
            connecting = await asyncio.create_subprocess_exec(
                "jack_connect", self._device, ear, stdout=DEVNULL, stderr=DEVNULL
            )
            if await connecting.wait() == 0:
                return
            if self._clock.now() > deadline:
                raise PortError("cannot be connected", where=self._spec, cure="`jack_lsp` lists JACK's ports")
            await self._clock.sleep_until(self._clock.now() + _LOOK_EVERY)
