"""How loud a sound is, and the one gain each that makes many equally loud.

Loudness is integrated over the whole sound by ITU-R BS.1770 and EBU R 128, measured by FFmpeg's ``ebur128``. A gain is
one number for a whole sound: its course, which listeners are asked about, stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from stream_v2m.core.errors import ConfigError

RATE_HZ = 48_000
TARGET_LUFS = -20.0
CEILING_DB = -1.0  # true peak; leaves room for what a lossy codec adds
_SILENT_LUFS = -69.0  # the gate of BS.1770 is at -70
_BLOCK = 4_800


@dataclass(frozen=True, slots=True)
class Level:
    """Integrated loudness in LUFS and the highest true peak in dB of full scale."""

    loudness: float
    peak: float


def measure(sound: NDArray[np.float32]) -> Level:
    """The level of a stereo sound [n, 2] at ``RATE_HZ``; −70 LUFS is silence.

    A sound shorter than the 0.4 s of one measuring block has no loudness, and counts as silence.
    """
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE_HZ, format="fltp", layout="stereo", time_base=Fraction(1, RATE_HZ))
    meter, sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    found: dict[str, str] = {}
    for begin in range(0, len(sound) - _BLOCK + 1, _BLOCK):
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound[begin : begin + _BLOCK].T), format="fltp", layout="stereo"
        )
        block.sample_rate, block.pts = RATE_HZ, begin
        graph.push(block)
        try:
            while True:
                found = graph.pull().metadata
        except av.BlockingIOError:
            continue
    loudness = float(found.get("lavfi.r128.I", "-70"))
    peak = float(found.get("lavfi.r128.true_peak", "0"))
    return Level(loudness if math.isfinite(loudness) else -70.0, 20 * math.log10(max(peak, 1e-9)))


def common_loudness(levels: Mapping[str, Level]) -> float:
    """The loudness in LUFS that all can have: the target, or less if a peak would go over the ceiling.

    Args:
        levels: by the name of the sound.

    Raises:
        ConfigError: one of them is silent.
    """
    for name, level in levels.items():
        if level.loudness < _SILENT_LUFS:
            raise ConfigError("is silent, and cannot be made as loud as the others", where=name)
    return min([TARGET_LUFS, *(level.loudness + CEILING_DB - level.peak for level in levels.values())])


def amplified(sound: NDArray[np.float32], decibels: float) -> NDArray[np.float32]:
    """The sound with one gain."""
    return sound * np.float32(10 ** (decibels / 20))
