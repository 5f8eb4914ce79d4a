"""The moods of a film by every estimator there is, beside each other: how far they agree, as numbers and drawn."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from stream_v2m.config import Config
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.features import SCENE_OFFSET
from stream_v2m.core.files import check_writable
from stream_v2m.core.trace import AFFECT_EVERY, Trace
from stream_v2m.core.values import Affect, Event, Frame
from stream_v2m.inference.clip_files import list_clips, used_clip
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import Source
from stream_v2m.stages.estimate import open_estimator
from stream_v2m.vision.affect import CLIP, COLOR, TOGETHER, AffectEstimator, EstimatorInfo, Measures
from stream_v2m.vision.color_affect import ColorAffect
from stream_v2m.vision.mood import Mood
from stream_v2m.vision.observer import Observer
from stream_v2m.vision.plane import ruled_out

MEANT = "meant"  # what the synthetic film's shots are to feel like
_CERTAIN = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two estimators agree: Pearson's r of valence and arousal, and in which share of time the same emotion
    leads; None where one of them never changes."""

    one: str
    other: str
    valence: float | None
    arousal: float | None
    leading: float


@dataclass(slots=True)
class Watched:
    """A film and its moods, five a second, by the estimators' names."""

    trace: Trace
    moods: dict[str, list[Affect]] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    infos: dict[str, EstimatorInfo] = field(default_factory=dict)

    def agreements(self) -> list[Agreement]:
        """Of every two."""
        return [agreement(one, self.moods[one], other, self.moods[other]) for one, other in combinations(self.moods, 2)]


def affect(
    config: Config, source: str, *, plot: Path | None, as_json: bool, seconds: float | None, console: Console
) -> None:
    """Watch a film, print how far the estimators agree, and draw what they say.

    Raises:
        SourceError, ConfigError, ModelContractError: the film or an estimator cannot be opened.
    """
    if plot is not None:
        check_writable(plot)
    watched = watch(config, open_source(source, config.source), seconds=seconds)
    if plot is not None:
        from stream_v2m.cli.affect_plot import draw

        draw(watched, plot)
    if as_json:
        console.print_json(json.dumps(as_record(watched)))
    else:
        for table in tables(watched):
            console.print(table)


def watch(config: Config, source: Source, *, seconds: float | None = None) -> Watched:
    """Ask every estimator about a film: the colours, each CLIP export, and colours and the first export together.

    A slow one is asked ``affect.rate_hz`` times a second, however long it takes. Each mood is smoothed as it is live.
    """
    estimators = _estimators(config)
    names = [COLOR, *estimators, *(f"{COLOR}{TOGETHER}{name}" for name in list(estimators)[:1])]
    moods = {name: Mood(config.affect, name.split(TOGETHER)) for name in names}
    observer = Observer(config.vision, _Heard(ColorAffect(config.vision.color), moods))
    watched = Watched(Trace(source.name), {name: [] for name in names})
    watched.infos = {name: estimator.info for name, estimator in estimators.items()}
    shots = source.scenario if isinstance(source, Film) else None
    if shots is not None:
        watched.moods[MEANT] = []
    trace, due, last = watched.trace, 0.0, 0.0
    source.open()
    for frame in source.frames():
        if seconds is not None and frame.time > seconds:
            break
        sight = observer.see(frame, span=1.0)
        assert sight.measures is not None
        trace.saw(frame, sight.cues, None, at=frame.time)
        if frame.time >= due:
            due += 1 / config.affect.rate_hz
            for name, estimator in estimators.items():
                said = estimator.estimate(frame, sight.measures)
                for mood in moods.values():
                    mood.hear(name, said)
        scene = float(sight.window.features[SCENE_OFFSET])
        felt = {name: mood.feel(frame.time, frame.time - last, scene=scene).affect for name, mood in moods.items()}
        last = frame.time
        if (watched.times and frame.time - watched.times[-1] < AFFECT_EVERY) or None in felt.values():
            continue
        watched.times.append(frame.time)
        for name, affect_now in felt.items():
            assert affect_now is not None
            watched.moods[name].append(affect_now)
        if shots is not None:
            meant = shots.shots[shots.index_at(frame.time)].mood
            shares = tuple(_CERTAIN if name == meant.emotion else (1 - _CERTAIN) / 5 for name in EMOTIONS)
            watched.moods[MEANT].append(Affect(shares, meant.valence, meant.arousal))
    source.close()
    trace.ended(last)
    return watched


