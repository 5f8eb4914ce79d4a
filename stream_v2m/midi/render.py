"""A MIDI file as sound: rendered by FluidSynth as fast as it goes, not in real time."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from ctypes import c_int, c_void_p
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.errors import PortError
from stream_v2m.core.files import check_writable, replacing
from stream_v2m.midi.limiter import limit
from stream_v2m.midi.synth import USUAL, Engine, SynthSettings

CEILING_DB = -1.0  # true peak; leaves room for what a lossy codec adds
CHUNK = 16_384  # samples
TAIL_S, TAIL_STEP_S = 5.0, 0.1
SILENCE = 10 ** (-60 / 20)  # of the peak: a reverberation time
FLOOR = 1e-4  # the reverberator keeps off denormal numbers by an offset of about 1e-8 of its own
FULL_SCALE = 32_767
WAV_LIMIT = 2**32 - 64  # bytes, by the format's 32-bit sizes
# An instrument is read when its part asks for it: large and compressed fonts load several times faster.
ON_DEMAND = {"synth.dynamic-sample-loading": 1}


def render_wav(midi: Path, wav: Path, *, soundfont: Path, settings: SynthSettings = USUAL) -> None:
    """Play ``midi`` from its beginning until it has faded, into a 16-bit stereo WAV file.

    It is as loud as it would be live; a limiter keeps it below −1 dB of true peak, or without one what
    is too loud is cut off. The same input gives the same bytes.

    Raises:
        PortError: ``wav`` cannot be written, ``midi`` or ``soundfont`` not read, libfluidsynth is missing.
    """
    check_writable(wav)
    messages = _read(midi)
    engine = Engine(soundfont, settings, more=ON_DEMAND)
    try:
        sound = _render(engine, messages, settings.rate)
        if settings.limiter:
            sound = limit(sound, rate=settings.rate, ceiling_db=CEILING_DB)
        with replacing(wav) as part, wave.open(str(part), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(settings.rate)
            for block in sound:
                if out.tell() * 4 > WAV_LIMIT - block.nbytes:
                    raise PortError("is too long for a WAV file", where=midi, cure="choose a lower sample rate")
                out.writeframes(_pcm(block))
    finally:
        engine.close()


def _pcm(block: NDArray[np.float32]) -> bytes:
    return np.clip(np.rint(block * FULL_SCALE), -FULL_SCALE, FULL_SCALE).astype("<i2").tobytes()


def _read(midi: Path) -> list[tuple[float, bytes]]:
    """Every channel message with the seconds since the one before, the last of them for the file's end."""
    try:
        found, waited = [], 0.0
        for message in mido.MidiFile(midi):
            waited += message.time
            if not message.is_meta:
                found.append((waited, bytes(message.bytes())))
                waited = 0.0
    except (OSError, EOFError, ValueError, LookupError, mido.KeySignatureError) as error:
        raise PortError(f"cannot be read as a MIDI file ({error or 'it ends too early'})", where=midi) from error
    return found


def _render(engine: Engine, messages: list[tuple[float, bytes]], rate: int) -> Iterator[NDArray[np.float32]]:
    """Blocks float32 [n, 2]: the file, then its echo until that is silent."""
    samples = sampler(engine)
    elapsed, rendered, peak = 0.0, 0, FLOOR
    for waited, message in messages:
        elapsed += waited
        while (left := round(elapsed * rate) - rendered) > 0:
            block = samples(min(left, CHUNK))
            rendered, peak = rendered + len(block), max(peak, _peak(block))
            yield block
        engine.send(message)
    engine.release_all()
    for _ in range(round(TAIL_S / TAIL_STEP_S)):
        block = samples(round(TAIL_STEP_S * rate))
        peak = max(peak, _peak(block))
        yield block
        if _peak(block) <= SILENCE * peak:
            return


def _peak(block: NDArray[np.float32]) -> float:
    return float(np.abs(block).max())


def sampler(engine: Engine) -> Callable[[int], NDArray[np.float32]]:
    """What gives the next n samples, float32 [n, 2].

    pyFluidSynth's own ``get_samples`` gives 16 bits, which clip before anybody could know the peak.
    """
    write = engine.library.cfunc(
        "fluid_synth_write_float",
        c_int,
        *(("synth", c_void_p, 1), ("len", c_int, 1)),
        *(("left", c_void_p, 1), ("left_offset", c_int, 1), ("left_step", c_int, 1)),
        *(("right", c_void_p, 1), ("right_offset", c_int, 1), ("right_step", c_int, 1)),
    )

    def samples(count: int) -> NDArray[np.float32]:
        block = np.empty((count, 2), np.float32)
        write(engine.handle, count, block.ctypes.data, 0, 2, block.ctypes.data, 1, 2)
        return block

    return samples
