"""What a study found: means, differences from the reference, and how far listeners agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.listening.answers import Participant, load_answers
from models.listening.crossed import CONFIDENCE, Floats, consistency, effect_size, estimate
from models.listening.questions import BACKGROUND, QUESTIONS
from models.listening.study import ANSWERS, Study
from stream_v2m.core.errors import ConfigError

METHOD = (
    f"{CONFIDENCE:.0%} confidence intervals by mean squares, participants and films random and crossed, "
    "Satterthwaite's degrees of freedom; differences are paired by participant and film; "
    "effect is Cohen's d of single ratings; consistency is ICC(3,1) and ICC(3,k)"
)


def analyse(folder: Path, *, reference: str | None = None) -> dict[str, Any]:
    """The report, ready for JSON; only participants who rated everything are in it.

    Args:
        reference: the system that the others are compared with; the first if not given.

    Raises:
        ConfigError: no study, damaged answers, an unknown reference, fewer than two who finished.
    """
    study = Study.load(folder)
    reference = study.systems[0] if reference is None else reference
    if reference not in study.systems:
        raise ConfigError("no such system", where="--reference", got=reference, expected=", ".join(study.systems))
    everybody = load_answers(folder, study).values()
    finished = [who for who in everybody if len(who.ratings) == len(study.stimuli)]
    if len(finished) < 2:
        got = f"{len(finished)} of {len(everybody)}"
        raise ConfigError("too few have rated every film", where=folder / ANSWERS, got=got, expected="2 or more")
    return {
        "participants": len(finished),
        "unfinished": len(everybody) - len(finished),
        "films": list(study.films),
        "systems": list(study.systems),
        "reference": reference,
        "method": METHOD,
        "background": {
            each.name: Counter(who.background.get(each.name, "not said") for who in finished) for each in BACKGROUND
        },
        "questions": {
            question.name: _compare(ratings(study, finished, question.name), study.systems, reference)
            for question in QUESTIONS
        },
    }


def ratings(study: Study, participants: list[Participant], question: str) -> Floats:
    """All ratings of a question [P, F, S], of participants who rated everything."""
    found = {(stimulus.film, stimulus.system): stimulus.id for stimulus in study.stimuli}
    return np.array(
        [
            [[who.ratings[found[film, system]][question] for system in study.systems] for film in study.films]
            for who in participants
        ],
        np.float64,
    )


def _compare(table: Floats, systems: tuple[str, ...], reference: str) -> dict[str, Any]:
    by_system = {system: table[:, :, place] for place, system in enumerate(systems)}
    one, mean = consistency(table.reshape(len(table), -1))
    return {
        "means": {system: asdict(estimate(own)) for system, own in by_system.items()},
        "differences": {
            system: {
                **asdict(estimate(own - by_system[reference])),
                "effect": effect_size(own, by_system[reference]),
            }
            for system, own in by_system.items()
            if system != reference
        },
        "consistency": {"one": one, "mean": mean},
    }


def as_text(report: dict[str, Any]) -> str:
    """Tables for a terminal."""
    width = max(map(len, report["systems"]))
    titles = {question.name: question.title for question in QUESTIONS}
    lines = [
        f"{report['participants']} participants rated everything, {report['unfinished']} did not; "
        f"{len(report['films'])} films; differences from {report['reference']}",
    ]
    for name, found in report["questions"].items():
        agreement = ", ".join(
            f"{label} {'–' if value is None else f'{value:.2f}'}"
            for label, value in (("one listener", found["consistency"]["one"]), ("all", found["consistency"]["mean"]))
        )
        lines += ["", f"{titles[name]}  (consistency: {agreement})"]
        for system, mean in found["means"].items():
            line = f"  {system:{width}}  {_interval(mean, '.2f')}"
            if system in found["differences"]:
                difference = found["differences"][system]
                effect = "–" if difference["effect"] is None else f"{difference['effect']:+.2f}"
                line += f"   {_interval(difference, '+.2f')}  d {effect}"
            lines.append(line)
    return "\n".join(lines) + "\n"


def _interval(found: dict[str, Any], form: str) -> str:
    return f"{found['mean']:{form}} [{found['low']:{form}}, {found['high']:{form}}]"
