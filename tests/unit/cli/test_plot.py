"""The picture of a performance: what is in the trace is in it, at its time."""

from __future__ import annotations

import struct
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stream_v2m.cli import panels
from stream_v2m.cli.palette import EMOTION_COLORS, chord_color, chord_name
from stream_v2m.cli.plot import draw
from stream_v2m.core.chords import VOCABULARY, Chord, Key
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import PortError
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Affect, Cue, Dynamics, Event, NoteEvent, StepPlan

pytestmark = pytest.mark.unit

PARTS = ("bass", "pad")


def plan(onset: float, chord: str, *, duration: float = 2.0, loudness: float = 0.1, density: float = 8.0):
    step = StepPlan(int(onset), onset * 2, duration * 2, Chord.parse(chord), Dynamics(loudness, density), None)
    return onset, duration, step


def trace(duration: float = 8.0, title: str = "A film") -> Trace:
    made = Trace(title=title, duration=duration)
    seconds = range(int(duration))
    made.thumbnails = [(float(t), np.full((90, 160, 3), 30 * t % 256, np.uint8)) for t in seconds]
    made.motion = [(t / 10, abs((t % 20) - 10) / 10) for t in range(int(duration * 10))]
    made.affects = [(float(t), Affect((0.5, 0.1, 0.1, 0.1, 0.1, 0.1), t / 10, -t / 10)) for t in seconds]
    made.events = [
        *(Cue(3.0, 0.9, Event.HIT), Cue(3.08, 0.5, Event.CUT, 3.0)),
        *(Cue(5.0, 0.9, Event.HIT), Cue(5.08, 0.5, Event.FLASH, 5.0)),
    ]
    made.plans = [plan(float(t), chord) for t, chord in zip(seconds[::2], ("C", "C", "A:min", "N"), strict=False)]
    made.notes = [NoteEvent(t / 2, 0.4, 48 + t % 12, 20 + 10 * (t % 10), PARTS[t % 2]) for t in range(12)]
    return made


def axes_of(duration: float) -> Axes:
    """Axes as large as a panel of the picture."""
    axes = Figure(figsize=(9.4, 0.6), dpi=150).add_axes((0, 0, 1, 1))
    axes.set_xlim(0, duration)
    return axes


def texts(axes: Axes) -> dict[str, float]:
    return {text.get_text(): text.get_position()[0] for text in axes.texts}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """With a part in it, the pad, that was not named beforehand, as after a change of style."""
    path = tmp_path_factory.mktemp("plot") / "picture.png"
    draw(trace(), path, parts=PARTS[:1])
    return path


def test_the_picture_is_a_png_of_1800_pixels_that_is_not_blank(drawn):
    head = drawn.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:24])
    assert width == 1800
    assert 1300 < height < 1600
    assert drawn.stat().st_size > 50_000


def test_the_same_trace_gives_the_same_bytes(drawn, tmp_path):
    draw(trace(), tmp_path / "again.png", parts=PARTS[:1])
    assert (tmp_path / "again.png").read_bytes() == drawn.read_bytes()


def test_nothing_at_all_can_be_drawn_and_the_style_stays_within(tmp_path):
    before = dict(mpl.rcParams)
    draw(Trace(title="$x_1 夜 \udcff"), tmp_path / "empty.png", parts=())
    assert (tmp_path / "empty.png").exists()
    assert dict(mpl.rcParams) == before


def test_a_path_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(PortError, match="no such folder"):
        draw(trace(), tmp_path / "missing" / "picture.png", parts=PARTS)


def test_a_chord_that_stays_is_one_block_with_its_name_in_the_middle():
    axes = axes_of(8.0)
    panels.chords(axes, trace())
    assert texts(axes) == {"C": 2.0, "Am": 5.0, "": 7.0}
    paths = axes.collections[0].get_paths()
    assert [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in paths] == [(0, 4), (4, 6), (6, 8)]


def test_a_step_ends_where_an_earlier_next_one_begins_and_with_the_performance():
    made = Trace(title="", duration=5.0, plans=[plan(0.0, "C"), plan(1.5, "G"), plan(3.5, "F"), plan(5.5, "D")])
    axes = axes_of(5.0)
    panels.chords(axes, made)
    assert texts(axes) == {"C": 0.75, "G": 2.5, "F": 4.25}


