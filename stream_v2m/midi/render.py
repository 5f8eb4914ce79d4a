"""A MIDI file as sound: rendered by FluidSynth as fast as it goes, not in real time."""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Callable, Iterator
from ctypes import c_int, c_void_p
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.errors import PortError
from stream_v2m.core.files import check_writable, replacing
from stream_v2m.midi.synth import Engine

PEAK_DB = -1.0  # of full scale; leaves room for what a lossy codec adds
CHUNK = 16_384  # samples
TAIL_S, TAIL_STEP_S = 5.0, 0.1
SILENCE = 10 ** (-60 / 20)  # of the peak: a reverberation time
FLOOR = 1e-4  # the reverberator keeps off denormal numbers by an offset of about 1e-8 of its own
WAV_LIMIT = 2**32 - 64  # bytes, by the format's 32-bit sizes


def render_wav(midi: Path, wav: Path, *, soundfont: Path, rate: int = 44_100, reverb: float = 0.3) -> None:
    """Play ``midi`` from its beginning until it has faded, into a 16-bit stereo WAV file.

    The whole is scaled so that its peak is at −1 dB: nothing clips. The same input gives the same bytes.

    Raises:
        PortError: ``wav`` cannot be written, ``midi`` or ``soundfont`` not read, libfluidsynth is missing.
    """
    check_writable(wav)
    messages = _read(midi)
    engine = Engine(soundfont, rate=rate, gain=1.0, reverb=reverb)
    try:
        with replacing(wav) as part, tempfile.TemporaryFile(dir=wav.parent) as raw:
            peak = 0.0
            for block in _render(engine, messages, rate):
                peak = max(peak, _peak(block))
                raw.write(block.tobytes())
            if raw.tell() // 2 > WAV_LIMIT:
                raise PortError("is too long for a WAV file", where=midi, cure="choose a lower sample rate")
            raw.seek(0)
            scale = 32767 * 10 ** (PEAK_DB / 20) / peak if peak > FLOOR else 0.0
            with wave.open(str(part), "wb") as out:
                out.setnchannels(2)
                out.setsampwidth(2)
                out.setframerate(rate)
                while data := raw.read(CHUNK * 8):
                    out.writeframes(np.rint(np.frombuffer(data, np.float32) * scale).astype("<i2").tobytes())
    finally:
        engine.close()


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
    samples = _sampler(engine)
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


def _sampler(engine: Engine) -> Callable[[int], NDArray[np.float32]]:
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
