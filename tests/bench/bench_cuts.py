"""How many cuts are found, and how many accents are false, in films whose cuts are known, and degraded.

``OMP_NUM_THREADS=1 python -m tests.bench.bench_cuts [--seeds FIRST LAST] [--seconds S] [--films FILM[=CUT,…] …]``
writes JSON. The synthetic film of each seed is seen as it is and degraded in each of the ways of
``tests.support.degraded``; then every film that is named, with its cuts in seconds where they are known.

A cut counts as found if one was confirmed that began in its first frame, or the one beside it. False are confirmed
cuts that match none, and accents (hits) that match neither a cut nor a flash.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from stream_v2m.core.values import Event, Frame
from stream_v2m.sources.film import Film
from stream_v2m.sources.media import MediaFile
from stream_v2m.sources.source import SourceConfig
from stream_v2m.vision.cut import CutConfig, CutDetector
from tests.support.degraded import DEGRADATIONS, reencoded

RATE_HZ = 15.0  # as slow as cameras in the dark
KBITS = (300, 100, 40)  # of H.264 for 320×180


def origins(frames: Iterable[Frame]) -> tuple[dict[Event, list[float]], float]:
    """When the events of each kind began, and how many seconds were seen."""
    detector, found, last = CutDetector(CutConfig()), {event: list[float]() for event in Event}, 0.0
    for frame in frames:
        last = frame.time
        for happening in detector.see(frame.small, frame.time):
            found[happening.event].append(happening.origin)
    return found, last


def score(
    frames: Iterable[Frame], cuts: Sequence[float], flashes: Sequence[float], slack: float
) -> dict[str, float | list[float]]:
    """What was found of what there is; ``slack`` in seconds."""
    found, seconds = origins(frames)

    def near(moments: Sequence[float], moment: float) -> bool:
        return any(abs(each - moment) <= slack for each in moments)

    false_cuts = [round(moment, 3) for moment in found[Event.CUT] if not near(cuts, moment)]
    false_hits = [round(moment, 3) for moment in found[Event.HIT] if not near([*cuts, *flashes], moment)]
    return {
        "minutes": round(seconds / 60, 3),
        "cuts": len(cuts),
        "missed": [round(cut, 3) for cut in cuts if not near(found[Event.CUT], cut)],
        "flashes": len(flashes),
        "flashes_missed": [round(each, 3) for each in flashes if not near(found[Event.FLASH], each)],
        "false_cuts": false_cuts,
        "false_accents": false_hits,
    }


def summed(scores: Sequence[dict[str, float | list[float]]]) -> dict[str, float]:
    """Recall, and what is false a minute, over several films."""

    def total(name: str) -> float:
        return sum(len(value) if isinstance(value := each[name], list) else value for each in scores)

    minutes, cuts = total("minutes"), total("cuts")
    return {
        "minutes": round(minutes, 2),
        "cuts": cuts,
        "recall": round(1 - total("missed") / cuts, 4) if cuts else 1.0,
        "false_cuts_a_minute": round(total("false_cuts") / minutes, 3),
        "false_accents_a_minute": round(total("false_accents") / minutes, 3),
        "flashes": total("flashes"),
        "flashes_missed": total("flashes_missed"),
    }


def named(text: str) -> dict[str, float | list[float]]:
    """A film's score; ``FILM=CUT,CUT`` tells its cuts."""
    path, _, told = text.partition("=")
    film = MediaFile(Path(path), SourceConfig())
    film.open()
    return score(film.frames(), [float(cut) for cut in told.split(",") if cut], [], 0.021)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 9), metavar=("FIRST", "LAST"))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--films", nargs="*", default=(), metavar="FILM[=CUT,CUT,…]")
    args = parser.parse_args()
    results: dict[str, list[dict[str, float | list[float]]]] = {}
    first, last = args.seeds
    for seed in range(first, last + 1):
        film = Film(SourceConfig(), seed=seed, seconds=args.seconds, rate_hz=RATE_HZ)
        film.open()
        frames, truth, slack = list(film.frames()), film.scenario, 1.1 / RATE_HZ
        for name, degrade in DEGRADATIONS.items():
            seen = score(degrade(frames), truth.cut_times, truth.flash_times, slack)
            results.setdefault(name, []).append(seen | {"seed": seed})
        for kbits in KBITS:
            seen = score(reencoded(frames, kbits=kbits), truth.cut_times, truth.flash_times, slack)
            results.setdefault(f"H.264 at {kbits} kbit/s", []).append(seen | {"seed": seed})
    report = {name: summed(scores) for name, scores in results.items()}
    wrong = {
        name: [each for each in scores if each["missed"] or each["false_cuts"] or each["false_accents"]]
        for name, scores in results.items()
    }
    print(json.dumps({"film": report, "wrong": wrong, "named": {text: named(text) for text in args.films}}, indent=2))


if __name__ == "__main__":
    main()
