"""The whole of vision on the synthetic film, whose truth is known."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pytest

from stream_v2m.core.values import Affect, Cue, Event
from stream_v2m.sources.film import Film
from stream_v2m.sources.scenario import MOODS
from stream_v2m.sources.source import SourceConfig
from stream_v2m.vision.observer import Observer, VisionConfig

pytestmark = pytest.mark.integration

RATE_HZ = 15.0  # as slow as cameras in the dark; half as long to draw
RECALL = 0.97
FALSE_A_MINUTE = 1.0
SETTLED = 2.0  # seconds into a shot when the mood has followed


@dataclass
class Seen:
    film: Film
    events: list[Cue]
    moods: dict[str, list[Affect]]  # by the name of the shot's kind, once it has lasted

    def origins(self, event: Event) -> list[float]:
        return [cue.origin for cue in self.events if cue.event is event and cue.origin is not None]


@pytest.fixture(scope="module", params=[0, 3], ids=["seed 0", "seed 3"])
def seen(request: pytest.FixtureRequest) -> Seen:
    film = Film(SourceConfig(), seed=request.param, seconds=60.0, rate_hz=RATE_HZ)
    film.open()
    observer = Observer(VisionConfig())
    events: list[Cue] = []
    moods = defaultdict(list)
    for frame in film.frames():
        sight = observer.see(frame, span=1.0)
        events += sight.cues[1:]
        shot = film.scenario.shots[film.scenario.index_at(frame.time)]
        if frame.time - shot.start > SETTLED and sight.window.affect is not None:
            moods[shot.mood.name].append(sight.window.affect)
    return Seen(film, events, moods)


def matched(found: list[float], truth: tuple[float, ...]) -> int:
    return sum(any(abs(moment - true) < 0.5 / RATE_HZ for moment in found) for true in truth)


def test_every_cut_is_found_and_hardly_any_is_made_up(seen: Seen):
    found, truth = seen.origins(Event.CUT), seen.film.scenario.cut_times
    assert len(truth) >= 8
    right = matched(found, truth)
    assert right >= RECALL * len(truth)
    assert len(found) - right <= FALSE_A_MINUTE


def test_every_flash_is_found_and_is_no_cut(seen: Seen):
    found, truth = seen.origins(Event.FLASH), seen.film.scenario.flash_times
    assert matched(found, truth) == len(truth) > 0
    assert matched(seen.origins(Event.CUT), truth) == 0


def test_every_cut_and_flash_was_announced_by_a_hit_in_its_first_frame(seen: Seen):
    hits = seen.origins(Event.HIT)
    assert set(seen.origins(Event.CUT) + seen.origins(Event.FLASH)) <= set(hits)
    assert all(cue.time == cue.origin for cue in seen.events if cue.event is Event.HIT)


def test_the_colours_tell_pleasant_shots_from_unpleasant_ones_and_calm_from_excited(seen: Seen):
    meant = {mood.name: mood for mood in MOODS}
    found = [(meant[name], mood) for name, moods in seen.moods.items() for mood in moods]
    valence = np.corrcoef([mood.valence for mood, _ in found], [affect.valence for _, affect in found])[0, 1]
    arousal = np.corrcoef([mood.arousal for mood, _ in found], [affect.arousal for _, affect in found])[0, 1]
    assert valence > 0.7 and arousal > 0.5


def test_a_dark_street_of_neon_is_not_frightening(seen: Seen):
    moods = seen.moods["neon"]
    assert sum(mood.emotion == "fearful" for mood in moods) < 0.2 * len(moods)


def test_the_colours_are_as_sure_as_the_data(seen: Seen):
    tops = [max(mood.probabilities) for moods in seen.moods.values() for mood in moods]
    low, middle, high = np.quantile(tops, (0.05, 0.5, 0.95))
    assert 0.25 < low < 0.4 < middle < 0.6 < high < 0.9  # MuVi-Sync: .29, .45, .77
