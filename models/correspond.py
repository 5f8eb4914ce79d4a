"""Whether the music answers the picture: ``python -m models.correspond --footage FILM… --out FOLDER``.

Writes ``correspond.json`` and ``correspond.png``.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.metrics import correspondence
from models.metrics.correspondence import Floats
from models.metrics.protocol import correlation
from models.performances import Choice, Chooser, Reel, film, film_of, footage, perform
from stream_v2m.core.errors import StreamV2MError
from stream_v2m.core.trace import AFFECT_EVERY, Trace
from stream_v2m.core.values import Affect, Event
from stream_v2m.inference.steering import brightness

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
SECONDS = 24.0  # of each clip
BEGIN = 3.0  # where footage is cut, seconds
SEEDS = 4  # of the music, for the same picture
AFTER_CUT = 8  # half seconds
KEPT = "step.revise=false"  # what was told ahead is kept
# The synthetic film's moods by intended arousal and valence.
CONTRASTS = {
    "excited against sad": (("neon", "confetti", "neon"), ("deep", "rain", "deep")),
    "fearful against relaxed": (("alarm", "shadows", "alarm"), ("sea", "meadow", "sunset")),
}
CUES = {"defaults": 1.0, "no cues": 0.0}
_SOUNDED = ("density", "velocity", "register", "mode")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 when the input is wrong."""
    parser = argparse.ArgumentParser(prog="python -m models.correspond", description=__doc__)
    parser.add_argument("--films", type=int, default=18, help="synthetic films among the clips")
    parser.add_argument("--footage", type=Path, nargs="*", default=[], help="films on disk, a clip of each")
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures and the picture")
    options = parser.parse_args(arguments)
    try:
        report = measure(options.films, options.footage)
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    from models.correspond_plot import draw

    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "correspond.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    draw(report, options.out / "correspond.png")
    return 0


def measure(films: int, paths: Sequence[Path]) -> dict[str, object]:
    """Every figure, over ``films`` synthetic films and a clip of each of ``paths``.

    Raises:
        SourceError: footage cannot be read.
    """
    chooser = Chooser()
    names, motions = [], []
    choices: dict[float, list[Choice]] = {strength: [] for strength in STRENGTHS}
    traces: dict[str, list[Trace]] = {name: [] for name in CUES}
    kept: list[Trace] = []
    for number in range(films + len(paths)):
        reel = film(number, SECONDS) if number < films else footage(paths[number - films], BEGIN, SECONDS)
        names.append(reel.name)
        motions.append(motion_course(reel))
        windows = chooser.windows(reel)
        for strength in STRENGTHS:
            for seed in range(SEEDS):
                choices[strength] += chooser.choose(windows, affect_strength=strength, seed=seed)[1:]
        for name, cues in CUES.items():
            traces[name].append(perform(reel, cue_strength=cues, seed=number))
        kept.append(perform(reel, [KEPT], seed=number))
    return {
        "clips": names,
        "seconds": SECONDS,
        "affect": affect_agreement(choices),
        "sounding": {"defaults": sounding(traces["defaults"]), KEPT: sounding(kept)},
        "matching": {
            **{name: matching(motions, own) for name, own in traces.items()},
            "defaults, motion as the program sees it": matching(
                [seen_course(t) for t in traces["defaults"]], traces["defaults"]
            ),
        },
        "swap": {name: swap(one, other) for name, (one, other) in CONTRASTS.items()},
        "asked_sounded": {name: asked_sounded(own) for name, own in traces.items()},
    }


def motion_course(reel: Reel) -> Floats:
    """The picture's motion [T], a second each, by its logarithm."""
    times, changes = reel.motion()
    return np.log1p(correspondence.by_second(times, changes, int(reel.seconds)))


def seen_course(trace: Trace) -> Floats:
    """The motion that the program made of the picture [T], ranged 0–1, a second each."""
    times, motion = zip(*trace.motion, strict=True)
    return correspondence.by_second(times, motion, int(SECONDS))


def music_courses(trace: Trace, seconds: int) -> tuple[Floats, Floats]:
    """Onsets, and their mean velocity, in each second [T]; a second without an onset has velocity 0."""
    second = np.array([int(note.onset) for note in trace.notes])
    velocity = np.array([note.velocity for note in trace.notes])
    inside = second < seconds
    count = np.bincount(second[inside], minlength=seconds)
    loud = np.bincount(second[inside], weights=velocity[inside], minlength=seconds) / np.maximum(count, 1)
    return count.astype(np.float64), loud


def affect_agreement(choices: dict[float, list[Choice]]) -> dict[str, object]:
    """Share of steps whose chord the leading emotion allows, and what it costs, by strength."""
    base = np.mean([choice.surprise for choice in choices[0.0]])
    found: dict[str, object] = {}
    for strength, own in choices.items():
        seen = [(choice, choice.affect.emotion) for choice in own if choice.affect is not None]
        judged = [(choice, emotion, correspondence.agrees(choice.chord, emotion)) for choice, emotion in seen]
        counted = [(choice, emotion, right) for choice, emotion, right in judged if right is not None]
        by_emotion: dict[str, list[bool]] = {}
        for _, emotion, right in counted:
            by_emotion.setdefault(emotion, []).append(right)
        found[f"{strength:g}"] = {
            "steps": len(counted),
            "agreement": float(np.mean([right for *_, right in counted])),
            "agreement_at_changes": float(np.mean([right for choice, _, right in counted if choice.changed])),
            "changes": float(np.mean([choice.changed for choice in own])),
            "added_surprise": float(np.mean([choice.surprise for choice in own]) - base),
            "by_emotion": {name: float(np.mean(rights)) for name, rights in sorted(by_emotion.items())},
            "steps_by_emotion": {name: len(rights) for name, rights in sorted(by_emotion.items())},
        }
    return found


