"""Plans, styles and slices for tests of the music."""

from __future__ import annotations

from collections.abc import Sequence

from stream_v2m.core.chords import Chord
from stream_v2m.core.controls import Controls
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.resources import configs_folder
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.core.values import Affect, Dynamics, MusicEvent, NoteEvent, StepPlan
from stream_v2m.music.sequencer import MusicConfig, Sequencer
from stream_v2m.music.style import Style, load_style

STILL = Controls(cue_strength=0)
PLAIN = MusicConfig(humanise_velocity=0, humanise_ms=0)


def shipped() -> Style:
    """The style that ships as the default."""
    return load_style("arpeggio", configs_folder() / "styles")


def affect(valence: float, arousal: float) -> Affect:
    return Affect((1 / len(EMOTIONS),) * len(EMOTIONS), valence, arousal)


def plan(
    step: int, chord: str = "C", loudness: float = 0.16, density: float = 10, mood: Affect | None = None
) -> StepPlan:
    """Step ``step`` of two beats."""
    return StepPlan(step, 2.0 * step, 2.0, Chord.parse(chord), Dynamics(loudness, density), mood)


def plans(chords: str, **named: float) -> list[StepPlan]:
    """One step for each label."""
    return [plan(step, chord, **named) for step, chord in enumerate(chords.split())]


def sequencer(
    accepted: Sequence[StepPlan] = (), *, style: Style | None = None, config: MusicConfig = PLAIN, seed: int = 1
) -> Sequencer:
    """At 120 bpm from beat 0 at second 0: a step is a second."""
    made = Sequencer(style or shipped(), InternalTempo(120), config, seed=seed)
    for each in accepted:
        made.accept(each)
    return made


def events(
    playing: Sequencer, until: float, *, start: float = 0.0, slice_s: float = 0.02, controls: Controls = STILL
) -> list[MusicEvent]:
    """Everything up to ``until``, asked for in slices."""
    found: list[MusicEvent] = []
    for turn in range(1, round((until - start) / slice_s)):
        found += playing.events(start + turn * slice_s, controls)
    return found + playing.events(until, controls)


def notes(found: Sequence[MusicEvent], part: str | None = None) -> list[NoteEvent]:
    return [event for event in found if isinstance(event, NoteEvent) and part in (None, event.part)]


def sounding(found: Sequence[MusicEvent], begin: float, end: float) -> list[NoteEvent]:
    """The notes that sound within [begin, end)."""
    return [note for note in notes(found) if note.onset < end and note.onset + note.duration > begin + 1e-3]
