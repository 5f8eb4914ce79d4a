"""Where the own key of a long performance goes, when, and by which chords."""

from __future__ import annotations

import numpy as np
import pytest

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.commands import Controls
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.values import Affect
from stream_v2m.inference import modulation
from stream_v2m.inference.keys import diatonic
from stream_v2m.inference.modulation import LEAST_S, PHRASE_BARS, Journey, neighbour, travel
from stream_v2m.inference.sampling import Sampler, SamplerConfig

pytestmark = pytest.mark.unit

NEUTRAL = tuple(float(name == "neutral") for name in EMOTIONS)


def mood(valence, arousal=0.0):
    return Affect(NEUTRAL, valence, arousal)


def journey(home="C", *, minutes=10.0, after_s=150.0, step=0.5, seconds=1.0, affect=None, seed=0):
    """Bars at which the key changes, and to which, over so many minutes."""
    state, key, found = Journey(), Key.parse(home), []
    for number in range(int(60 * minutes / seconds)):
        bars = number * step
        new = travel(state, key, bars=bars, seconds=seconds, affect=affect, after_s=after_s, seed=seed)
        if new != key:
            found.append((bars, new))
        key, state.left = new, max(0, state.left - 1)
    return found


@pytest.mark.parametrize(("step", "seconds"), [(0.5, 1.0), (0.25, 0.5), (1.0, 2.0), (2.0, 4.0)])
def test_the_new_tonic_begins_a_phrase_whatever_the_steps_length(step, seconds):
    found = journey(step=step, seconds=seconds)
    assert len(found) >= 2
    assert all((bars + 2 * step) % PHRASE_BARS == 0 for bars, _ in found)


def test_changes_are_never_closer_than_asked_for_nor_than_two_minutes():
    for after_s in (30.0, 150.0, 400.0):
        bars = [0.0, *(bars for bars, _ in journey(minutes=30, after_s=after_s))]
        assert min(np.diff(bars)) * 2 >= max(LEAST_S, after_s) - 5
        assert max(np.diff(bars)) * 2 < max(LEAST_S, after_s) + 3 * PHRASE_BARS


def test_a_mood_that_long_contradicts_the_mode_brings_the_relative_key_sooner():
    ((bars, key), *_) = journey("C", after_s=3600, affect=mood(-0.6))
    assert str(key) == "A minor" and LEAST_S - 3 <= bars * 2 < LEAST_S + 2 * PHRASE_BARS
    assert str(journey("F# minor", after_s=3600, affect=mood(0.6))[0][1]) == "A major"
    assert journey("C", after_s=3600, affect=mood(0.6)) == journey("C", after_s=3600, affect=mood(-0.1)) == []


def test_excitement_goes_up_a_fifth_calm_down_and_many_accidentals_are_turned_away_from():
    assert [str(neighbour(Key.parse(name), 0.0, arousal)) for name, arousal in (("C", 0.5), ("C", -0.5))] == [
        "G major",
        "F major",
    ]
    assert str(neighbour(Key.parse("C minor"), 0.0, 0.5)) == "G minor"
    assert str(neighbour(Key.parse("E"), 0.0, 0.9)) == "A major"
    assert str(neighbour(Key.parse("Ab"), 0.0, -0.9)) == "Eb major"
    assert str(neighbour(Key.parse("F# major"), 0.0, 0.9)) == "B major"


def test_the_seed_decides_and_the_same_seed_alike():
    runs = [tuple(str(key) for _, key in journey(minutes=30, seed=seed)) for seed in range(6)]
    assert runs[2] == tuple(str(key) for _, key in journey(minutes=30, seed=2))
    assert len(set(runs)) > 2


def played(config, controls, *, steps=700, affect=None):
    """Chords of a model that likes its own key and is no more than that."""
    sampler = Sampler(config)
    state, found, fed = sampler.start(controls, None), [], []
    logits = np.where(np.append(diatonic(Key.parse("C")), [False, False]), 1.0, -3.0).astype(np.float32)
    for step in range(steps):
        sampler.travel(state, bars=step / 2, seconds=1.0, affect=affect, controls=controls)
        fed.append((sampler.previous_label(state), state.key))
        found.append(sampler.choose(logits, state, affect=affect, controls=controls, bar_position=step % 2 / 2))
    return found, fed


@pytest.mark.parametrize("home", ["C", "Eb", "F# minor"])
def test_a_key_changes_through_a_chord_of_both_the_new_fifth_and_the_new_tonic_on_the_phrase(home):
    chords, fed = played(SamplerConfig(key=home, key_change_min=2), Controls(affect_strength=0.0))
    changes = [i for i in range(1, len(chords)) if chords[i].key != chords[i - 1].key]
    assert len(changes) >= 4
    for pivot in changes:
        old, new = chords[pivot - 1].key, chords[pivot].key
        first, second, third = chords[pivot : pivot + 3]
        assert diatonic(old)[first.index] and diatonic(new)[first.index]
        assert second.root == (new.tonic + 7) % 12 and second.quality in ("maj", "7")
        assert third.root == new.tonic and (pivot + 2) % (2 * PHRASE_BARS) == 0
        # the pivot is heard in the old key and remembered in the new one
        assert fed[pivot] == (chords[pivot - 1].transposed(-old.shift).index, old)
        assert fed[pivot + 1] == (first.transposed(-new.shift).index, new)


def test_without_the_setting_in_a_locked_key_and_in_a_locked_scale_the_key_stays():
    for config, controls in (
        (SamplerConfig(key="C"), Controls()),
        (SamplerConfig(key="C", key_change_min=2), Controls(key=Key.parse("D"))),
        (SamplerConfig(key="C", key_change_min=2), Controls(scale="dorian")),
    ):
        chords, _ = played(config, controls, steps=400)
        assert len({chord.key for chord in chords}) == 1


def test_a_key_that_is_locked_amid_a_change_is_kept_to_at_once():
    sampler, free = Sampler(SamplerConfig(key="C", key_change_min=2)), Controls(affect_strength=0.0)
    locked = Controls(affect_strength=0.0, key=Key.parse("Ab"))
    state, logits, step = sampler.start(free, None), np.zeros(159, np.float32), 0
    while state.journey.left != modulation.PASSAGE - 1:
        sampler.travel(state, bars=step / 2, seconds=1.0, affect=None, controls=free)
        sampler.choose(logits, state, affect=None, controls=free, bar_position=step % 2 / 2)
        step += 1
    chord = sampler.choose(logits, state, affect=None, controls=locked, bar_position=0.5)
    assert diatonic(Key.parse("Ab"))[chord.index] and state.journey.left == 0


def test_a_copied_state_travels_alone():
    sampler, controls = Sampler(SamplerConfig(key="C", key_change_min=2)), Controls()
    state = sampler.start(controls, None)
    state.previous = Chord.parse("C", Key.parse("C"))
    twin = state.copy()
    sampler.travel(state, bars=0.0, seconds=9.0, affect=None, controls=controls)
    assert (state.journey.since, twin.journey.since) == (9.0, 0.0)


def test_a_setting_of_less_than_two_minutes_is_refused():
    with pytest.raises(ValueError, match="greater than or equal to 2"):
        SamplerConfig(key_change_min=1)
