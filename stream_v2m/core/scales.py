"""Scales by name: the pitch classes that a performance may be kept to."""

from __future__ import annotations

from typing import Literal, get_args

from stream_v2m.core.chords import ROOTS, Key, Mode

ScaleName = Literal[
    "major",
    "minor",
    "harmonic_minor",
    "melodic_minor",
    "dorian",
    "phrygian",
    "lydian",
    "mixolydian",
    "locrian",
    "major_pentatonic",
    "minor_pentatonic",
    "blues",
]

# Semitones above the tonic.
SCALES: dict[ScaleName, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic_minor": (0, 2, 3, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "major_pentatonic": (0, 2, 4, 7, 9),
    "minor_pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}
assert tuple(SCALES) == get_args(ScaleName)

# Too few notes for chords: the harmony is taken from the scale that they are part of.
_HARMONY: dict[ScaleName, ScaleName] = {"major_pentatonic": "major", "minor_pentatonic": "minor", "blues": "minor"}


def pitch_classes(key: Key, scale: ScaleName | None) -> tuple[int, ...]:
    """The notes of ``scale`` on the key's tonic, from the tonic up; without one those of the key itself."""
    if scale is None:
        return key.scale
    return tuple((key.tonic + step) % ROOTS for step in SCALES[scale])


def harmony_classes(key: Key, scale: ScaleName | None) -> tuple[int, ...]:
    """The notes that chords may have: those of the scale, or of the seven notes that a smaller scale is part of."""
    return pitch_classes(key, None if scale is None else _HARMONY.get(scale, scale))


def mode_of(scale: ScaleName) -> Mode:
    """The mode that a scale sounds like: minor where its third is minor."""
    return "minor" if 3 in SCALES[scale] else "major"


def in_scale(key: Key, scale: ScaleName | None) -> Key:
    """The key with the mode of the scale that it is kept to."""
    return key if scale is None else Key(key.tonic, mode_of(scale))
