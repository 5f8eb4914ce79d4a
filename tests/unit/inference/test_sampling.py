import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stream_v2m.core.chords import NO_CHORD, VOCABULARY, Chord, Key
from stream_v2m.core.commands import Controls
from stream_v2m.core.emotions import ALLOWED_QUALITIES, EMOTIONS
from stream_v2m.core.errors import ModelContractError
from stream_v2m.core.scales import SCALES, harmony_classes, in_scale
from stream_v2m.core.values import Affect
from stream_v2m.inference.keys import diatonic
from stream_v2m.inference.sampling import Sampler, SamplerConfig

pytestmark = pytest.mark.unit

C, C_MINOR, EB = Key.parse("C"), Key.parse("C minor"), Key.parse("Eb")
MOODS = {
    "exciting": (0.6, 0.8),
    "fearful": (-0.6, 0.6),
    "tense": (-0.4, 0.5),
    "sad": (-0.7, -0.5),
    "relaxing": (0.6, -0.6),
}


def mood(emotion: str, sure: float = 0.7) -> Affect:
    probabilities = tuple(sure if e == emotion else (1 - sure) / 5 for e in EMOTIONS)
    return Affect(probabilities, *MOODS.get(emotion, (0.0, 0.0)))


# What a model of pop songs might say in C: triads of the key, some sevenths, the rest unlikely.
POP = {
    "C": 2.0, "F": 1.6, "G": 1.7, "A:min": 1.5, "D:min": 0.8, "E:min": 0.6, "D:min7": -0.6, "A:min7": -0.6,
    "E:min7": -0.9, "G:7": -0.5, "C:maj7": -0.8, "F:maj7": -0.7, "Bb": -0.5, "E": -1.0, "G:sus4": -1.6, "N": 2.5,
}  # fmt: skip
POP_LABELS = [Chord.parse(name).index for name in POP]


def pop_logits(previous: int | None = None, stay: float = 2.5) -> np.ndarray:
    logits = np.full(159, -6.0, np.float32)
    logits[POP_LABELS] = list(POP.values())
    if previous is not None:
        logits[previous] = stay
    return logits


def after(chord: str, sampler: Sampler, controls: Controls, key: Key = C):
    state = sampler.start(controls, None)
    state.previous, state.repeats, state.key, state.home = Chord.parse(chord, key), 1, key, key
    return state


def play(sampler, state, controls, *, steps=64, affect=None, logits=pop_logits):
    return [
        sampler.choose(
            logits(sampler.previous_label(state)), state, affect=affect, controls=controls, bar_position=i % 2 / 2
        )
        for i in range(steps)
    ]


def unsteered(logits, previous: int):
    """The plain softmax over chords without 'no chord'."""
    weights = np.exp(logits[:VOCABULARY].astype(np.float64))
    weights[NO_CHORD] = 0
    return weights / weights.sum()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from(EMOTIONS),
    st.sampled_from([None, C, C_MINOR, EB, Key.parse("F# minor")]),
)
def test_end_padding_no_chord_and_what_the_key_forbids_never_sound(seed, temperature, strength, emotion, key):
    sampler = Sampler(SamplerConfig(top_p=1.0))
    controls = Controls(seed=seed, temperature=temperature, affect_strength=strength, key=key)
    rng = np.random.default_rng(seed)
    state = sampler.start(controls, mood(emotion))
    for step in range(8):
        logits = rng.normal(0, 2, 159).astype(np.float32)
        logits[[0, 157, 158]] = 20.0
        chord = sampler.choose(logits, state, affect=mood(emotion), controls=controls, bar_position=step % 2 / 2)
        assert chord.root is not None
        assert key is None or diatonic(key)[chord.index]
        assert chord.key == (key or state.home)


def test_without_strength_the_probabilities_are_the_models_own():
    sampler = Sampler(SamplerConfig(top_p=1.0, metre_weight=0))
    controls = Controls(affect_strength=0.0)
    logits = pop_logits(Chord.parse("G").index)
    state = after("G", sampler, controls)
    plain = sampler.probabilities(logits, state, affect=None, controls=controls, bar_position=0.5)
    np.testing.assert_allclose(plain, unsteered(logits, 0), rtol=1e-12, atol=1e-15)
    for emotion in EMOTIONS:
        steered = sampler.probabilities(logits, state, affect=mood(emotion), controls=controls, bar_position=0.5)
        np.testing.assert_array_equal(steered, plain)


