"""The look-ahead limiter on signals made by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from stream_v2m.midi.limiter import HOP, limit

pytestmark = pytest.mark.unit

RATE = 48_000
CEILING = 10 ** (-1 / 20)
LOOKAHEAD = 240  # samples: 5 ms
Array = np.ndarray


def stereo(left: Array, right: Array | None = None) -> Array:
    return np.stack([left, left if right is None else right], axis=1).astype(np.float32)


def sine(frequency: float, seconds: float, level: float = 1.0, phase: float = 0.0) -> Array:
    return level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE + phase)


def noise(seconds: float, level: float, seed: int = 1) -> Array:
    return level * np.random.default_rng(seed).standard_normal((round(seconds * RATE), 2)).astype(np.float32)


def limited(*blocks: Array) -> Array:
    return np.concatenate(list(limit(blocks, rate=RATE)))


def true_peak(sound: Array) -> float:
    """Peak of the band-limited signal, by sixteenfold oversampling in the spectrum."""
    spectrum = np.fft.rfft(sound, axis=0)
    return float(np.abs(np.fft.irfft(spectrum, len(sound) * 16, axis=0)).max() * 16)


def bursts() -> Array:
    """Soft, then loud, then soft: single samples, a step and hits of every strength."""
    sound = stereo(sine(220, 1.0, 0.3))
    sound[5_000] = 3.0, -1.0
    sound[12_000:14_000] *= 8
    sound[20_000:20_010] += np.linspace(-4, 4, 10, dtype=np.float32)[:, np.newaxis]
    return sound


@pytest.mark.parametrize(
    "sound",
    [stereo(sine(100, 0.5, 5.0)), noise(0.5, 0.9), bursts(), stereo(np.full(30_000, 2.0)), noise(0.2, 50.0)],
    ids=["sine", "noise", "bursts", "constant", "very loud noise"],
)
def test_no_sample_is_above_the_ceiling(sound):
    assert np.abs(limited(sound)).max() <= CEILING * (1 + 1e-6)


def test_peaks_between_the_samples_are_kept_down_too():
    loud = stereo(sine(RATE / 4, 0.2, 1.3, phase=np.pi / 4))  # its samples are 3 dB below its peaks
    fade = np.hanning(2000)
    loud[:1000] *= fade[:1000, np.newaxis].astype(np.float32)
    loud[-1000:] *= fade[1000:, np.newaxis].astype(np.float32)
    assert np.abs(loud).max() < 1 < true_peak(loud)
    assert true_peak(limited(loud)) == pytest.approx(CEILING, rel=0.012)  # 0.1 dB


def test_what_stays_below_the_ceiling_is_not_touched():
    sound = stereo(sine(330, 1.0, 0.85), sine(1000, 1.0, 0.4))
    assert np.array_equal(limited(sound), sound)


def test_before_and_long_after_a_loud_moment_nothing_is_touched():
    sound = stereo(sine(220, 2.0, 0.3))
    sound[5_000] = 3.0
    out = limited(sound)
    before = 5_000 - LOOKAHEAD - 2
    assert np.array_equal(out[:before], sound[:before])
    assert not np.array_equal(out[before:5_000], sound[before:5_000])
    assert np.array_equal(out[-RATE // 2 :], sound[-RATE // 2 :])


def test_a_loud_moment_is_turned_down_by_just_what_is_needed():
    out = limited(bursts())
    assert np.abs(out[12_000:14_000]).max() == pytest.approx(CEILING, rel=0.02)


def test_the_gain_never_jumps():
    carrier = np.full(24_000, 0.5)
    carrier[10_000] = 4.0  # 13 dB too loud
    gain = limited(stereo(carrier))[:, 0] / carrier
    steps = np.abs(np.diff(20 * np.log10(gain)))
    assert steps.max() < 2.5 * 13.1 / LOOKAHEAD  # a straight ramp over the look-ahead, and what smoothness costs


def test_both_channels_are_turned_down_alike():
    left, right = sine(200, 0.5, 3.0), sine(300, 0.5, 0.2, phase=0.5)
    out = limited(stereo(left, right))
    heard = (np.abs(left) > 0.1) & (np.abs(right) > 0.02)
    assert np.allclose(out[heard, 0] / left[heard], out[heard, 1] / right[heard], rtol=1e-4)


@pytest.mark.parametrize("count", [0, 1, 247, 248, 249, HOP - 249, HOP - 248, HOP - 1, HOP, HOP + 1, 3 * HOP + 5])
def test_as_much_comes_out_as_went_in(count):
    sound = noise(1.0, 0.2)[:count]
    assert sum(len(block) for block in limit([sound], rate=RATE)) == len(sound) == count


def test_the_pieces_it_comes_in_change_no_bit():
    sound = bursts()
    cuts = np.cumsum(np.random.default_rng(3).integers(0, 2_000, 40))
    pieces = np.split(sound, cuts[cuts < len(sound)])
    assert np.array_equal(limited(*pieces), limited(sound))


def test_it_gives_sound_before_it_has_got_all():
    drawn = 0

    def endless() -> Iterator[Array]:
        nonlocal drawn
        while True:
            drawn += 1
            yield np.zeros((1_000, 2), np.float32)

    sound = limit(endless(), rate=RATE)
    for _ in range(20):
        next(sound)
    assert drawn * 1_000 <= 20 * HOP + HOP + 1_000


def test_silence_stays_silent():
    assert not limited(np.zeros((20_000, 2), np.float32)).any()
