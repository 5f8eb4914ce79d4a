"""Estimates against numbers worked out by hand, against published ones, and against listeners whose truth is known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.stats import t

from models.listening.__main__ import main
from models.listening.analysis import analyse, as_text
from models.listening.crossed import Spread, consistency, effect_size, estimate, listeners_needed, power
from models.listening.plot import draw
from stream_v2m.core.errors import ConfigError
from tests.support.listening import answer_all, make_study

pytestmark = pytest.mark.models


def test_an_estimate_is_that_worked_out_by_hand():
    # participants 2, 4, 6 and films 3, 5 around 4; rest ±0.5 as below
    found = estimate(np.array([[1.5, 2.5], [2.5, 5.5], [5.0, 7.0]]))
    # MSP = 2 · (4 + 0 + 4) / 2 = 8, MSF = 3 · (1 + 1) / 1 = 6, MSE = 4 · 0.25 / 2 = 0.5
    variance = (8 + 6 - 0.5) / 6
    freedom = 13.5**2 / (8**2 / 2 + 6**2 / 1 + 0.5**2 / 2)
    half = t.ppf(0.975, freedom) * math.sqrt(variance)
    assert (found.mean, found.low, found.high) == pytest.approx((4.0, 4 - half, 4 + half))
    assert found.freedom == pytest.approx(freedom)
    assert (found.spread.participants, found.spread.films, found.spread.rest) == pytest.approx(
        (math.sqrt(7.5 / 2), math.sqrt(5.5 / 3), math.sqrt(0.5))
    )


def test_with_one_film_the_interval_is_students():
    ratings = np.array([[2.0], [3.0], [5.0], [6.0]])
    half = t.ppf(0.975, 3) * ratings.std(ddof=1) / 2
    found = estimate(ratings)
    assert (found.low, found.high) == pytest.approx((4 - half, 4 + half))


def test_ratings_that_never_differ_are_certain():
    found = estimate(np.full((3, 2), 5.0))
    assert (found.mean, found.low, found.high) == (5.0, 5.0, 5.0)


def test_an_effect_is_in_standard_deviations_of_single_ratings():
    one, other = np.array([[3.0, 5.0]]), np.array([[1.0, 3.0]])
    assert effect_size(one, other) == pytest.approx(2 / math.sqrt(2))
    assert effect_size(np.ones((2, 2)), np.ones((2, 2))) is None


def test_consistency_is_that_of_shrout_and_fleiss():
    # their table 2: six targets by four judges; ICC(3,1) = .71, ICC(3,4) = .91
    targets = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    one, mean = consistency(np.array(targets, float).T)
    assert (round(one, 2), round(mean, 2)) == (0.71, 0.91)
    assert consistency(np.array([[1.0, 1.0], [4.0, 4.0]])) == (None, None)


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(("people", "films"), [(12, 4), (20, 8)])
def test_the_interval_covers_the_truth_in_about_95_of_100_simulated_studies(people, films, rounded):
    rng, studies, covered = np.random.default_rng(people), 600, 0
    for _ in range(studies):
        own = rng.normal(0, 0.6, (people, 1)) + rng.normal(0, 0.6, (1, films)) + rng.normal(0, 1.2, (people, films))
        # a difference of 1 point between ratings of 4.5 and 3.5, within the scale nearly always
        ratings = 1.0 + (np.rint(own) if rounded else own)
        found = estimate(ratings)
        covered += found.low <= 1.0 <= found.high
    # 0.95 within 3 standard errors below; Satterthwaite's interval may be wider, hardly ever the truth outside
    assert 0.923 <= covered / studies <= 0.99


def test_power_is_the_share_of_simulated_studies_that_see_the_difference():
    spread, studies = Spread(0.6, 0.6, 1.2), 600
    rng, seen = np.random.default_rng(5), 0
    for _ in range(studies):
        ratings = 0.8 + rng.normal(0, 0.6, (15, 1)) + rng.normal(0, 0.6, (1, 8)) + rng.normal(0, 1.2, (15, 8))
        seen += estimate(ratings).low > 0
    assert power(0.8, listeners=15, films=8, spread=spread) == pytest.approx(seen / studies, abs=0.06)


def test_power_of_one_sample_is_that_of_the_t_test():
    # without films' spread and rest only participants count: Cohen 1988, d = 0.5, n = 34 for 0.8 in a paired t-test
    spread = Spread(1.0, 0.0, 0.0)
    assert listeners_needed(0.5, films=1000, spread=spread) == 34
    assert power(0.0, listeners=34, films=1000, spread=spread) == pytest.approx(0.05, abs=1e-6)


def test_more_listeners_do_not_make_up_for_too_few_films():
    spread = Spread(0.5, 0.5, 1.5)
    assert listeners_needed(0.5, films=4, spread=spread) is None
    assert listeners_needed(0.5, films=20, spread=spread) < listeners_needed(0.5, films=12, spread=spread)


TRUTH = {"alpha": 5, "beta": 4, "gamma": 3}


def study_of_people(folder, *, listeners=10):
    study = make_study(folder, films=6)
    rng = np.random.default_rng(1)
    answer_all(
        folder,
        study,
        listeners,
        lambda who, stimulus, question: int(np.clip(round(TRUTH[stimulus.system] + rng.normal(0, 0.8)), 1, 7)),
    )
    return study


def test_a_study_finds_what_its_listeners_think(tmp_path):
    study_of_people(tmp_path)
    report = analyse(tmp_path)
    for found in report["questions"].values():
        for system, truth in TRUTH.items():
            assert found["means"][system]["mean"] == pytest.approx(truth, abs=0.4)
        for system in ("beta", "gamma"):
            difference = found["differences"][system]
            assert difference["mean"] == pytest.approx(TRUTH[system] - TRUTH["alpha"], abs=0.4)
            assert difference["high"] < 0
            assert difference["effect"] < -0.8
        assert 0.3 < found["consistency"]["one"] < found["consistency"]["mean"]
    other = analyse(tmp_path, reference="gamma")
    for name, found in other["questions"].items():
        back = report["questions"][name]["differences"]["gamma"]
        assert found["differences"]["alpha"]["mean"] == pytest.approx(-back["mean"])


def test_a_difference_is_paired_by_participant_and_film(tmp_path):
    study = make_study(tmp_path, films=3, systems=("alpha", "beta"))
    answer_all(
        tmp_path, study, 3, lambda who, stimulus, _: 1 + who + int(stimulus.film[-1]) + 2 * (stimulus.system == "alpha")
    )
    found = analyse(tmp_path)["questions"]["rhythm"]["differences"]["beta"]
    # participants and films differ too, so that nothing but the right pairs always differ by 2
    assert (found["mean"], found["low"], found["high"]) == (-2.0, -2.0, -2.0)


def test_who_did_not_finish_is_counted_and_left_out(tmp_path):
    study = study_of_people(tmp_path, listeners=3)
    path = tmp_path / "answers.jsonl"
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join(whole[:-1]))
    report = analyse(tmp_path)
    assert (report["participants"], report["unfinished"]) == (2, 1)
    path.write_text("".join(whole[: len(study.stimuli) + 1]))
    with pytest.raises(ConfigError, match="too few"):
        analyse(tmp_path)


def test_the_command_prints_writes_and_draws(tmp_path, capsys):
    study_of_people(tmp_path, listeners=3)
    assert main(["analyse", str(tmp_path), "--reference", "beta"]) == 0
    printed = capsys.readouterr().out
    report = json.loads((tmp_path / "analysis.json").read_text())
    assert printed == as_text(report) and "differences from beta" in printed
    assert (tmp_path / "analysis.png").read_bytes()[:4] == b"\x89PNG"
    assert main(["analyse", str(tmp_path), "--reference", "delta"]) == 2
    assert "no such system" in capsys.readouterr().err


def test_a_study_of_one_system_can_be_drawn(tmp_path):
    study = make_study(tmp_path / "s", systems=("alone",))
    answer_all(tmp_path / "s", study, 2, lambda who, stimulus, question: 3 + who)
    draw(analyse(tmp_path / "s"), tmp_path / "one.png")
    assert (tmp_path / "one.png").stat().st_size > 1000