def test_an_unsure_neutral_mood_constrains_nothing():
    sampler, controls = Sampler(SamplerConfig()), Controls(affect_strength=1.0)
    state, logits = after("G", sampler, controls), pop_logits(Chord.parse("G").index)
    neutral = Affect((0, 0, 0, 0, 0, 1.0), 0.0, 0.0)
    steered = sampler.probabilities(logits, state, affect=neutral, controls=controls, bar_position=0.0)
    plain = sampler.probabilities(logits, state, affect=None, controls=controls, bar_position=0.0)
    np.testing.assert_array_equal(steered, plain)


@pytest.mark.parametrize("emotion", ["exciting", "sad", "relaxing"])
def test_more_strength_brings_more_of_the_emotions_qualities_and_full_strength_mostly_these(emotion):
    shares = []
    for strength in (0.0, 0.5, 1.0):
        sampler = Sampler(SamplerConfig(key="C"))
        chords = []
        for seed in range(2):
            controls = Controls(seed=seed, affect_strength=strength)
            chords += play(sampler, sampler.start(controls, None), controls, affect=mood(emotion))
        shares.append(np.mean([chord.quality in ALLOWED_QUALITIES[emotion] for chord in chords]))
    assert shares[0] < shares[1] < shares[2]
    assert shares[2] > 0.75


@pytest.mark.parametrize("emotion", ["fearful", "tense"])
def test_fear_and_tension_are_served_by_minor_qualities_too(emotion):
    sampler, minor = Sampler(SamplerConfig(key="C")), []
    for strength in (0.0, 1.0):
        controls = Controls(seed=3, affect_strength=strength)
        chords = play(sampler, sampler.start(controls, None), controls, affect=mood(emotion), steps=200)
        minor.append(np.mean([chord.quality.startswith(("min", "dim", "hdim")) for chord in chords]))
    assert minor[1] > minor[0] + 0.3


def test_a_steered_quality_changes_where_the_harmony_goes_but_not_how_often():
    sampler = Sampler(SamplerConfig(arousal_weight=0, metre_weight=0))
    logits = pop_logits(Chord.parse("G").index)
    for strength in (0.0, 0.5, 1.0):
        controls = Controls(affect_strength=strength)
        state = after("G", sampler, controls)
        p = sampler.probabilities(logits, state, affect=mood("sad"), controls=controls, bar_position=0.0)
        assert p[Chord.parse("G").index] == pytest.approx(unsteered(logits, 0)[Chord.parse("G").index])


def test_arousal_quickens_the_harmony_and_calm_slows_it():
    sampler, controls = Sampler(SamplerConfig()), Controls(affect_strength=1.0)
    staying = []
    for arousal in (-1.0, 0.0, 1.0):
        state = after("G", sampler, controls)
        affect = Affect((0, 0, 0, 0, 0, 1.0), 0.0, arousal)
        logits = pop_logits(Chord.parse("G").index)
        p = sampler.probabilities(logits, state, affect=affect, controls=controls, bar_position=0.0)
        staying.append(p[Chord.parse("G").index])
    odds = np.array(staying) / (1 - np.array(staying))
    np.testing.assert_allclose(np.diff(np.log(odds)), -1.0)


def test_valence_leans_to_the_major_or_the_minor_side():
    sampler, controls = Sampler(SamplerConfig()), Controls(affect_strength=1.0)
    major = []
    for valence in (-1.0, 0.0, 1.0):
        state = after("G", sampler, controls)
        affect = Affect((0, 0, 0, 0, 0, 1.0), valence, 0.0)
        logits = pop_logits(Chord.parse("G").index)
        p = sampler.probabilities(logits, state, affect=affect, controls=controls, bar_position=0.0)
        major.append(p[Chord.parse("F").index] / p[Chord.parse("D:min").index])
    assert major[0] < major[1] < major[2]


def test_three_changes_in_four_fall_on_the_strong_beat_and_the_rate_of_change_stays():
    def changing(bar_position, metre_weight):
        sampler, controls = Sampler(SamplerConfig(metre_weight=metre_weight)), Controls(affect_strength=0.0)
        state, label = after("G", sampler, controls), Chord.parse("G").index
        state.bar_position = 0.5 - bar_position
        logits = pop_logits(label, stay=3.8)
        return (
            1 - sampler.probabilities(logits, state, affect=None, controls=controls, bar_position=bar_position)[label]
        )

    strong, weak = changing(0.0, 1.0), changing(0.5, 1.0)
    assert strong / (strong + weak) == pytest.approx(0.75, abs=0.03)
    assert (strong + weak) / 2 == pytest.approx(changing(0.0, 0.0), abs=0.02)
    assert changing(0.0, 0.0) == changing(0.5, 0.0)


