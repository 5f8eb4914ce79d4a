"""The whole of vision on the synthetic film, whose truth is known."""

from dataclasses import dataclass

import pytest

from stream_v2m.core.values import Cue, Event
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig
from stream_v2m.vision.observer import Observer, VisionConfig

pytestmark = pytest.mark.integration

RATE_HZ = 15.0  # as slow as cameras in the dark; half as long to draw
RECALL = 0.97
FALSE_A_MINUTE = 1.0


@dataclass
class Seen:
    film: Film
    events: list[Cue]

    def origins(self, event: Event) -> list[float]:
        return [cue.origin for cue in self.events if cue.event is event and cue.origin is not None]


@pytest.fixture(scope="module", params=[0, 3], ids=["seed 0", "seed 3"])
def seen(request: pytest.FixtureRequest) -> Seen:
    film = Film(SourceConfig(), seed=request.param, seconds=60.0, rate_hz=RATE_HZ)
    film.open()
    observer = Observer(VisionConfig())
    return Seen(film, [cue for frame in film.frames() for cue in observer.see(frame, span=1.0).cues[1:]])


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