def test_in_a_long_film_a_few_names_among_many_colours_are_left_out():
    made = Trace(title="", duration=600.0)
    made.plans = [plan(float(t), "C" if t % 2 else "G", duration=1.0) for t in range(560)] + [
        plan(560.0, "F", duration=40)
    ]
    axes = axes_of(600.0)
    panels.chords(axes, made)
    assert texts(axes) == {}


def test_cuts_flashes_and_hits_stand_where_they_began():
    axes = axes_of(8.0)
    panels.motion(axes, trace())
    _, cuts, flashes, hits = axes.collections
    assert [segment[0][0] for segment in cuts.get_segments()] == [3.0]
    assert [segment[0][0] for segment in flashes.get_segments()] == [5.0]
    assert [segment[0][0] for segment in hits.get_segments()] == [3.0, 5.0]


def test_the_film_shows_the_picture_of_the_middle_of_each_tile():
    made = trace(90.0)
    made.thumbnails = [(float(t), np.full((90, 160, 3), t, np.uint8)) for t in range(90)]
    axes = axes_of(90.0)
    panels.film(axes, made)
    assert len(axes.images) >= 8
    for image in axes.images:
        left, right, _, _ = image.get_extent()
        assert image.get_array()[0, 0, 0] == pytest.approx((left + right) / 2, abs=1.0)


def test_density_counts_the_notes_that_sound_in_each_second():
    made = Trace(title="", duration=4.0)
    made.notes = [
        NoteEvent(0.5, 2.0, 60, 80, "pad"),
        NoteEvent(2.9, 0.05, 60, 80, "pad"),
        NoteEvent(1.0, 1.0, 64, 80, "pad"),
    ]
    axes = axes_of(4.0)
    panels.density(axes, made)
    area = axes.collections[0].get_paths()[0]
    sounding = [sum(area.contains_point((second + 0.5, count - 0.5)) for count in (1, 2, 3)) for second in range(4)]
    assert sounding == [1, 2, 2, 0]


def test_more_points_than_pixels_are_averaged_and_fewer_are_left_alone():
    times, values = panels._reduced(list(range(5000)), [[t % 2, 1.0] for t in range(5000)])
    assert len(times) <= panels.MOST_POINTS
    assert values[:-1].mean(axis=0) == pytest.approx([0.5, 1.0], abs=0.01)
    times, values = panels._reduced([1.0, 2.0], [[3.0], [4.0]])
    assert times.tolist() == [1.0, 2.0]
    assert values.tolist() == [[3.0], [4.0]]


def test_a_part_has_its_colour_by_its_place_and_its_name_beside():
    axes = axes_of(8.0)
    panels.notes(axes, trace(), PARTS)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["bass", "pad"]
    faces = axes.collections[0].get_facecolors()
    assert len({tuple(face[:3]) for face in faces[::2]}) == len({tuple(face[:3]) for face in faces[1::2]}) == 1
    assert faces[2][3] > faces[0][3]  # velocity 40 and 20


@pytest.mark.parametrize(
    ("label", "name"),
    [("C", "C"), ("F#:min7", "F♯m7"), ("B:hdim7", "Bø7"), ("G:sus4", "Gsus4"), ("E:dim7", "E°7"), ("N", "")],
)
def test_chords_are_named_as_on_a_lead_sheet(label, name):
    assert chord_name(Chord.parse(label)) == name


def test_a_flat_key_spells_with_flats():
    assert chord_name(Chord.parse("Eb:maj7", Key.parse("Bb major"))) == "E♭maj7"


def test_every_chord_of_the_vocabulary_has_a_name_and_a_colour_on_which_black_can_be_read():
    for index in range(1, VOCABULARY):
        chord = Chord.from_index(index)
        red, green, blue = chord_color(chord)
        assert chord_name(chord)
        assert 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5


def test_roots_a_fifth_apart_are_alike_and_a_tritone_apart_are_not():
    def distance(first: str, second: str) -> float:
        return float(np.linalg.norm(np.subtract(chord_color(Chord.parse(first)), chord_color(Chord.parse(second)))))

    assert distance("C", "G") < distance("C", "D") < distance("C", "F#")


def test_every_emotion_has_its_own_colour():
    assert set(EMOTION_COLORS) == set(EMOTIONS)
    assert len(set(EMOTION_COLORS.values())) == len(EMOTIONS)