def test_steps_of_a_whole_bar_bear_no_metrical_weight():
    sampler, controls = Sampler(SamplerConfig(top_p=1.0)), Controls(affect_strength=0.0)
    state = after("G", sampler, controls)
    state.bar_position = 0.0
    logits = pop_logits(Chord.parse("G").index)
    p = sampler.probabilities(logits, state, affect=None, controls=controls, bar_position=0.0)
    np.testing.assert_allclose(p, unsteered(logits, 0), rtol=1e-12, atol=1e-15)


def test_the_same_seed_and_input_give_the_same_music_and_another_seed_another():
    def run(seed):
        sampler, controls = Sampler(SamplerConfig()), Controls(seed=seed)
        return play(sampler, sampler.start(controls, mood("tense")), controls, affect=mood("tense"))

    assert run(7) == run(7)
    assert [str(x) for x in run(7)] != [str(x) for x in run(8)]


def test_a_copied_state_goes_on_alike_and_apart():
    sampler, controls = Sampler(SamplerConfig()), Controls()
    state = sampler.start(controls, None)
    play(sampler, state, controls, steps=5)
    twin = state.copy()
    assert play(sampler, state, controls) == play(sampler, twin, controls)


def test_a_new_seed_rerolls_from_there_whatever_was_drawn_before():
    sampler, futures = Sampler(SamplerConfig(key="C")), []
    for steps in (3, 9):
        controls = Controls(seed=1)
        state = sampler.start(controls, None)
        play(sampler, state, controls, steps=steps)
        state.previous, state.repeats, state.bar_position, state.visited = Chord.parse("C", C), 1, 0.5, ()
        futures.append(play(sampler, state, Controls(seed=2)))
    assert futures[0] == futures[1]


def test_temperature_0_takes_the_likeliest_chord():
    sampler, controls = Sampler(SamplerConfig()), Controls(temperature=0.0, affect_strength=0.0)
    logits = pop_logits()
    logits[Chord.parse("F#:min6").index] = 9.0
    for seed in range(5):
        state = after("G", sampler, Controls(seed=seed, temperature=0.0))
        assert str(sampler.choose(logits, state, affect=None, controls=controls, bar_position=0.0)) == "F#:min6"


def test_a_change_goes_only_to_the_likeliest_chords_that_hold_top_p():
    sampler, controls = Sampler(SamplerConfig(top_p=0.5)), Controls(affect_strength=1.0)
    state = after("G", sampler, controls)
    p = sampler.probabilities(pop_logits(), state, affect=mood("fearful"), controls=controls, bar_position=0.0)
    assert {str(Chord.from_index(int(i))) for i in np.flatnonzero(p)} == {"C:maj", "F:maj", "A:min", "G:maj"}


def test_fed_with_a_model_that_sways_between_two_chords_the_harmony_still_wanders():
    def sway(previous):
        logits = pop_logits(previous)
        logits[[Chord.parse("C").index, Chord.parse("G").index]] = 4.0
        return logits

    different = []
    for weight in (0.0, 1.0):
        sampler, controls = Sampler(SamplerConfig(key="C", variety_weight=weight)), Controls(affect_strength=0.0)
        chords = play(sampler, sampler.start(controls, None), controls, steps=200, logits=sway)
        different.append(np.mean([chord.root not in (0, 7) for chord in chords]))
    assert different[1] > 1.3 * different[0]


def test_a_hold_stays_on_the_chord_and_counts_no_repeats():
    sampler, controls = Sampler(SamplerConfig(max_repeats=3)), Controls(hold=True)
    state = after("G", sampler, controls)
    assert {str(chord) for chord in play(sampler, state, controls, steps=20)} == {"G:maj"}
    assert state.repeats == 1


def test_after_the_allowed_repeats_the_chord_changes():
    sampler = Sampler(SamplerConfig(max_repeats=3, key="C"))
    controls = Controls(affect_strength=0.0)
    chords = play(sampler, sampler.start(controls, None), controls, logits=lambda p: pop_logits(p, stay=30.0), steps=12)
    assert [a.index != b.index for a, b in zip(chords[1:], chords, strict=False)] == [False, False, True] * 3 + [
        False
    ] * 2


