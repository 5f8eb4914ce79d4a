"""What becomes of an hour of music: ``python -m models.longform --out FOLDER``.

Chords alone, for a made-up picture: no film is drawn and no note is played. Writes ``longform.json`` and
``longform.png``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.metrics import progression
from models.metrics.musicality import pitch_class_entropy, progression_irregularity
from models.metrics.piece import Floats, Piece
from models.metrics.structure import structureness
from models.performances import Choice, Chooser
from stream_v2m.core.chords import Chord
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import StreamV2MError
from stream_v2m.core.features import (
    CONDITIONS,
    EMOTION,
    FEATURE_SIZE,
    MOTION,
    SCENE_OFFSET,
    SCHEMA_VERSION,
    Condition,
)
from stream_v2m.core.values import Affect, FeatureWindow
from stream_v2m.inference.keys import diatonic

STEP_S = 1.0
STEPS_A_BAR = 2
PART = 300  # steps: five minutes
SI_STEPS = 60  # of each part: the length at which the page of metrics gives SI
LONGEST_LOOP = 16  # steps
PHRASES = (4, 8)  # steps
_ACT_S = (180.0, 420.0)
_SHOT_S = 6.0
_LEANINGS = (2.0, -2.0, 0.0, None)  # of an act to pleasant moods, to unpleasant ones, to none; one still shot
_SURE = 8.0  # how sure the made-up estimator is of the mood: a Dirichlet's concentration
_MOTION = 25.0  # mean absolute luma difference of the wildest mood


class _Mood(NamedTuple):
    """What a kind of shot is like: valence and arousal −1…1, motion 0–1."""

    emotion: str
    valence: float
    arousal: float
    motion: float


_MOODS = (
    _Mood("exciting", 0.6, 0.8, 0.8),
    _Mood("exciting", 0.8, 0.6, 0.6),
    _Mood("fearful", -0.7, 0.7, 0.7),
    _Mood("fearful", -0.7, 0.2, 0.2),
    _Mood("tense", -0.5, 0.5, 0.8),
    _Mood("sad", -0.6, -0.5, 0.1),
    _Mood("relaxing", 0.6, -0.5, 0.15),
    _Mood("neutral", 0.0, -0.4, 0.0),
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 when the input is wrong."""
    parser = argparse.ArgumentParser(prog="python -m models.longform", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0, help="of the picture and of the music")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="assignments")
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures and the picture")
    options = parser.parse_args(arguments)
    try:
        choices = play(options.assignments, steps=int(options.minutes * 60 / STEP_S), seed=options.seed)
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    from models.longform_plot import draw

    found = {"seed": options.seed, "settings": options.assignments, **report(choices)}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "longform.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    draw(found, options.out / "longform.png")
    return 0


def play(settings: Sequence[str] = (), *, steps: int, seed: int) -> list[Choice]:
    """The chords of so many steps, for a picture of that seed.

    Raises:
        ConfigError: a setting ``section.key=value`` that does not exist or is refused.
    """
    return Chooser(settings).choose(pictures(steps, seed), seed=seed)


def pictures(steps: int, seed: int) -> list[FeatureWindow]:
    """What is seen in each step: acts of some minutes that lean to one side of the moods, or are one still shot."""
    rng = np.random.default_rng(seed)
    found: list[FeatureWindow] = []
    leaning: float | None = 0.0
    act_end = shot_end = shot_start = 0.0
    mood = _MOODS[0]
    for step in range(steps):
        now = (step + 1) * STEP_S
        if now >= act_end:
            act_end, leaning = now + rng.uniform(*_ACT_S), _LEANINGS[rng.integers(len(_LEANINGS))]
            shot_end = now
        if now >= shot_end:
            weights = np.exp([(leaning or 0.0) * each.valence for each in _MOODS])
            mood = _MOODS[rng.choice(len(_MOODS), p=weights / weights.sum())]
            shot_start = now - rng.uniform(0, STEP_S)
            shot_end = act_end if leaning is None else now + rng.exponential(_SHOT_S)
        sure = np.full(len(EMOTIONS), 0.5)
        sure[EMOTIONS.index(mood.emotion)] += _SURE
        valence, arousal = np.clip(np.array([mood.valence, mood.arousal]) + rng.normal(0, 0.1, 2), -1, 1)
        affect = Affect(tuple(rng.dirichlet(sure).tolist()), float(valence), float(arousal))
        motion = max(0.0, mood.motion + rng.normal(0, 0.05))
        found.append(_window(now, affect, motion=motion, offset=now - shot_start))
    return found


