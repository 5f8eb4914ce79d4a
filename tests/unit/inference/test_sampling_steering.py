import numpy as np
import pytest

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.emotions import ALLOWED_QUALITIES, EMOTIONS
from stream_v2m.core.values import Affect
from stream_v2m.inference.steering import (
    carried,
    destination_weights,
    place_log_odds,
    serving,
    surplus_rounds,
    surplus_visits,
)

pytestmark = pytest.mark.unit

C, A_MINOR = Key.parse("C"), Key.parse("A minor")


def carried_diminished(key, previous):
    shares = carried(key, previous and Chord.parse(previous))
    chords = [Chord.from_index(i) for i in range(1, 157)]
    return {str(c) for c in chords if c.quality in ("dim", "dim7", "hdim7") and shares[c.index] > 0}


def test_every_quality_of_the_published_table_serves_its_emotion_fully_and_neutral_serves_none():
    for emotion, row in zip(EMOTIONS, serving(), strict=True):
        fully = {Chord.from_index(i).quality for i in np.flatnonzero(row == 1.0)}
        assert fully == ALLOWED_QUALITIES[emotion]


def test_only_diminished_chords_of_the_key_are_carried_at_the_start():
    assert carried_diminished(C, None) == {"B:dim", "B:hdim7"}
    assert carried_diminished(A_MINOR, None) == {"B:dim", "B:hdim7", "G#:dim", "G#:dim7"}


def test_a_diminished_chord_is_carried_by_steps_to_a_chord_of_the_key():
    found = carried_diminished(C, "D:7")
    assert {"F#:dim", "F#:dim7", "B:dim"} <= found
    assert "D#:dim7" not in carried_diminished(C, "G:maj") or "D#:dim7" in carried_diminished(C, "B:7")
    assert not {"D:dim", "F:dim", "G:dim"} & found


def test_no_diminished_chord_is_carried_by_another():
    assert carried_diminished(C, "B:dim") == set()


def test_a_lift_is_bounded_by_its_weight_and_halved_outside_the_key():
    sad = Affect((0, 0, 0, 1.0, 0, 0), 0.0, 0.0)
    weights = destination_weights(sad, C, None, emotion=3.0, valence=0.0)
    assert weights.min() == 0.0 and weights.max() == 3.0
    assert weights[Chord.parse("A:min").index] == 3.0
    assert weights[Chord.parse("F:min").index] == 1.5
    assert weights[Chord.parse("F").index] == 0.0


def test_an_emotion_weighs_by_its_probability():
    half = Affect((0, 0, 0, 0.5, 0, 0.5), 0.0, 0.0)
    weights = destination_weights(half, C, None, emotion=3.0, valence=0.0)
    assert weights[Chord.parse("A:min").index] == 1.5


@pytest.mark.parametrize(
    ("position", "step", "sign"),
    [(0.0, 0.5, 1), (0.5, 0.5, -1), (0.25, 0.25, -1), (0.0, 0.25, 1), (0.0, 0.0, 0), (1 / 3, 1 / 3, 0), (0.1, 0.5, 0)],
)
def test_changes_are_drawn_to_strong_beats_where_the_steps_place_in_the_bar_is_known(position, step, sign):
    assert np.sign(place_log_odds(position, step)) == sign


def test_the_weights_by_place_keep_the_mean_rate_of_change():
    for places, rate in ((2, 0.42), (4, 0.25)):
        odds = [rate / (1 - rate) * np.exp(place_log_odds(k / places, 1 / places)) for k in range(places)]
        assert np.mean([o / (1 + o) for o in odds]) == pytest.approx(rate, abs=0.02)


def test_a_loop_of_two_chords_costs_and_a_loop_of_four_does_not():
    two, four = ([Chord.parse(name) for name in names] for names in (["C", "G"] * 4, ["C", "G", "A:min", "F"] * 2))
    assert surplus_visits(four).sum() == surplus_visits([]).sum() == 0
    assert surplus_visits(two)[Chord.parse("G").index] == 2


def test_a_loop_of_four_costs_nothing_for_eight_rounds_and_then_more_with_each():
    loop = [Chord.parse(name) for name in ("C", "G", "A:min", "F")]
    costs = []
    for rounds in (8, 9, 12, 40):
        cost = surplus_rounds(loop * rounds)
        assert cost.argmax() == loop[0].index or not cost.any()
        costs.append(cost.max())
    assert costs == [0, 0, 3, 8]


def test_what_never_followed_these_two_chords_costs_nothing():
    loop = [Chord.parse(name) for name in ("C", "G", "A:min", "F")]
    assert not surplus_rounds([*loop * 20, Chord.parse("D:min")]).any()
    assert not surplus_rounds([]).any() and not surplus_rounds(loop[:1]).any()


@pytest.mark.parametrize("seed", range(8))
def test_no_mood_weighs_more_on_a_chord_than_its_weights_say(seed):
    rng = np.random.default_rng(seed)
    for _ in range(50):
        mood = Affect(tuple(rng.dirichlet(np.full(6, 0.3))), *rng.uniform(-1, 1, 2))
        found = destination_weights(mood, C, Chord.parse("G"), emotion=8.0, valence=1.0)
        assert np.abs(found).max() <= 9.0
