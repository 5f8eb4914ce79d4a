"""The styles that ship, and the page about them: what the one promises the other keeps."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from stream_v2m.cli.style import given, warnings
from stream_v2m.core.controls import Controls
from stream_v2m.core.resources import configs_folder
from stream_v2m.core.values import Cue, Event, MusicEvent
from stream_v2m.music.part import Part
from stream_v2m.music.style import Style, list_styles, load_style
from tests.support.music import events, notes, plan, sequencer

pytestmark = pytest.mark.unit

STYLES = configs_folder() / "styles"
NAMES = list_styles(STYLES)
PAGE = (Path(__file__).parents[3] / "docs" / "styles.md").read_text(encoding="utf-8")
CHORDS = ["C", "A:min7", "F:maj7", "G:7"]
ASKED = (3, 9, 16, 26)
SLICE = 0.25


@cache
def style(name: str) -> Style:
    return load_style(name, STYLES)


@cache
def played(name: str, density: float, steps: int = 8) -> tuple[MusicEvent, ...]:
    """So many seconds at 120 bpm of one density."""
    asked = [plan(step, CHORDS[step // 2 % 4], density=density) for step in range(steps)]
    return tuple(events(sequencer(asked, style=style(name)), steps - 0.5, slice_s=SLICE))


def test_the_styles_of_the_page_are_those_that_ship():
    rows = re.findall(r"^\| `(\w+)`[^|]*\| +(\d+) \|", PAGE, re.MULTILINE)
    assert dict(rows).keys() == set(NAMES)
    for name, bpm in rows:
        assert float(bpm) == (style(name).bpm or 120)
        assert (Path(__file__).parents[3] / "docs" / "styles" / f"{name}.png").stat().st_size < 150_000


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_give_the_density_that_is_asked_for(name):
    for half in range(53):
        assert given(style(name), half / 2) == pytest.approx(half / 2, abs=0.5)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_style_is_checked_without_a_warning(name):
    assert warnings(style(name)) == []
    assert style(name).description


@pytest.mark.parametrize("name", NAMES)
def test_every_part_sounds_at_some_density_and_stays_in_its_register(name):
    found = [note for asked in ASKED for note in notes(played(name, asked))]
    for part in style(name).parts:
        pitches = [note.pitch for note in found if note.part == part.name]
        assert (pitches == []) == (part.role == "accent"), part.name
        assert all(part.low <= pitch <= part.high for pitch in pitches), part.name


@pytest.mark.parametrize("name", NAMES)
def test_more_is_played_where_more_is_asked_for(name):
    counts = [len(notes(played(name, asked))) for asked in ASKED]
    assert counts == sorted(counts)
    assert counts[-1] > 3 * counts[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_strikes_every_accent_at_once(name):
    playing = sequencer([plan(step) for step in range(3)], style=style(name))
    events(playing, 1.25, slice_s=SLICE)
    struck = playing.accents([Cue(1.2, 0.8, Event.HIT)], at=1.25, controls=Controls())
    accents = {part.name for part in style(name).parts if part.role == "accent"}
    assert {note.part for note in notes(struck)} == accents
    assert {note.onset for note in notes(struck)} == {1.25}


@pytest.mark.parametrize("name", NAMES)
def test_a_steady_picture_does_not_loop_one_bar(name):
    moving = {part.name for part in style(name).parts if part.role in ("arpeggio", "melody", "drums")}
    asked = [plan(step, density=14) for step in range(32)]
    bars: dict[int, set[tuple[str, float, int]]] = {bar: set() for bar in range(16)}
    for note in notes(events(sequencer(asked, style=style(name)), 31.75, slice_s=SLICE)):
        if note.part in moving:
            bars[int(note.onset // 2)].add((note.part, round(note.onset % 2, 2), note.pitch))
    assert len(set(map(frozenset, bars.values()))) >= 4


def test_the_example_of_the_page_is_a_style_without_a_warning(tmp_path):
    example = re.search(r"Save this as `mine.toml`:\n\n```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    (tmp_path / "mine.toml").write_text(example[1], encoding="utf-8")
    mine = load_style("mine", tmp_path)
    assert {part.role for part in mine.parts} == {"bass", "pad", "arpeggio", "melody", "drums", "accent"}
    assert warnings(mine) == []


@pytest.mark.parametrize("model", [Style, Part])
def test_every_setting_is_explained_on_the_page(model):
    tables = PAGE.split("### Every setting")[1]
    explained = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]*)\|", tables, re.MULTILINE))))
    assert set(model.model_fields) <= explained
    assert explained <= set(Style.model_fields) | set(Part.model_fields)
