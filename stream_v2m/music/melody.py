"""Melody: a counter-voice by rules, one note at a time.

A figure gives rhythm and heights (``music.figures``); the harmony, the mood and the note before make the pitch:

- On the bar line, in the middle of the bar, and where a note is long, only tones of the chord, and none a semitone
  above another of them: over a major seventh chord the root would rub against its seventh.
- Elsewhere tones of the scale too, but only next to the note before, and left by the next tone again: they pass, or
  return. Where the chord leaves the scale, the scale's tones beside the strange one give way to it.
- Valence lets the four bars of a phrase rise or fall, arousal widens or narrows the figure's intervals.
- A phrase ends on the middle of its last bar, and breathes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from stream_v2m.core.chords import INTERVALS, ROOTS, Chord, Key
from stream_v2m.core.scales import ScaleName, pitch_classes
from stream_v2m.music.choice import PHRASE_BARS
from stream_v2m.music.figures import EPSILON, Placed, Tone, metric_level
from stream_v2m.music.harmony import OCTAVE, walkable
from stream_v2m.music.texture import Passage, Sketch, held, lifted, weight
from stream_v2m.music.timeline import end_of

HEIGHTS = 7  # a figure's heights in an octave, whatever the scale
HALF_BAR = 1  # metric level: what is as strong is a tone of the chord
LONG_BEATS = 1.0  # and so is a longer note
BREATH_BEATS = 1.0  # silence at the end of a phrase, at least
RISE = 3.0  # heights from a phrase's middle to its ends, at full valence
REACH = 0.6  # of an interval, at full arousal

# Costs, in heights off the one that is wished.
_LEAP = 0.4  # each height beyond a step from the note before; less where arousal is high
_FIFTH, _WIDE = 4, 0.6  # each height beyond a fifth, besides
_REPEAT = 0.9
_UNPREPARED = 3.0  # each height beyond a step, to or from a tone that is not the chord's


def scale_of(chord: Chord, scale: ScaleName | None) -> tuple[int, ...]:
    """The pitch classes of the key that ``chord`` is heard in, or of ``scale`` on its tonic."""
    if chord.root is None:
        return ()
    minor = 3 in INTERVALS[chord.quality]
    key = chord.key or Key(chord.root, "minor" if minor else "major")
    return pitch_classes(key, scale)


def melody(passage: Passage, scale: tuple[int, ...], previous: int | None) -> list[Sketch]:
    """The notes of the passage.

    Args:
        scale: pitch classes that it may take beside those of the chord.
        previous: pitch of the note before, if there was one.
    """
    plan, harmony = passage.plan, passage.harmony
    placed = passage.placed[:1] if passage.final else passage.placed
    if harmony.chord.root is None or not any(passage.holds(each.beat) for each in placed):
        return []
    budget = len(placed) if passage.final else passage.budget
    sounding = [each for each in placed if each.ranks[0] < budget and not _breathing(each, passage)]
    low, high = lifted(passage.part, harmony)
    rungs = rungs_of(harmony.chord, scale, low, high)
    sketches = []
    for each in sounding:
        if not passage.holds(each.beat):
            continue
        end = _end(each, placed, sounding, passage)
        strong = metric_level(each.beat, passage.beats_per_bar) <= HALF_BAR
        stable = strong or end - each.beat > LONG_BEATS + EPSILON
        wish = 0.0 if passage.final else _height(each.stroke.tones[0], each.beat, passage)
        previous = rungs.nearest(wish, previous, stable=stable, reach=passage.shape.reach)
        gate = 1.0 if passage.final else min(1.0, passage.part.gate * passage.shape.gate)
        loose = each.beat > plan.onset + EPSILON
        sketches.append(Sketch(each.beat, each.beat + (end - each.beat) * gate, previous, weight(each, passage), loose))
    return sketches


@dataclass(frozen=True, slots=True)
class Rungs:
    """The pitches that a melody may take over one chord, ascending.

    Attributes:
        chordal: for each whether it is a tone of the chord.
        stable: for each whether a strong beat bears it.
        home: index of the stable one nearest to the middle of the register.
        tones: pitches in an octave.
    """

    pitches: tuple[int, ...]
    chordal: tuple[bool, ...]
    stable: tuple[bool, ...]
    home: int
    tones: int

    def nearest(self, wish: float, previous: int | None, *, stable: bool, reach: float) -> int:
        """The pitch that costs least, wished so many heights above home, after ``previous``."""
        target = self.home + wish * self.tones / HEIGHTS
        steps = range(len(self.pitches))
        before = None if previous is None else min(steps, key=lambda index: abs(self.pitches[index] - previous))
        leap = _LEAP * (1 - max(0.0, reach) / 2)

        def cost(index: int) -> float:
            off = abs(index - target)
            if before is None:
                return off
            travel = abs(index - before)
            if travel == 0:
                return off + _REPEAT
            prepared = self.chordal[index] and self.chordal[before]
            return off + (travel - 1) * (leap if prepared else _UNPREPARED) + max(0, travel - _FIFTH) * _WIDE

        allowed = [index for index in steps if self.stable[index] or (not stable and before is not None)]
        return self.pitches[min(allowed, key=cost)]


@lru_cache(maxsize=256)
def rungs_of(chord: Chord, scale: tuple[int, ...], low: int, high: int) -> Rungs:
    """What a melody may sing over ``chord``, which must have a root, in ``low``…``high``."""
    tones, classes = set(chord.pitch_classes), walkable(chord, scale)
    rubbing = {tone for tone in tones if (tone - 1) % ROOTS in tones}
    pitches = tuple(pitch for pitch in range(low, high + 1) if pitch % OCTAVE in classes)
    stable = tuple(pitch % OCTAVE in tones - rubbing for pitch in pitches)
    middle = (low + high) / 2
    home = min((i for i, firm in enumerate(stable) if firm), key=lambda i: abs(pitches[i] - middle))
    return Rungs(pitches, tuple(pitch % OCTAVE in tones for pitch in pitches), stable, home, len(classes))


def _height(tone: Tone, beat: float, passage: Passage) -> float:
    """Heights above home that a stroke is wished at."""
    written = tone.number - 1 + HEIGHTS * tone.octave
    place = math.floor(beat / passage.beats_per_bar) % PHRASE_BARS
    middle = (PHRASE_BARS - 1) / 2
    tilt = RISE * passage.shape.rise * (place - middle) / middle
    return written * (1 + REACH * passage.shape.reach) + tilt


def _breathing(each: Placed, passage: Passage) -> bool:
    """Whether a stroke falls into the rest at the end of a phrase."""
    bar = passage.beats_per_bar
    place = each.beat % (PHRASE_BARS * bar)
    return not passage.final and place > (PHRASE_BARS - 0.5) * bar + EPSILON


def _end(each: Placed, placed: Sequence[Placed], sounding: Sequence[Placed], passage: Passage) -> float:
    """The beat where a note ends: the step's end is none for a note that is written longer, if the harmony stays."""
    plan, harmony = passage.plan, passage.harmony
    end = held(each, placed, sounding)
    if end >= end_of(plan) - EPSILON:
        end = min(max(end, each.beat + each.stroke.length), max(end, harmony.end))
    if passage.final:
        return end_of(plan)
    phrase = PHRASE_BARS * passage.beats_per_bar
    line = math.floor((each.beat + EPSILON) / phrase + 1) * phrase
    return max(min(end, line - BREATH_BEATS), each.beat + min(each.length, BREATH_BEATS / 4))
