"""What each role plays in a step, in beats: the notes before they are timed."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from stream_v2m.core.values import StepPlan
from stream_v2m.music.chance import beat_key, chance
from stream_v2m.music.choice import PHRASE_BARS, Choice
from stream_v2m.music.expression import Shape
from stream_v2m.music.figures import EPSILON, Figure, Placed, Tone, metric_level
from stream_v2m.music.harmony import OCTAVE, Harmony, bass_tone, fold, ladder, passing, thinned, walkable
from stream_v2m.music.part import Part
from stream_v2m.music.timeline import end_of

METRIC_WEIGHTS = (5, 3, 0, -4, -7)  # velocity, by metric level
PHRASE_WEIGHTS = (-2, 0, 2, -1)  # velocity, by bar of the phrase
ACCENT_WEIGHT = 9
REPEATED_WEIGHT = -6
ROLL = Figure.parse("1 2 3 5 | - | - | -")  # an arpeggio's last chord
ROOT = Tone(1)
_ON_THE_BEAT = 2  # metric level
_PASSES = 0  # in place of a tone's number, for chance


@dataclass(frozen=True, slots=True)
class Sketch:
    """A note in beats; ``weight`` is added to its velocity, a ``loose`` one may come a little late."""

    beat: float
    end: float
    pitch: int
    weight: float
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """One part's share of a step, of which the beats from ``begin`` to before ``stop`` are asked for.

    Attributes:
        part: and its ``index`` in the style.
        choice: what the part plays.
        shape: what is asked now.
        budget: how many notes this part is to play in the step; of a pad, how many voices.
        seed: of every choice.
        seconds_per_beat: now.
        final: it is the last chord of the piece.
    """

    part: Part
    index: int
    choice: Choice
    plan: StepPlan
    harmony: Harmony
    shape: Shape
    budget: int
    beats_per_bar: int
    seconds_per_beat: float
    begin: float
    stop: float
    seed: int
    final: bool

    def holds(self, beat: float) -> bool:
        """Whether this beat is asked for."""
        return self.begin <= beat < self.stop

    @property
    def placed(self) -> Sequence[Placed]:
        """The strokes of the part's figure in the step; of the last chord those of a roll."""
        if self.final:
            roll = ROLL.place(0.0, self.plan.duration, self.beats_per_bar)
            return [replace(each, beat=each.beat + self.plan.onset) for each in roll]
        return self.choice.figure.place(self.plan.onset, end_of(self.plan), self.beats_per_bar)


def pad(passage: Passage, voicing: Sequence[int]) -> list[Sketch]:
    """The chord, struck where the harmony begins, held to its end; as many voices as are asked for."""
    part, harmony = passage.part, passage.harmony
    if not passage.holds(harmony.start):
        return []
    voices = passage.budget
    gate = min(1.0, max(0.6, part.gate * passage.shape.gate))
    if passage.final:
        voices, gate = len(voicing), 1.0
    end = harmony.start + (harmony.end - harmony.start) * gate
    softer = REPEATED_WEIGHT if harmony.repeated else 0
    return [Sketch(harmony.start, end, pitch, softer) for pitch in thinned(voicing, harmony.chord, voices)]


def bass(passage: Passage, root: int, following: int | None) -> list[Sketch]:
    """The root on each new harmony, then the figure; a note lasts until the next, a single one to the harmony's end."""
    part, plan, harmony = passage.part, passage.plan, passage.harmony
    placed: Sequence[Placed] = () if passage.final else passage.placed
    if harmony.start >= plan.onset - EPSILON:
        placed = _rooted(placed, plan)
        first_sounds = passage.budget >= 1 or passage.final
        budget = passage.budget - 1
        sounding = [each for each in placed if (first_sounds if each.ranks[0] < 0 else each.ranks[0] < budget)]
    else:
        budget = passage.budget
        sounding = [each for each in placed if each.ranks[0] < budget]
    gate = 1.0 if passage.final else min(1.0, part.gate * passage.shape.gate)
    sketches = []
    for each in sounding:
        if not passage.holds(each.beat):
            continue
        end = held(each, placed, sounding)
        end = harmony.end if len(sounding) == 1 and end >= end_of(plan) - EPSILON else end
        for tone in each.stroke.tones:
            pitch = bass_tone(harmony.chord, tone, root, following, part.low, part.high)
            sketches.append(Sketch(each.beat, each.beat + (end - each.beat) * gate, pitch, weight(each, passage)))
    return sketches