def sounding(traces: Sequence[Trace]) -> dict[str, object]:
    """Share of the time in which the chord that sounds is one that the emotion which leads meanwhile allows.

    Of all of it, and by half seconds after a cut that brings another leading emotion.
    """
    rights: list[bool] = []
    after: dict[int, list[bool]] = {half: [] for half in range(AFTER_CUT)}
    for trace in traces:
        onsets = [onset for onset, _, _ in trace.plans]
        times, moods = zip(*trace.affects, strict=True)
        cuts = [cue.time for cue in trace.events if cue.event is Event.CUT]
        turns = [cut for cut in cuts if _leading(moods, times, cut - AFFECT_EVERY) != _leading(moods, times, cut + 1)]
        for moment in np.arange(onsets[0], times[-1], AFFECT_EVERY):
            chord = trace.plans[bisect_right(onsets, moment) - 1][2].chord
            right = correspondence.agrees(chord, _leading(moods, times, moment))
            if right is None:
                continue
            rights.append(right)
            since = [moment - cut for cut in turns if 0 <= moment - cut < AFTER_CUT / 2]
            if since:
                after[int(2 * min(since))].append(right)
    return {
        "moments": len(rights),
        "agreement": float(np.mean(rights)),
        "after_cut": {f"{half / 2:g} s": float(np.mean(own)) for half, own in after.items() if own},
        "moments_after_cut": sum(map(len, after.values())),
    }


def _leading(moods: Sequence[Affect], times: Sequence[float], moment: float) -> str:
    return moods[max(0, bisect_right(times, moment) - 1)].emotion


def matching(motions: Sequence[Floats], traces: Sequence[Trace]) -> dict[str, object]:
    """Clips and musics matched by how motion, density and velocity run, levels left out.

    The courses begin with the first whole second of music: the silence before it answers nothing.
    """
    begin = math.ceil(max(trace.plans[0][0] for trace in traces))
    musics = [music_courses(trace, len(motion)) for motion, trace in zip(motions, traces, strict=True)]
    scores = correspondence.likeness(
        [motion[begin:] for motion in motions], [[course[begin:] for course in music] for music in musics]
    )
    right = sum(given == own for own, given in enumerate(correspondence.match(scores)))
    count = len(motions)
    own = np.eye(count, dtype=bool)
    return {
        "clips": count,
        "right": right,
        "accuracy": right / count,
        "chance": 1 / count,
        "p": correspondence.chance_of(right, count),
        "mean_rank": correspondence.mean_rank(scores),
        "correlation_own": float(scores[own].mean()),
        "correlation_others": float(scores[~own].mean()),
        "scores": scores.round(3).tolist(),
    }


def swap(one: Sequence[str], other: Sequence[str]) -> dict[str, dict[str, float]]:
    """Cohen's d, over steps, between the musics of two films with the same seeds; and between seeds on one film."""
    sounded = [[steps(trace) for trace in _performed(moods)] for moods in (one, other)]
    first, second = (_joined(each) for each in sounded)
    half, rest = _joined(sounded[0][:SEEDS]), _joined(sounded[0][SEEDS:])
    return {
        "films": {name: correspondence.cohens_d(first[name], second[name]) for name in _SOUNDED},
        "same film, other seeds": {name: correspondence.cohens_d(half[name], rest[name]) for name in _SOUNDED},
    }


def _performed(moods: Sequence[str]) -> list[Trace]:
    reel = film_of(moods, 0, SECONDS)
    return [perform(reel, seed=seed) for seed in range(2 * SEEDS)]


def _joined(parts: list[dict[str, Floats]]) -> dict[str, Floats]:
    return {name: np.concatenate([part[name] for part in parts]) for name in _SOUNDED}


def steps(trace: Trace) -> dict[str, Floats]:
    """What sounds in each step that has notes: onsets a second, mean velocity and pitch, major side +1 or minor −1."""
    rows = []
    onset = np.array([note.onset for note in trace.notes])
    for begin, duration, plan in trace.plans:
        own = np.flatnonzero((onset >= begin) & (onset < begin + duration))
        if own.size:
            notes = [trace.notes[index] for index in own]
            velocity, pitch = ([n.velocity for n in notes], [n.pitch for n in notes])
            side = brightness()[plan.chord.index]
            rows.append((len(notes) / duration, np.mean(velocity), np.mean(pitch), side))
    return dict(zip(_SOUNDED, np.array(rows, np.float64).reshape(-1, len(_SOUNDED)).T, strict=True))


def asked_sounded(traces: Sequence[Trace]) -> dict[str, float]:
    """Pearson's correlation over all steps of loudness with velocity and of density with onsets a second."""
    asked: list[tuple[float, float]] = []
    found: list[tuple[float, float]] = []
    for trace in traces:
        for begin, duration, plan in trace.plans:
            notes = [note for note in trace.notes if begin <= note.onset < begin + duration]
            if notes:
                asked.append((plan.dynamics.loudness, plan.dynamics.note_density))
                found.append((float(np.mean([n.velocity for n in notes])), len(notes) / duration))
    wanted, sounded = np.array(asked), np.array(found)
    return {
        "steps": len(asked),
        "loudness": correlation(wanted[:, 0], sounded[:, 0]),
        "density": correlation(wanted[:, 1], sounded[:, 1]),
        "density_asked": float(wanted[:, 1].mean()),
        "density_sounded": float(sounded[:, 1].mean()),
    }


if __name__ == "__main__":
    sys.exit(main())
