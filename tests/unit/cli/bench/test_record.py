import math
from pathlib import Path

import numpy as np
import pytest

from stream_v2m.cli.bench.matching import Score
from stream_v2m.cli.bench.record import Record, Span
from stream_v2m.cli.bench.reel import Reel, dense_scenario
from stream_v2m.cli.bench.trip import trip
from stream_v2m.cli.bench.watcher import COLUMNS, KINDS
from stream_v2m.core.stamps import number_of
from stream_v2m.core.values import Event

pytestmark = pytest.mark.unit

RATE = 10.0
STARTED = 100.0
NOTE, RELEASE, MOTION = (number_of(bytes(message)) for message in ((0x93, 60, 90), (0x83, 60, 0), (0xBF, 20, 64)))
REEL = Reel(Path("reel.mp4"), (64, 64), RATE, "none", frames=100, cuts=(40, 60), flashes=(50,))
SPAN = Span(STARTED + 3.0, STARTED + 9.0)


def table(columns: tuple[str, ...], *rows: tuple[float, ...]) -> dict[str, np.ndarray]:
    values = np.array(rows, np.float64).reshape(-1, len(columns))
    return {name: values[:, place] for place, name in enumerate(columns)}


def record(passed_over: tuple[int, ...] = ()) -> Record:
    """Every picture takes its time; the cut at 40 is accented 30 ms after it was there, the flash is missed."""
    numbers = [number for number in range(90) if number not in passed_over]
    there = {number: STARTED + number / RATE for number in range(200)}
    stamped = {number: there[number] + 0.006 for number in numbers}
    hit = next(number for number in numbers if number >= 40)
    confirmed = next(number for number in numbers if number >= hit + 2)
    due, off = there[hit] + 0.02, there[hit] + 0.52
    rows: dict[str, list[tuple[float, ...]]] = {
        "packets": [(n, there[n] + 0.001, there[n] + 0.003) for n in numbers],
        "pictures": [(n, there[n] + 0.0035, there[n] + 0.005) for n in numbers],
        "looks": [(stamped[n], stamped[n] + 0.001, stamped[n] + 0.002, stamped[n] + 0.0025) for n in numbers],
        "saw": [(stamped[n], stamped[n] + 0.003) for n in numbers],
        "events": [
            (KINDS[Event.HIT], stamped[hit], stamped[hit], there[hit] + 0.015),
            (KINDS[Event.CUT], stamped[confirmed], stamped[hit], there[confirmed] + 0.015),
        ],
        "plans": [(there[50] + 0.05, stamped[50], 7), (there[51] + 0.05, math.nan, 7)],
        "steps": [(there[50], there[50] + 0.04)],
        "amt": [(there[50], there[50] + 0.03)],
        "gru": [(there[50], there[50] + 0.01)],
        "wrote": [(due, due + 0.001)],
        "sent": [
            (due + 0.002, due, NOTE, 1.0, stamped[hit]),
            (there[70] + 0.01, there[70] + 0.01, MOTION, 0.0, stamped[70]),
        ],
    }
    tables = {name: table(COLUMNS[name], *found) for name, found in rows.items()}
    played = (
        (due, due + 0.004, NOTE),
        (off, off + 0.0002, RELEASE),
        (there[70] + 0.01, there[70] + 0.012, MOTION),
    )
    tables["player"] = table(("due", "returned", "message"), *played)
    heard = np.array([(due + 0.01, NOTE), (off + 0.001, RELEASE), (there[70] + 0.02, MOTION)])
    return Record(REEL, STARTED, tables, heard)


def milliseconds(seconds: np.ndarray) -> list[float]:
    return [round(1000 * value, 3) for value in seconds]


def test_each_stage_is_the_time_between_its_stamps():
    stages = record().stages(SPAN)
    each = {name: set(milliseconds(found)) for name, found in stages.items()}
    assert each["age"] == {6.0} and each["capture"] == {1.0} and each["decode"] == {2.0} and each["convert"] == {1.5}
    assert each["hand-over"] == {1.0} and each["vision"] == {1.0} and each["features"] == {0.5}
    assert each["AMT"] == {30.0} and each["GRU"] == {10.0} and each["step"] == {40.0} and each["arrange"] == {1.0}
    assert len(stages["age"]) == 60, "only the pictures of the span count"


def test_what_is_due_at_once_is_the_pipes_and_the_end_of_its_note_the_players():
    stages = record().stages(SPAN)
    assert milliseconds(stages["pipe"]) == [2.0, 2.0]
    assert milliseconds(stages["player"]) == [0.2]
    assert milliseconds(stages["wire"]) == [6.0, 0.8, 8.0]
    assert milliseconds(record().paths(SPAN)["deadline → wire"]) == [1.0]


def test_an_accent_counts_from_when_its_picture_was_there_and_before_the_one_that_confirms_it():
    paths = record().paths(SPAN)
    assert milliseconds(paths["cut → accent"]) == [30.0]
    assert milliseconds(paths["confirmation → accent"]) == [-170.0]
    assert milliseconds(paths["cut → confirmed"]) == [215.0]
    assert milliseconds(paths["motion → CC"]) == [20.0]
    assert milliseconds(paths["frame → chord"]) == [50.0]


def test_events_that_were_not_told_are_missed_and_those_near_the_end_are_not_asked_for():
    found = record()
    assert found.event_score(Event.CUT, SPAN) == Score(known=2, found=1, false=0)
    assert found.event_score(Event.FLASH, SPAN) == Score(known=1, found=0, false=0)
    assert found.accent_score(SPAN) == Score(known=3, found=1, false=0)
    assert found.event_score(Event.CUT, Span(SPAN.begin, STARTED + 6.5)) == Score(known=1, found=1, false=0)


def test_a_cut_whose_first_pictures_were_passed_over_is_found_in_the_next_and_counts_from_the_first():
    found = record(passed_over=tuple(range(40, 49)))
    assert found.event_score(Event.CUT, SPAN) == Score(known=2, found=1, false=0)
    assert milliseconds(found.paths(SPAN)["cut → accent"]) == [930.0]
    assert found.seen(SPAN) == (60, 51, 1)


def test_a_pictures_trip_goes_on_from_stage_to_stage_without_a_step_back():
    found = record()
    (accent,) = found.accents(SPAN)
    legs = trip(found, accent)
    assert legs[0].begin == 0.0
    assert round(legs[-1].end, 6) == 0.03
    moments = [moment for leg in legs for moment in (leg.begin, leg.end)]
    assert moments == sorted(moments)


def test_a_reel_that_is_seen_again_has_its_events_again_and_a_cut_at_its_seam():
    assert REEL.events(0, 100) == ([40, 60], [50])
    assert REEL.events(90, 165) == ([100, 140, 160], [150])


@pytest.mark.parametrize(("seconds", "rate_hz"), [(8.0, 30.0), (60.0, 25.0), (12.0, 60.0)])
def test_every_event_of_the_dense_film_begins_with_a_frame_and_neighbours_look_unlike(seconds: float, rate_hz: float):
    film = dense_scenario(seconds, rate_hz)
    events = [*film.cut_times, *film.flash_times]
    assert len(film.cut_times) >= (seconds - 4) / 2
    assert all(abs(moment * rate_hz - round(moment * rate_hz)) < 1e-6 for moment in events)
    assert min(events) >= 3.0, "the music begins meanwhile"
    assert film.shots[0].mood.tone != film.shots[-1].mood.tone, "its return is a cut"
