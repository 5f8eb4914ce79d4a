"""Drums: a groove that thins to its kick and backbeat, fills that end a phrase, and one stroke on the last chord."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from stream_v2m.music.figures import EPSILON, Figure, Placed, metric_level
from stream_v2m.music.kit import BEAT, CRASH, HATS, KICK, SNARE
from stream_v2m.music.texture import Passage, Sketch, weight
from stream_v2m.music.timeline import end_of

HIT_SECONDS = 0.1  # a drum rings by itself; its note ends so soon, and before the half of its place
GHOST_WEIGHT, HAT_WEIGHT = -22, -6  # velocity: of snares between the beats, of hats
END = Figure.parse("k+x! | . | . | .", kit=True)


def drums(passage: Passage) -> list[Sketch]:
    """The figure's strokes, as many as are asked for; a fill is played whole."""
    plan = passage.plan
    if passage.final:
        strokes = [replace(each, beat=plan.onset) for each in END.place(0.0, 1.0, passage.beats_per_bar)]
        return _struck([each for each in strokes if passage.budget > 0 and passage.holds(each.beat)], passage, 9)
    if passage.budget == 0:
        return []
    filling = _filling(passage)
    begins = filling[0].beat - EPSILON if filling else math.inf
    groove = [each for each in passage.placed if passage.holds(each.beat) and each.beat < begins]
    sketches = _struck(groove, passage, passage.budget)
    sketches += _struck([each for each in filling if passage.holds(each.beat)], passage, math.inf)
    line = math.floor(passage.begin + EPSILON)
    crashed = any(each.beat == line and each.pitch == CRASH for each in sketches)
    if passage.choice.filled and passage.holds(line) and line % passage.beats_per_bar == 0 and not crashed:
        sketches.append(Sketch(line, line + HIT_SECONDS / passage.seconds_per_beat, CRASH, 0))
    return sketches


def _filling(passage: Passage) -> list[Placed]:
    """The strokes of the fill, which ends with the bar; in order of time."""
    fill, bar = passage.choice.fill, passage.beats_per_bar
    if fill is None:
        return []
    start = math.floor((passage.begin + EPSILON) / bar) * bar
    first = start + bar - fill.beats
    strokes = [(first + stroke.position, stroke) for stroke in fill.strokes]
    return [
        Placed(beat, stroke.length, stroke, ())
        for beat, stroke in strokes
        if start - EPSILON <= beat < end_of(passage.plan)
    ]


def _struck(placed: Sequence[Placed], passage: Passage, budget: float) -> list[Sketch]:
    sketches = []
    for each in placed:
        level = metric_level(each.beat, passage.beats_per_bar)
        length = min(HIT_SECONDS / passage.seconds_per_beat, each.stroke.length / 2)
        for turn, tone in enumerate(each.stroke.tones):
            if each.ranks and each.ranks[turn] >= budget:
                continue
            touch = weight(each, passage)
            if tone.number in HATS:
                touch += HAT_WEIGHT
            elif tone.number == SNARE and level > BEAT and each.ranks and not each.stroke.accented:
                touch += GHOST_WEIGHT
            loose = level > BEAT and tone.number != KICK
            sketches.append(Sketch(each.beat, each.beat + length, tone.number, touch, loose))
    return sketches