def arpeggio(passage: Passage, scale: tuple[int, ...]) -> list[Sketch]:
    """Chord tones after the figure; left-out notes lengthen those before, a gate above 1 lets them ring in the step.

    Args:
        scale: pitch classes of the tones that pass between those of the chord, and do not ring.
    """
    part, plan, harmony = passage.part, passage.plan, passage.harmony
    if harmony.chord.root is None:
        return []
    placed = passage.placed
    if not any(passage.holds(each.beat) for each in placed):
        return []
    budget = len(placed) * 9 if passage.final else passage.budget
    sounding = [each for each in placed if each.ranks[0] < budget]
    gate = part.gate * passage.shape.gate
    pitches = {each.beat: [_rung(tone, each.beat, passage) for tone in each.stroke.tones] for each in placed}
    steps = {} if passage.final else _passing(sounding, pitches, walkable(harmony.chord, scale), passage)
    pitches |= steps
    sketches = []
    for each in sounding:
        if not passage.holds(each.beat):
            continue
        length = (held(each, placed, sounding) - each.beat) * (min(1.0, gate) if each.beat in steps else gate)
        for turn, pitch in enumerate(pitches[each.beat]):
            if each.ranks[turn] >= budget or pitch in pitches[each.beat][:turn]:
                continue
            again = next((beat for beat in pitches if beat > each.beat and pitch in pitches[beat]), math.inf)
            end = min(end_of(plan), again, math.inf if passage.final else each.beat + length)
            loose = each.beat > plan.onset + EPSILON
            sketches.append(Sketch(each.beat, end, pitch, weight(each, passage) - 4 * turn, loose))
    return sketches


def lifted(part: Part, harmony: Harmony) -> tuple[int, int]:
    """The register of a part, moved by the harmony's lift."""
    lift = max(-part.low, min(127 - part.high, harmony.lift))
    return part.low + lift, part.high + lift


def _rooted(placed: Sequence[Placed], plan: StepPlan) -> Sequence[Placed]:
    """The strokes with the root in the first place, ranked before all others."""
    rest = [each for each in placed if each.beat > plan.onset + EPSILON]
    ranks = {each.beat: rank for rank, each in enumerate(sorted(rest, key=lambda each: each.ranks))}
    length = (rest[0].beat if rest else end_of(plan)) - plan.onset
    first = next((each.stroke for each in placed if each.beat <= plan.onset + EPSILON), None)
    accented = first is not None and first.accented
    stroke = replace(placed[0].stroke, tones=(ROOT,), accented=accented) if placed else ROLL.strokes[0]
    return [Placed(plan.onset, length, stroke, (-1,)), *(replace(each, ranks=(ranks[each.beat],)) for each in rest)]


def held(each: Placed, placed: Sequence[Placed], sounding: Sequence[Placed]) -> float:
    """The beat where a stroke ends: it is held on over strokes that are left out, but not over written rests."""
    end = each.beat + each.length
    beats = {other.beat for other in sounding}
    for other in placed:
        if other.beat > each.beat and abs(other.beat - end) < EPSILON and other.beat not in beats:
            end = other.beat + other.length
    return end


def _passing(
    sounding: Sequence[Placed], pitches: Mapping[float, list[int]], classes: Collection[int], passage: Passage
) -> dict[float, list[int]]:
    """The tones that pass, by beat: off the beat, alone, not accented, and between two that do not pass."""
    found: dict[float, list[int]] = {}
    low, high = _widest(passage)
    for before, each, after in zip(sounding, sounding[1:], sounding[2:], strict=False):
        weak = metric_level(each.beat, passage.beats_per_bar) > _ON_THE_BEAT
        if not weak or each.stroke.accented or len(each.stroke.tones) > 1 or before.beat in found:
            continue
        if chance(passage.seed, passage.index, beat_key(each.beat), _PASSES) < passage.part.passing:
            pitch = passing(pitches[before.beat][0], pitches[after.beat][0], classes, low, high)
            if pitch is not None:
                found[each.beat] = [pitch]
    return found


def _rung(tone: Tone, beat: float, passage: Passage) -> int:
    part, harmony = passage.part, passage.harmony
    low, high = lifted(part, harmony)
    pitch = ladder(harmony.chord, tone, low, high)
    if chance(passage.seed, passage.index, beat_key(beat), tone.number) < harmony.spread:
        pitch += OCTAVE
    return fold(pitch, *_widest(passage))


def _widest(passage: Passage) -> tuple[int, int]:
    """The register with the half octave above it that what leaps may take."""
    low, high = lifted(passage.part, passage.harmony)
    return low, min(127, high + OCTAVE // 2)


def weight(each: Placed, passage: Passage) -> float:
    """Velocity by which a stroke stands out: by its place in bar and phrase, and its accent."""
    level = metric_level(each.beat, passage.beats_per_bar)
    bar = math.floor(each.beat / passage.beats_per_bar)
    placed = METRIC_WEIGHTS[level] + PHRASE_WEIGHTS[bar % PHRASE_BARS]
    return placed + (ACCENT_WEIGHT if each.stroke.accented else 0)
