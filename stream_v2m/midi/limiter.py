"""A look-ahead limiter for recorded sound: nothing is louder than the ceiling, what stays below is not touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
Curve = NDArray[np.float64]

HOP = 8192  # samples that are worked on at once; the result does not depend on how they came in
TAPS = 8  # on each side, for the peaks between samples
OVERSAMPLING = 4  # ITU-R BS.1770-4, annex 2
SUSPECT = 0.5  # of the ceiling: between lower samples no peak reaches it in practice
SETTLED_DB = 1e-3  # an inaudible rest of the release, which is dropped


def limit(
    blocks: Iterable[Sound], *, rate: float, ceiling_db: float = -1.0, lookahead: float = 0.005, release: float = 0.1
) -> Iterator[Sound]:
    """Turn loud moments down just before they come, both channels alike; as many samples come out as went in.

    The needed reduction in dB is held over the look-ahead, decays exponentially after a peak, and is
    smoothed over the look-ahead by a window that sums to one: so it has the full depth when the peak
    comes, and never jumps. Peaks between samples are estimated by oversampling, within about 0.1 dB.

    Args:
        blocks: float32 [n, 2], of any lengths, full scale 1.
        rate: samples a second.
        ceiling_db: true peak, dB of full scale.
        lookahead: seconds in which the gain goes down.
        release: seconds in which a reduction falls to 37 %.
    """
    limiter = _Limiter(10 ** (ceiling_db / 20), round(lookahead * rate), release * rate)
    taken = given = 0
    for hop, new in _hops(blocks, limiter.delay):
        taken += new
        done = limiter.process(hop)[max(0, limiter.delay - given) :]
        given += HOP
        surplus = max(0, given - limiter.delay - taken) if new < HOP else 0
        if len(done) > surplus:
            yield done[: len(done) - surplus]


def _hops(blocks: Iterable[Sound], delay: int) -> Iterator[tuple[Sound, int]]:
    """The same sound in hops, silence behind it, and how much of each hop is sound."""
    kept: list[Sound] = []
    count = 0
    for block in blocks:
        kept.append(block)
        count += len(block)
        if count >= HOP:
            sound = np.concatenate(kept)
            whole = count - count % HOP
            for start in range(0, whole, HOP):
                yield sound[start : start + HOP], HOP
            kept, count = [sound[whole:]], count - whole
    end = np.concatenate([*kept, np.zeros((-(count + delay) % HOP + delay, 2), np.float32)])
    for start in range(0, len(end), HOP):
        yield end[start : start + HOP], max(0, min(HOP, count - start))


class _Limiter:
    """Hop by hop, ``delay`` samples late; all arrays have the length of a hop, and what they need from before."""

    def __init__(self, ceiling: float, reach: int, release: float) -> None:
        assert reach >= TAPS and release > 0
        self.delay = reach + TAPS
        self._ceiling = ceiling
        self._reach = reach
        self._smooth = np.hanning(reach + 3)[1:-1]  # reach + 1 weights above 0
        self._smooth /= self._smooth.sum()
        self._growth = np.exp(np.arange(1, HOP + 1) / release)
        self._sound = np.zeros((self.delay, 2), np.float32)
        self._needed: Curve = np.zeros(reach)
        self._held: Curve = np.zeros(reach)

    def process(self, hop: Sound) -> Sound:
        sound = np.concatenate([self._sound, hop])
        needed = np.concatenate([self._needed, self._reduction(sound[-HOP - 2 * TAPS :])])
        self._sound, self._needed = sound[HOP:], needed[HOP:]
        if not (needed.any() or self._held.any()):
            return sound[:HOP]
        held = np.concatenate([self._held, self._decay(_running_max(needed, self._reach + 1))])
        self._held = held[HOP:]
        gain = 10 ** (-np.convolve(held, self._smooth, "valid") / 20)
        return (sound[:HOP] * gain[:, np.newaxis]).astype(np.float32)

    def _reduction(self, sound: Sound) -> Curve:
        """How many dB each sample is too loud; ``sound`` has ``TAPS`` more on each side."""
        peaks = np.abs(sound).max(axis=1).astype(np.float64)
        inner = peaks[TAPS:-TAPS]
        if peaks.max() <= SUSPECT * self._ceiling:
            return np.zeros(len(inner))
        for taps in _INTERPOLATORS:
            between = np.max([np.abs(np.convolve(channel, taps, "valid")) for channel in sound.T], axis=0)
            inner = np.maximum(inner, np.maximum(between[:-1], between[1:]))  # before and after the sample
        over: Curve = 20 * np.log10(np.maximum(inner / self._ceiling, 1.0))
        return over

    def _decay(self, wanted: Curve) -> Curve:
        """The larger of what is wanted and what is left of before: a decaying maximum, as one running maximum."""
        before = max(0.0, float(self._held[-1]))
        held: Curve = np.maximum(np.maximum.accumulate(wanted * self._growth), before) / self._growth
        held[(held < SETTLED_DB) & (wanted == 0)] = 0.0
        return held


def _running_max(values: Curve, width: int) -> Curve:
    """The maximum of each ``width`` neighbours, by doubling."""
    count, size = len(values) - width + 1, 1
    while size * 2 <= width:
        values = np.maximum(values[:-size], values[size:])
        size *= 2
    widest: Curve = np.maximum(values[:count], values[width - size : width - size + count])
    return widest


def _interpolator(place: float) -> Curve:
    """Weights [2·TAPS] of the samples around a point ``place`` of the way from one to the next: a windowed sinc."""
    at = np.arange(-TAPS + 1, TAPS + 1) - place
    weights: Curve = np.sinc(at) * np.cos(np.pi * at / (2 * TAPS)) ** 2
    weights /= weights.sum()
    return weights[::-1]


_INTERPOLATORS = tuple(_interpolator(step / OVERSAMPLING) for step in range(1, OVERSAMPLING))