def test_no_chord_rests_only_where_it_is_allowed_and_the_picture_is_still():
    sampler, controls = Sampler(SamplerConfig(rest_below=-0.8)), Controls()
    for arousal, rests in ((-0.9, True), (-0.5, False)):
        affect = Affect((0, 0, 0, 0, 0, 1.0), 0.0, arousal)
        p = sampler.probabilities(
            pop_logits(), after("G", sampler, controls), affect=affect, controls=controls, bar_position=0.0
        )
        assert bool(p[NO_CHORD] > 0) is rests


def test_music_sounds_in_its_key_and_the_model_is_fed_its_own():
    controls = Controls(seed=5, affect_strength=0.0)
    in_c, in_eb = (Sampler(SamplerConfig(key=key)) for key in ("C", "Eb"))
    home, moved = in_c.start(controls, None), in_eb.start(controls, None)
    for step in range(30):
        assert in_eb.previous_label(moved) == in_c.previous_label(home)
        logits = pop_logits(in_c.previous_label(home))
        a, b = (
            sampler.choose(logits, state, affect=None, controls=controls, bar_position=step % 2 / 2)
            for sampler, state in ((in_c, home), (in_eb, moved))
        )
        assert b == a.transposed(3) and b.key == EB


def test_locking_a_key_live_moves_by_way_of_its_own_chords_and_the_history_follows():
    sampler, controls = Sampler(SamplerConfig(key="C")), Controls(affect_strength=0.0)
    state = sampler.start(controls, None)
    play(sampler, state, controls, steps=4)
    locked = Controls(affect_strength=0.0, key=EB)
    chord = sampler.choose(
        pop_logits(sampler.previous_label(state)), state, affect=None, controls=locked, bar_position=0.0
    )
    assert chord.key == state.key == EB and diatonic(EB)[chord.index]
    assert sampler.previous_label(state) == chord.transposed(-3).index
    play(sampler, state, controls, steps=1)
    assert state.key == C
    assert sampler.previous_label(state) == state.previous.index


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["D", "F# minor"])
def test_in_a_scale_every_chord_has_its_notes_from_the_first_to_the_cadence(scale, name):
    sampler, key = Sampler(SamplerConfig(key=name)), Key.parse(name)
    controls = Controls(affect_strength=1.0, scale=scale)
    state = sampler.start(controls, None)
    chords = [*play(sampler, state, controls, steps=24, affect=mood("sad")), *sampler.cadence(state)]
    notes = set(harmony_classes(key, scale))
    assert all(notes.issuperset(chord.pitch_classes) for chord in chords)
    assert chords[0].root == chords[-1].root == key.tonic
    assert state.key == in_scale(key, scale)


def test_a_primer_comes_first_and_makes_the_key():
    sampler, controls = Sampler(SamplerConfig(primer="F#:min7")), Controls()
    state = sampler.start(controls, mood("exciting"))
    assert sampler.previous_label(state) is None
    first = play(sampler, state, controls, steps=1)[0]
    assert str(first) == "F#:min7" and str(first.key) == "F# minor"
    assert sampler.previous_label(state) == Chord.parse("A:min7").index


@pytest.mark.parametrize("seed", range(6))
def test_without_a_primer_the_first_chord_is_the_tonic(seed):
    sampler, controls = Sampler(SamplerConfig()), Controls(seed=seed)
    state = sampler.start(controls, mood("sad"))
    first = play(sampler, state, controls, steps=1, affect=mood("sad"))[0]
    assert first.root == state.home.tonic and first.quality in ("min", "min7")


@pytest.mark.parametrize("bad", [np.zeros(157, np.float32), np.full(159, np.nan, np.float32)])
def test_logits_of_another_shape_or_not_finite_break_the_contract(bad):
    sampler, controls = Sampler(SamplerConfig()), Controls()
    with pytest.raises(ModelContractError):
        sampler.choose(bad, sampler.start(controls, None), affect=None, controls=controls, bar_position=0.0)


@pytest.mark.parametrize("setting", [{"key": "H major"}, {"primer": "C:maj13"}, {"primer": "N"}, {"top_p": 0}])
def test_a_setting_that_means_nothing_is_refused(setting):
    with pytest.raises(ValidationError):
        SamplerConfig(**setting)
