"""What cameras and codecs do to a picture hides no cut and makes none; the benchmark has more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import pytest

from stream_v2m.core.values import Event, Frame
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig
from stream_v2m.vision.cut import CutConfig, CutDetector
from tests.support.degraded import DEGRADATIONS, reencoded

pytestmark = pytest.mark.integration

RATE_HZ = 15.0
WAYS: dict[str, Callable[[Sequence[Frame]], Iterable[Frame]]] = {
    **{name: DEGRADATIONS[name] for name in ("exposure steps", "exposure ramps", "gain noise", "flicker")},
    "H.264 at 60 kbit/s": partial(reencoded, kbits=60),
}


@pytest.fixture(scope="module")
def film() -> tuple[Film, list[Frame]]:
    film = Film(SourceConfig(), seed=0, seconds=18.0, rate_hz=RATE_HZ)
    film.open()
    return film, list(film.frames())


@pytest.mark.parametrize("way", WAYS)
def test_every_cut_is_found_and_none_is_made_up(film: tuple[Film, list[Frame]], way: str):
    (film_, frames), detector = film, CutDetector(CutConfig())
    told = [each for frame in WAYS[way](frames) for each in detector.see(frame.small, frame.time)]
    assert film_.scenario.cut_times
    cuts = [each.origin for each in told if each.event is Event.CUT]
    assert cuts == pytest.approx(list(film_.scenario.cut_times), abs=0.5 / RATE_HZ)
    assert sum(each.event is Event.HIT for each in told) == len(cuts) + len(film_.scenario.flash_times)
