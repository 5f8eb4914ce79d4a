import numpy as np
import pytest
from pydantic import ValidationError

from stream_v2m.core.controls import Controls
from stream_v2m.core.values import ControlEvent, Cue, Event, ProgramEvent
from stream_v2m.music.part import Part
from stream_v2m.music.style import Style
from stream_v2m.music.swing import swung
from tests.support.arrangement import BASS, CRASH, DRUMS, KEYS, LEAD, PAD, STAB, style
from tests.support.music import events, notes, plans, sequencer

pytestmark = pytest.mark.unit


def played(part, song="C F G A:min", *, density=20, **settings):
    return notes(
        events(sequencer(plans(song, density=density), style=style(part, **settings)), len(song.split()) * 1.0)
    )


@pytest.mark.parametrize("part", [BASS, PAD, KEYS, LEAD])
@pytest.mark.parametrize(
    ("settings", "shift"), [({"transpose": -7}, -7), ({"octave": 1}, 12), ({"octave": -1, "transpose": 2}, -10)]
)
def test_a_part_sounds_transposed_by_its_semitones_and_octaves(part, settings, shift):
    assert [note.pitch - shift for note in played(part | settings)] == [note.pitch for note in played(part)]


def test_an_accent_is_transposed_with_its_part():
    def struck(part):
        playing = sequencer(plans("C C"), style=style(part))
        playing.events(0.4, Controls())
        return [note.pitch for note in playing.accents([Cue(0.41, 0.5, Event.HIT)], at=0.42, controls=Controls())]

    assert struck(STAB | {"octave": -1}) == [pitch - 12 for pitch in struck(STAB)]


def test_a_velocity_curve_bends_between_nothing_and_full_and_bounds_hold():
    plain = [note.velocity for note in played(KEYS)]
    softer = [note.velocity for note in played(KEYS | {"velocity_curve": 2.0})]
    assert softer == pytest.approx([127 * (velocity / 127) ** 2 for velocity in plain], abs=1.5)
    held = [note.velocity for note in played(KEYS | {"velocity_low": 75, "velocity_high": 78})]
    assert (min(held), max(held)) == (75, 78)


def test_swing_moves_the_off_beat_and_stretches_what_is_between():
    assert [swung(beat, 2 / 3, 0.5) for beat in (0.0, 0.25, 0.5, 0.75, 1.0)] == pytest.approx(
        [0, 1 / 3, 2 / 3, 5 / 6, 1]
    )
    assert [swung(beat, 0.6, 0.25) for beat in (4.25, 4.5)] == pytest.approx([4.3, 4.5])
    beats = np.linspace(-2, 6, 400)
    for swing, unit in ((0.5, 0.5), (0.58, 0.25), (0.75, 0.5)):
        where = np.array([swung(beat, swing, unit) for beat in beats])
        assert (np.diff(where) > 0).all()
        assert (where >= beats - 1e-9).all()


def test_onsets_and_ends_swing_and_a_part_may_differ_from_its_style():
    swinging = played(KEYS | {"figures": ["1 2 | 3 4"]}, "C C", density=12, swing=0.6)
    assert [note.onset * 2 % 1 for note in swinging] == pytest.approx([0.0, 0.6] * 4)
    assert swinging[0].duration == pytest.approx(0.3, abs=0.01)
    straight = played(KEYS | {"figures": ["1 2 | 3 4"], "swing": 0.5}, "C C", density=12, swing=0.6)
    assert [note.onset * 2 % 1 for note in straight] == pytest.approx([0.0, 0.5] * 4)
    sixteenths = played(DRUMS | {"figures": ["h h h h"], "fill": [], "swing_unit": 0.25}, "C", density=20, swing=0.6)
    assert [note.onset * 2 for note in sixteenths][:4] == pytest.approx([0.0, 0.3, 0.5, 0.8])


def test_a_parts_own_looseness_goes_before_the_configs():
    tight = played(KEYS)
    loose = played(KEYS | {"humanise_ms": 20, "humanise_velocity": 10})
    late = [note.onset - plain.onset for plain, note in zip(tight, loose, strict=True)]
    assert 0 <= min(late) < 0.002 < 0.012 < max(late) <= 0.02
    assert len({note.velocity - plain.velocity for plain, note in zip(tight, loose, strict=True)}) > 8


def test_a_bank_is_sent_before_the_program():
    found = sequencer(style=style(KEYS | {"bank": [1, 33]})).setup(0.0)
    assert found[:3] == [
        ControlEvent(0.0, 0, 1, "keys"),
        ControlEvent(0.0, 32, 33, "keys"),
        ProgramEvent(0.0, 4, "keys"),
    ]


def test_parts_on_the_kit_share_a_channel_and_are_set_up_once():
    band = style(DRUMS, CRASH)
    assert [band.channel(name) for name in band.part_names] == [10, 10]
    assert [event.part for event in sequencer(style=band).setup(0.0) if isinstance(event, ProgramEvent)] == ["drums"]
    with pytest.raises(ValidationError, match="other than 'drums'"):
        style(DRUMS, KEYS | {"channel": 10})


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (DRUMS | {"figures": ["k | 1"]}, "'1' in 'k | 1' is no drum"),
        (KEYS | {"figures": ["k | 1"]}, "is no tone"),
        (DRUMS | {"transpose": 2}, "0 for drums"),
        (CRASH | {"octave": 1}, "0 for drums"),
        (KEYS | {"fill": ["1"]}, "the role drums"),
        (KEYS | {"kit": True, "figures": ["k"]}, "the role accent"),
        (LEAD | {"passing": 0.5}, "0 for all but the role arpeggio"),
        (LEAD | {"figures": ["1+3"]}, "one tone at a time"),
        (LEAD | {"figures": ["a"]}, "tones among 1"),
        (KEYS | {"swing_unit": 0.3}, "0.25 or 0.5 beats"),
        (KEYS | {"swing": 0.8}, "less than or equal to 0.75"),
        (KEYS | {"velocity_low": 90, "velocity_high": 80}, "at least velocity_low"),
        (KEYS | {"bank": [1, 128]}, "less than or equal to 127"),
        (KEYS | {"velocity_curve": 0}, "greater than 0"),
    ],
)
def test_what_makes_no_sense_for_a_part_is_refused(part, says):
    with pytest.raises(ValidationError, match=says.replace("|", r"\|")):
        Part.model_validate(part)


def test_a_style_may_suggest_a_tempo_within_reason():
    assert style(KEYS, bpm=96).bpm == 96
    assert style(KEYS).bpm is None
    with pytest.raises(ValidationError):
        Style.model_validate({"name": "fast", "bpm": 900, "parts": [KEYS]})