@dataclass(frozen=True, slots=True)
class _Heard:
    """The colours, whose estimate every mood hears."""

    estimator: ColorAffect
    moods: dict[str, Mood]

    @property
    def info(self) -> EstimatorInfo:
        return self.estimator.info

    def estimate(self, frame: Frame, measures: Measures) -> Any:
        said = self.estimator.estimate(frame, measures)
        for mood in self.moods.values():
            mood.hear(COLOR, said)
        return said

    def freeze(self, on: bool) -> None:
        self.estimator.freeze(on)


def _estimators(config: Config) -> dict[str, AffectEstimator]:
    models, found = config.models, sorted(list_clips(), key=lambda name: name != used_clip())
    return {
        name: open_estimator(
            name, provider=models.provider, threads=config.affect.threads, strict=models.strict_provider
        )
        for name in (f"{CLIP}:{each}" for each in found)
    }


def agreement(one: str, first: Sequence[Affect], other: str, second: Sequence[Affect]) -> Agreement:
    """Of two estimators at the same moments."""
    pairs = list(zip(first, second, strict=True))
    return Agreement(
        one,
        other,
        _correlation([a.valence for a in first], [a.valence for a in second]),
        _correlation([a.arousal for a in first], [a.arousal for a in second]),
        sum(a.emotion == b.emotion for a, b in pairs) / max(1, len(pairs)),
    )


def _correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    if len(one) < 2 or min(np.std(one), np.std(other)) < 1e-9:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def summary(moods: Sequence[Affect]) -> dict[str, Any]:
    """How one estimator spreads its word: which emotions lead, and how sure it is."""
    leading = Counter(mood.emotion for mood in moods)
    tops = [max(mood.probabilities) for mood in moods] or [math.nan]
    return {
        "valence": round(float(np.mean([mood.valence for mood in moods])), 3),
        "arousal": round(float(np.mean([mood.arousal for mood in moods])), 3),
        "leading": {name: round(leading[name] / len(moods), 3) for name in EMOTIONS if leading[name]},
        "ruled_out": round(float(np.mean([ruled_out(mood.probabilities) for mood in moods])), 3),
        "top": [round(float(each), 3) for each in np.quantile(tops, (0.05, 0.5, 0.95))],
    }


def as_record(watched: Watched) -> dict[str, Any]:
    """Everything, for other programs."""
    cuts = [cue.origin for cue in watched.trace.events if cue.event is Event.CUT]
    return {
        "source": watched.trace.title,
        "seconds": round(watched.trace.duration, 3),
        "cuts": [round(cut, 3) for cut in cuts if cut is not None],
        "times": [round(time, 3) for time in watched.times],
        "estimators": {
            name: {
                **summary(moods),
                "path": [[round(mood.valence, 3), round(mood.arousal, 3)] for mood in moods],
                "probabilities": [[round(share, 4) for share in mood.probabilities] for mood in moods],
            }
            for name, moods in watched.moods.items()
        },
        "agreements": [
            {
                "between": [each.one, each.other],
                "valence": _rounded(each.valence),
                "arousal": _rounded(each.arousal),
                "leading": round(each.leading, 3),
            }
            for each in watched.agreements()
        ],
    }


def tables(watched: Watched) -> list[Table]:
    """What each says in sum, and how far every two agree."""
    said = Table("estimator", "valence", "arousal", "leads", "surest", title=watched.trace.title, title_justify="left")
    for name, moods in watched.moods.items():
        found = summary(moods)
        leads = ", ".join(f"{emotion} {share:.0%}" for emotion, share in found["leading"].items())
        said.add_row(name, f"{found['valence']:+.2f}", f"{found['arousal']:+.2f}", leads, f"{found['top'][1]:.2f}")
    agree = Table("between", "valence r", "arousal r", "same emotion leads")
    for each in watched.agreements():
        agree.add_row(f"{each.one} · {each.other}", _text(each.valence), _text(each.arousal), f"{each.leading:.0%}")
    return [said, agree] if len(watched.moods) > 1 else [said]


def traced(watched: Watched, name: str) -> Trace:
    """The film with the moods of one estimator."""
    return replace(watched.trace, affects=list(zip(watched.times, watched.moods[name], strict=True)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"
