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
_FRAME = RATE // 1000  # samples; so exactly is a beginning told
_AROUND = 0.1  # seconds
_CHUNK = 1 << 16
_NAME = "stream_v2m-ear"
_CONNECT_WITHIN = 5.0  # seconds
_LOOK_EVERY = 0.1  # seconds
_SILENT = 3.0  # seconds without a sample after which nothing will come


class FFmpegEar:
    """Records one channel.

    When a sample was heard is told from the quickest delivery around it: a piece cannot arrive before its last
    sample was heard, and some piece arrives hardly later. A sound card that loses samples loses no time by that.

    Args:
        spec: FFmpeg's input format and device, as ``alsa:default``; of ``jack:PORT`` the port that is listened to.
        program: FFmpeg's.

    Raises:
        ConfigError: no such format.
    """

    def __init__(self, spec: str, *, clock: Clock, program: str = "ffmpeg") -> None:
        self._format, _, self._device = spec.partition(":")
        if self._format not in FORMATS or not self._device:
            raise ConfigError("is nothing to listen to", where=spec, expected=EXPECTED)
        self.hears = asyncio.Event()
        self._spec, self._clock, self._program = spec, clock, program
        self._pieces: list[bytes] = []
        self._size = 0
        self._arrivals: list[tuple[float, int]] = []

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

    def heard(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Session seconds of short pieces of sound [N], and the loudest sample of each, full scale 1."""
        count = self._size // (_BYTES * _FRAME)
        sound = np.frombuffer(b"".join(self._pieces)[: count * _BYTES * _FRAME], "<f4")
        ends = (1 + np.arange(count)) * _FRAME
        return self._moments(ends), np.abs(sound).reshape(count, _FRAME).max(axis=1)

    def _moments(self, samples: NDArray[np.int64]) -> NDArray[np.float64]:
        """When each sample was heard: as the quickest delivery around it says."""
        arrivals, counts = np.array(self._arrivals).reshape(-1, 2).T
        begins = arrivals - counts / RATE
        first, last = (np.searchsorted(arrivals, arrivals + side * _AROUND) for side in (-1, 1))
        begin = [begins[low:high].min() for low, high in zip(first, np.maximum(last, first + 1), strict=True)]
        return np.maximum.accumulate(np.interp(samples, counts, begin) + samples / RATE)

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
                self._arrivals.append((arrived, self._size // _BYTES))
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