def _window(time: float, affect: Affect, *, motion: float, offset: float) -> FeatureWindow:
    features, present = np.zeros(FEATURE_SIZE, np.float32), np.zeros(CONDITIONS, np.bool_)
    features[EMOTION] = affect.probabilities
    features[MOTION], features[SCENE_OFFSET] = _MOTION * motion, offset
    present[[Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET]] = True
    return FeatureWindow(time, STEP_S, features, present, affect, min(1.0, motion), SCHEMA_VERSION)


def report(choices: Sequence[Choice]) -> dict[str, object]:
    """Figures of the whole, and of every five minutes."""
    chords = [choice.chord for choice in choices]
    labels = [chord.index for chord in chords]
    degrees = [own_label(chord) for chord in chords]
    fresh = np.cumsum(progression.new_trigrams(degrees))
    back = {length: _returns(degrees, length) for length in PHRASES}
    loop, period = progression.longest_loop(labels, LONGEST_LOOP)
    parts = []
    for first in range(0, len(chords) - SI_STEPS + 1, PART):
        own = slice(first, first + PART)
        part = block_chords(chords[own])
        parts.append(
            {
                "minute": first * STEP_S / 60,
                "h4": pitch_class_entropy(part, 4),
                "cpi": progression_irregularity(part.chords),
                **{f"si_{k}": v for k, v in structureness(block_chords(chords[own][:SI_STEPS])).items()},
                **{f"returns_{length}": float(np.nanmean(each[own])) for length, each in back.items()},
                "in_key": float(np.mean([in_key(chord) for chord in chords[own]])),
                "changes": float(np.mean([choice.changed for choice in choices[own]])),
                "surprise": float(np.mean([choice.surprise for choice in choices[own]])),
                "trigrams": int(fresh[own][-1]),
                "chords": len(set(labels[own])),
            }
        )
    return {
        "steps": len(chords),
        "longest_run": progression.longest_run(labels),
        "longest_loop": {"steps": loop, "period": period},
        "trigrams": int(fresh[-1]),
        "in_key": float(np.mean([in_key(chord) for chord in chords])),
        "keys": key_course(chords),
        "parts": parts,
    }


def own_label(chord: Chord) -> int:
    """The chord's label in its key moved to C major or A minor, so that what returns in another key returns."""
    assert chord.key is not None
    return chord.transposed(-chord.key.shift).index


def in_key(chord: Chord) -> bool:
    """Whether the chord belongs to its key; silence does."""
    assert chord.key is not None
    return chord.root is None or bool(diatonic(chord.key)[chord.index])


def key_course(chords: Sequence[Chord]) -> list[tuple[float, str]]:
    """The keys, each with the minute from which it holds."""
    changes = [step + 1 for step, (before, now) in enumerate(pairwise(chords)) if now.key != before.key]
    return [(step * STEP_S / 60, str(chords[step].key)) for step in [0, *changes]]


def block_chords(chords: Sequence[Chord]) -> Piece:
    """Every step's chord, struck once in close position: what the harmony alone sounds like; a beat is a step."""
    notes = [(step, pitch) for step, chord in enumerate(chords) for pitch in chord.pitch_classes]
    step, pitch = np.array(notes, np.int64).reshape(-1, 2).T
    onset = step.astype(np.float64)
    bars = np.arange(len(chords) // STEPS_A_BAR + 1, dtype=np.float64) * STEPS_A_BAR
    return Piece(
        beat=onset,
        start=onset * STEP_S,
        end=(onset + 1) * STEP_S,
        pitch=60 + pitch,
        velocity=np.full(len(notes), 80),
        bars=bars,
        bar_starts=bars * STEP_S,
        chords=np.array([chord.index for chord in chords], np.int64),
        chord_starts=np.arange(len(chords), dtype=np.float64) * STEP_S,
    )


def _returns(labels: Sequence[int], length: int) -> Floats:
    """For each step 1 or 0 where a phrase begins that has, or has not, been heard in the last part; else NaN."""
    found = np.full(len(labels), np.nan)
    heard = progression.returns(labels, length, every=STEPS_A_BAR, within=PART)
    found[: STEPS_A_BAR * len(heard) : STEPS_A_BAR] = heard
    return found


if __name__ == "__main__":
    sys.exit(main())
