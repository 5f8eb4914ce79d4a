"""The recorder: what is sent comes back from the file, on the grid, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_v2m.core.errors import PortError
from stream_v2m.core.tempo import InternalTempo, Segment
from stream_v2m.core.values import ALL_PORTS, Cue, Event, Frame, MidiEvent, Track
from stream_v2m.midi.recorder import Recorder
from stream_v2m.stages.replay import unseen

pytestmark = pytest.mark.unit

PAD = Track("pad", 1)
DRUMS = Track("drums", 10)
BEAT = 480  # ticks, half a second at 120 bpm


def note(due: float, release: float | None, pitch: int = 60, velocity: int = 80, channel: int = 1) -> MidiEvent:
    return MidiEvent(due, 0, bytes((0x90 + channel - 1, pitch, velocity)), release)


def record(path: Path, *events: MidiEvent, tracks: tuple[Track, ...] = (PAD, DRUMS), bpm: float = 120.0) -> Recorder:
    recorder = Recorder(path)
    recorder.began(0.0)
    recorder.arranged(tracks)
    recorder.retimed(tempo(0.0, bpm))
    recorder.sent(events)
    return recorder


def tempo(moment: float, bpm: float) -> Segment:
    return Segment(moment, 0.0, bpm)


def cut(moment: float) -> tuple[Frame, list[Cue]]:
    return unseen(moment), [Cue(moment, 0.5), Cue(moment + 0.1, 0.5, Event.CUT, moment)]


def absolute(track: mido.MidiTrack) -> list[tuple[int, mido.Message]]:
    now, lines = 0, []
    for message in track:
        now += message.time
        lines.append((now, message))
    return lines


def notes(path: Path, track: int = 1) -> list[tuple[int, int, int, int]]:
    """Onset tick, end tick, pitch, velocity, in the order of their ends."""
    sounding: dict[int, tuple[int, int]] = {}
    found = []
    for tick, message in absolute(mido.MidiFile(path).tracks[track]):
        if message.type == "note_on":
            assert message.note not in sounding, "a pitch was struck while it sounded"
            sounding[message.note] = tick, message.velocity
        elif message.type == "note_off":
            onset, velocity = sounding.pop(message.note)
            found.append((onset, tick, message.note, velocity))
    assert not sounding
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "performance.mid"


def test_a_note_comes_back_with_its_times_pitch_and_velocity(path):
    record(path, note(0.5, 1.25, pitch=64, velocity=99)).ended(0.0)
    assert notes(path) == [(BEAT, 2 * BEAT + BEAT // 2, 64, 99)]


def test_each_part_has_a_track_with_its_name_and_the_program_that_was_sent(path):
    record(path, note(0.0, 1.0), MidiEvent(0.0, 0, bytes((0xC9, 3)))).ended(0.0)
    midi = mido.MidiFile(path)
    assert midi.type == 1
    assert [track.name for track in midi.tracks] == ["stream_v2m", "pad", "drums"]
    programs = [(m.channel, m.program) for track in midi.tracks for m in track if m.type == "program_change"]
    assert programs == [(9, 3)]


def test_a_channel_that_no_part_named_gets_a_track_of_its_own(path):
    record(path, note(0.0, 1.0, channel=4)).ended(0.0)
    midi = mido.MidiFile(path)
    assert [track.name for track in midi.tracks] == ["stream_v2m", "pad", "drums", "channel 4"]
    assert notes(path, track=3) == [(0, 2 * BEAT, 60, 80)]


def test_the_parts_of_a_later_style_have_their_tracks_too(path):
    recorder = record(path, note(0.0, 1.0))
    recorder.arranged([Track("strings", 1), Track("horn", 4)])
    recorder.ended(0.0)
    assert [track.name for track in mido.MidiFile(path).tracks][1:] == ["pad & strings", "drums", "horn"]


def test_parts_that_share_a_channel_share_a_track(path):
    record(path, note(0.0, 1.0), tracks=(PAD, Track("choir", 1))).ended(0.0)
    assert [track.name for track in mido.MidiFile(path).tracks] == ["stream_v2m", "pad & choir"]


def test_striking_a_sounding_pitch_again_shortens_the_earlier_note(path):
    record(path, note(0.0, 2.0, velocity=50), note(1.0, 3.0, velocity=70)).ended(0.0)
    assert notes(path) == [(0, 2 * BEAT, 60, 50), (2 * BEAT, 6 * BEAT, 60, 70)]


def test_the_order_of_sending_does_not_matter(path):
    record(path, note(1.0, 3.0, velocity=70), note(0.0, 2.0, velocity=50)).ended(0.0)
    assert notes(path) == [(0, 2 * BEAT, 60, 50), (2 * BEAT, 6 * BEAT, 60, 70)]


def test_of_two_strokes_within_a_tick_the_second_is_kept(path):
    record(path, note(0.0, 2.0, velocity=50), note(0.0002, 1.0, velocity=70)).ended(0.0)
    assert notes(path) == [(0, 2 * BEAT, 60, 70)]


def test_a_note_off_ends_a_note_before_its_latest_time(path):
    record(path, note(0.0, 2.0), MidiEvent(0.5, 0, bytes((0x80, 60, 0))), note(1.0, None)).ended(0.0)
    assert notes(path) == [(0, BEAT, 60, 80), (2 * BEAT, 2 * BEAT + 1, 60, 80)]


def test_a_note_on_of_velocity_0_is_a_note_off(path):
    record(path, note(0.0, 2.0), note(0.5, None, velocity=0)).ended(0.0)
    assert notes(path) == [(0, BEAT, 60, 80)]


def test_no_note_is_shorter_than_a_tick(path):
    record(path, note(1.0, 1.0), note(2.0, 2.00001, pitch=61)).ended(0.0)
    assert notes(path) == [(2 * BEAT, 2 * BEAT + 1, 60, 80), (4 * BEAT, 4 * BEAT + 1, 61, 80)]


def test_release_all_ends_what_sounds_and_drops_what_is_later(path):
    recorder = record(path, note(0.0, 4.0), note(1.0, 2.0, pitch=61), MidiEvent(1.5, 0, bytes((0xB0, 1, 9))))
    recorder.released(0.75)
    recorder.ended(0.0)
    assert notes(path) == [(0, BEAT + BEAT // 2, 60, 80)]
    assert not [m for m in mido.MidiFile(path).tracks[1] if m.type == "control_change"]


def test_after_release_all_the_performance_goes_on(path):
    recorder = record(path, note(0.0, 4.0))
    recorder.released(0.5)
    recorder.sent([note(1.0, 1.5)])
    recorder.ended(0.0)
    assert notes(path) == [(0, BEAT, 60, 80), (2 * BEAT, 3 * BEAT, 60, 80)]


def test_controllers_and_programs_come_before_a_note_of_the_same_moment(path):
    record(
        path,
        note(1.0, 2.0),
        MidiEvent(1.0, 0, bytes((0xC0, 5))),
        MidiEvent(1.0, ALL_PORTS, bytes((0xB0, 11, 100))),
        note(0.0, 1.0, pitch=72),
    ).ended(0.0)
    at_one_second = [m.type for tick, m in absolute(mido.MidiFile(path).tracks[1]) if tick == 2 * BEAT]
    assert at_one_second == ["note_off", "program_change", "control_change", "note_on"]


def test_the_clock_is_not_written(path):
    record(path, MidiEvent(0.0, ALL_PORTS, b"\xfa"), MidiEvent(0.02, ALL_PORTS, b"\xf8"), note(0.0, 1.0)).ended(0.0)
    assert {m.type for track in mido.MidiFile(path).tracks for m in track} == {
        *("track_name", "time_signature", "set_tempo"),
        *("note_on", "note_off", "end_of_track"),
    }


def test_beats_stay_on_the_grid_through_changes_of_tempo(path):
    kept, recorder = InternalTempo(120.0), Recorder(path)
    kept.start(2.0)
    recorder.began(2.0)
    recorder.arranged([PAD])
    recorder.retimed(kept.segment)
    for bpm, at in ((90.0, 4.3), (173.0, 9.9), (60.0, 20.05)):
        kept.change(bpm, at)
        recorder.retimed(kept.segment)
        beat = -(-kept.beat_at(at) // 1)
        recorder.sent([note(kept.time_at(beat), kept.time_at(beat + 0.5), pitch=int(beat))])
    recorder.ended(0.0)
    found = notes(path)
    assert [(onset, end - onset) for onset, end, _, _ in found] == [(pitch * BEAT, 240) for _, _, pitch, _ in found]
    assert len(found) == 3


def test_played_back_the_file_keeps_the_session_s_time(path):
    recorder = record(path, *(note(0.31 * n, 0.31 * n + 0.2, pitch=n) for n in range(100)))
    for bpm, at in ((97.0, 3.0), (141.0, 11.7), (66.6, 19.0)):
        recorder.retimed(tempo(at, bpm))
    recorder.ended(0.0)
    now, onsets = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on":
            onsets.append(now)
    assert onsets == pytest.approx([0.31 * n for n in range(100)], abs=0.0015)


def test_the_first_track_bears_metre_tempo_cuts_as_markers_and_chords_as_text(path):
    recorder = Recorder(path, beats_per_bar=3)
    recorder.began(0.0)
    recorder.retimed(tempo(0.0, 100.0))
    recorder.marked("F♯:min7", 0.6)
    recorder.saw(*cut(1.2), None, at=1.35)
    recorder.retimed(tempo(1.2, 50.0))
    recorder.retimed(tempo(1.2, 60.0))
    recorder.ended(0.0)
    midi = mido.MidiFile(path, charset="utf-8")
    lines = [(t, m) for t, m in absolute(midi.tracks[0]) if m.type in ("time_signature", "set_tempo", "marker", "text")]
    assert (lines[0][1].numerator, lines[0][1].denominator) == (3, 4)
    assert [(t, m.tempo) for t, m in lines if m.type == "set_tempo"] == [(0, 600_000), (960, 1_000_000)]
    assert [(t, m.type, m.text) for t, m in lines if hasattr(m, "text")] == [
        (480, "text", "F♯:min7"),
        (960, "marker", "cut"),
    ]


def test_what_lies_before_the_origin_is_moved_there(path):
    recorder = Recorder(path)
    recorder.began(10.0)
    recorder.sent([note(9.5, 11.0), MidiEvent(3.0, 0, bytes((0xB0, 7, 100)))])
    recorder.marked("start", 0.0)
    for segment in (tempo(0.0, 120.0), tempo(1.0, 100.0), tempo(2.0, 60.0)):
        recorder.retimed(segment)
    recorder.ended(0.0)
    assert notes(path) == [(0, BEAT, 60, 80)]
    assert [m.tempo for m in mido.MidiFile(path).tracks[0] if m.type == "set_tempo"] == [1_000_000]


@given(
    strokes=st.lists(st.tuples(st.floats(0, 20), st.floats(0, 3), st.integers(60, 62)), max_size=30),
    changes=st.lists(st.tuples(st.floats(20, 300), st.floats(0, 20)), max_size=4),
)
def test_whatever_is_sent_every_note_ends_and_none_overlaps_itself(tmp_path_factory, strokes, changes):
    path = tmp_path_factory.getbasetemp() / "any.mid"
    recorder = record(path, *(note(due, due + length, pitch) for due, length, pitch in strokes))
    for bpm, at in changes:
        recorder.retimed(tempo(at, bpm))
    recorder.marked("end", 20.0)
    recorder.ended(0.0)
    found = notes(path)
    assert all(end > onset for onset, end, _, _ in found)
    assert len({pitch for _, _, pitch, _ in found}) == len({pitch for _, _, pitch in strokes})


def test_the_same_performance_gives_the_same_bytes(tmp_path):
    written = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "same.mid"
        recorder = record(path, *(note(0.1 * n, 0.1 * n + 0.3, pitch=50 + n % 7) for n in range(200)))
        recorder.marked("cut", 3.0)
        recorder.ended(0.0)
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_a_silent_performance_is_a_file_with_its_tracks(path):
    recorder = record(path)
    assert not path.exists()
    recorder.ended(0.0)
    assert [track.name for track in mido.MidiFile(path).tracks] == ["stream_v2m", "pad", "drums"]


def test_a_performance_that_never_began_leaves_an_older_file_alone(path):
    path.write_bytes(b"older")
    Recorder(path).ended(0.0)
    assert path.read_bytes() == b"older"


def test_an_older_file_is_replaced_only_at_the_end(path):
    path.write_bytes(b"older")
    recorder = record(path, note(0.0, 1.0))
    assert path.read_bytes() == b"older"
    recorder.ended(0.0)
    assert notes(path) == [(0, 2 * BEAT, 60, 80)]


def test_a_write_that_fails_leaves_the_older_file_and_may_be_tried_again(path, monkeypatch):
    path.write_bytes(b"older")
    recorder = record(path, note(0.0, 1.0))

    def full(midi: mido.MidiFile, filename: Path) -> None:
        filename.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(mido.MidiFile, "save", full)
        with pytest.raises(PortError, match="No space left on device"):
            recorder.ended(0.0)
    assert path.read_bytes() == b"older"
    assert list(path.parent.iterdir()) == [path]
    recorder.ended(0.0)
    assert len(notes(path)) == 1


@pytest.mark.parametrize(
    ("where", "said"), [("missing/x.mid", "no such folder"), ("folder", "a folder"), ("file/x.mid", "no such folder")]
)
def test_a_path_that_cannot_be_written_is_refused_before_the_performance(tmp_path, where, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(PortError, match=said):
        Recorder(tmp_path / where)


def test_a_folder_that_is_closed_to_us_is_refused_before_the_performance(path, monkeypatch):
    def denied(part: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", denied)
    with pytest.raises(PortError, match="Permission denied"):
        Recorder(path)


def test_looking_whether_it_can_be_written_leaves_no_trace(path):
    Recorder(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(("pickup", "bars"), [(0, [(0, 4)]), (2, [(0, 2), (960, 4)]), (5, [(0, 1), (480, 4)])])
def test_beats_before_the_first_bar_are_a_bar_of_their_own(path, pickup, bars):
    recorder = Recorder(path, pickup_beats=pickup)
    recorder.began(0.0)
    recorder.ended(0.0)
    now, found = 0, []
    for message in mido.MidiFile(path).tracks[0]:
        now += message.time
        if message.type == "time_signature":
            found.append((now, message.numerator))
    assert found == bars
