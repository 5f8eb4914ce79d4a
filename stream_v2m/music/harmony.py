"""The chord that sounds for a while, and the pitches that a part finds in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stream_v2m.core.chords import INTERVALS, ROOTS, Chord
from stream_v2m.music.figures import APPROACH, Tone

OCTAVE = 12


@dataclass(frozen=True, slots=True)
class Harmony:
    """A chord over one or several tied steps.

    Attributes:
        start, end: beats.
        repeated: the chord before it was the same.
        transpose: semitones, latched, so that what is held and what moves stay together.
        lift: semitones by which the register lies higher.
        spread: share 0–1 of the moving notes that leap an octave.
    """

    chord: Chord
    start: float
    end: float
    repeated: bool
    transpose: int
    lift: int
    spread: float


def same(chord: Chord, other: Chord) -> bool:
    """Whether they sound the same, whatever the key."""
    return (chord.root, chord.quality) == (other.root, other.quality)


def fold(pitch: int, low: int, high: int) -> int:
    """The pitch moved by octaves into ``low``…``high``, an octave apart at least."""
    while pitch > high:
        pitch -= OCTAVE
    while pitch < low:
        pitch += OCTAVE
    return pitch


def degree(chord: Chord, tone: Tone) -> int:
    """Semitones above the root: 1 root, 3 third or what is suspended, 5 fifth, 7 seventh or sixth, 8 octave."""
    root, third, fifth, *seventh = INTERVALS[chord.quality]
    steps = {1: root, 3: third, 5: fifth, 7: seventh[0] if seventh else OCTAVE, 8: OCTAVE}
    return steps[tone.number] + OCTAVE * tone.octave


def ladder(chord: Chord, tone: Tone, low: int, high: int) -> int:
    """The tone-th chord tone from ``low`` up, folded into the register."""
    classes = chord.pitch_classes
    rungs = sorted(low + (pitch_class - low) % OCTAVE for pitch_class in classes)
    octave, rung = divmod(tone.number - 1, len(rungs))
    return fold(rungs[rung] + OCTAVE * (octave + tone.octave), low, high)


def bass_tone(chord: Chord, tone: Tone, root: int, following: int | None, low: int, high: int) -> int:
    """A bass tone over ``root``; an approach goes to ``following`` by a semitone, or is the fifth without one."""
    if tone.number != APPROACH:
        return fold(root + degree(chord, tone), low, high)
    if following is None or following == root:
        return fold(root + degree(chord, Tone(5)), low, high)
    return fold(following - 1 if following > root else following + 1, low, high)


def walkable(chord: Chord, scale: Collection[int]) -> frozenset[int]:
    """The pitch classes that a line may take over ``chord``: its own, and the ``scale``'s that do not rub against it.

    Where the chord leaves the scale, the scale's tones beside the strange one give way to it.
    """
    tones = frozenset(chord.pitch_classes)
    yielding = {(tone + side) % ROOTS for tone in tones.difference(scale) for side in (-1, 1)}
    return tones | (frozenset(scale) - yielding)


def passing(previous: int, target: int, classes: Collection[int], low: int, high: int) -> int | None:
    """The pitch of ``classes`` beside ``target`` but ``previous``, on its side if it can be; None if there is none.

    Args:
        low, high: bounds of the pitch.
    """
    for side in (1, -1) if previous > target else (-1, 1):
        pitch = next(pitch for step in range(1, OCTAVE + 1) if (pitch := target + side * step) % OCTAVE in classes)
        if pitch != previous and low <= pitch <= high:
            return pitch
    return None


def thinned(voicing: Sequence[int], chord: Chord, voices: int) -> tuple[int, ...]:
    """The ``voices`` most telling pitches of a voicing: third, seventh, altered fifth, root, fifth, then doublings."""
    if chord.root is None:
        return ()
    importance = {4: 0, 3: 0, 5: 0, 2: 0, 11: 1, 10: 1, 9: 1, 6: 2, 8: 2, 0: 3, 7: 4}
    seen: set[int] = set()
    ranked = []
    for pitch in sorted(voicing, reverse=True):
        step = (pitch - chord.root) % OCTAVE
        ranked.append((importance[step] + (10 if step in seen else 0), pitch))
        seen.add(step)
    return tuple(sorted(pitch for _, pitch in sorted(ranked)[:voices]))
