"""Orders are balanced, names are blind, and systems are read as they are written."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest

from models.listening.study import KEY, Study, williams
from models.listening.systems import System, parse_systems
from stream_v2m.core.errors import ConfigError
from tests.support.listening import make_study

pytestmark = pytest.mark.models


@pytest.mark.parametrize("count", range(1, 10))
def test_each_is_equally_often_in_each_place_and_right_after_each_other(count):
    rows = williams(count)
    times = len(rows) // count
    assert {tuple(sorted(row)) for row in rows} == {tuple(range(count))}
    assert set(Counter((place, each) for row in rows for place, each in enumerate(row)).values()) == {times}
    after = Counter(pair for row in rows for pair in pairwise(row))
    assert set(after) == {(a, b) for a in range(count) for b in range(count) if a != b}
    assert len(set(after.values())) <= 1


def test_over_a_round_of_participants_every_film_is_heard_in_every_row(tmp_path):
    study = make_study(tmp_path, films=4)
    kind = {stimulus.id: (stimulus.film, stimulus.system) for stimulus in study.stimuli}
    heard = Counter()
    for number in range(len(williams(3))):
        order = [kind[id] for id in study.order(number)]
        assert sorted(order) == sorted(kind.values())
        for block in range(0, len(order), 3):
            film = {film for film, _ in order[block : block + 3]}
            assert len(film) == 1
            heard[film.pop(), tuple(system for _, system in order[block : block + 3])] += 1
    assert len(heard) == 4 * 6 and set(heard.values()) == {1}


def test_an_order_is_the_participants_own_and_always_the_same(tmp_path):
    study = make_study(tmp_path, films=5)
    assert study.order(3) == Study.load(tmp_path).order(3)
    assert len({tuple(study.order(number)) for number in range(30)}) > 25


def test_films_come_in_any_order(tmp_path):
    study = make_study(tmp_path, films=4)
    film = {stimulus.id: stimulus.film for stimulus in study.stimuli}
    first = Counter(film[study.order(number)[0]] for number in range(200))
    assert min(first.values()) > 25  # of 50 expected; 4 standard deviations


def test_a_key_that_is_damaged_or_not_whole_is_refused(tmp_path):
    make_study(tmp_path)
    key = json.loads((tmp_path / KEY).read_text())
    key["stimuli"].popitem()
    for text in ("{", "[]", json.dumps({**key, "seed": None}), json.dumps(key)):
        (tmp_path / KEY).write_text(text)
        with pytest.raises(ConfigError, match="no key of a study"):
            Study.load(tmp_path)
    (tmp_path / KEY).unlink()
    with pytest.raises(ConfigError, match="no study there"):
        Study.load(tmp_path)


def test_a_system_is_settings_a_folder_or_swapped(tmp_path):
    assert System.parse("ours") == System.parse("ours=") == System("ours", "rendered")
    two = System.parse('thin=controls.muted=["pad","bass"],controls.cue_strength=0')
    assert two.settings == ('controls.muted=["pad","bass"]', "controls.cue_strength=0")
    assert System.parse(f"paper={tmp_path}") == System("paper", "recorded", folder=tmp_path)
    assert System.parse("swapped").kind == "swapped"


@pytest.mark.parametrize("text", ["", "=x", "a/b", "a b=c.d=1", "paper=/no/such/folder", "swapped=controls.seed=1"])
def test_what_is_no_system_is_refused(text):
    with pytest.raises(ConfigError):
        System.parse(text)


def test_systems_have_different_names_and_begin_with_one_that_has_music():
    with pytest.raises(ConfigError, match="two systems of one name"):
        parse_systems(["a", "b", "a"])
    with pytest.raises(ConfigError, match="the first system"):
        parse_systems(["swapped", "a"])
