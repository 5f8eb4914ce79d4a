"""Making takes and what is made of them: the log while it is played, MIDI files, tables, pictures, new music."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from stream_v2m import __version__
from stream_v2m.cli.plot import draw
from stream_v2m.cli.run import recorder_of
from stream_v2m.config import Config, alone, find_style, style_path
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.command import Command
from stream_v2m.core.config import revised
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.files import check_writable, replacing
from stream_v2m.core.resources import data_folder
from stream_v2m.core.state import State
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import MidiEvent, NoteEvent
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.music.style import SUFFIX, Style, load_style
from stream_v2m.session import Session
from stream_v2m.stages.lead import INTERNAL
from stream_v2m.stages.replay import Replay, unseen
from stream_v2m.takes.line import Header
from stream_v2m.takes.notes import notes
from stream_v2m.takes.shelf import LOG, MIDI, Shelf
from stream_v2m.takes.take import Take
from stream_v2m.takes.writer import TakeWriter

COLUMNS = ("time", "beat", "chord", "key", "loudness", "density", "emotion", "valence", "arousal", "motion")


def shelf(config: Config) -> Shelf:
    """Where takes are kept: as configured, else in the user's data folder."""
    return Shelf(config.takes.folder.expanduser() if config.takes.folder else data_folder() / "takes")


@contextmanager
def keeping(config: Config, source: str, name: str | None, *, notice: Callable[[str], None]) -> Iterator[TakeWriter]:
    """Keep what is performed inside: hand what this gives to the session as a witness.

    Args:
        source: as written on the command line.
        name: of the take; date and time if not given.
        notice: told, on the event loop, when the disk makes trouble.

    Raises:
        TakeError: the take cannot be begun, or could not be written to its end.
    """
    place = shelf(config)
    path = place.new(name or _now().strftime("%Y-%m-%d_%H-%M-%S"))
    writer = TakeWriter(path, new_header(config, source), notice=notice)
    try:
        with writer:
            yield writer
    finally:
        if not writer.begun:
            place.remove(path)  # what never began is no take
    if writer.begun:
        save_midi(Take.read(path), path / MIDI)


def new_header(config: Config, source: str) -> Header:
    """How the log of a performance that begins now begins."""
    return Header(
        source=source,
        config=config.model_dump(mode="json"),
        style=style_path(config.controls.style).read_text(encoding="utf-8"),
        program=__version__,
        begun=_now().isoformat(timespec="seconds"),
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now().astimezone()  # noqa: TID251 - a date, for the user; the music has its clock


def midi_file(take: Take) -> Path:
    """The take's MIDI file; made now if the performance was cut off before it could be."""
    path = take.path / MIDI
    if not path.exists() or path.stat().st_mtime < (take.path / LOG).stat().st_mtime:
        save_midi(take, path)
    return path


def save_midi(take: Take, path: Path) -> None:
    """Write the take as it was played: the tempo's changes, cuts as markers, chords as text.

    Raises:
        ConfigError: the take's configuration is not one of this version.
        PortError: the file cannot be written.
    """
    recorder = recorder_of(config_of(take), path)
    recorder.began(take.began)
    recorder.arranged(take.tracks)
    for segment in take.tempi:
        recorder.retimed(segment)
    for seen in take.seen:
        recorder.saw(unseen(seen.at), seen.cues, None, at=seen.at)
    for moment, text in take.marks:
        recorder.marked(text, moment)
    for event in take.sent:
        if isinstance(event, MidiEvent):
            recorder.sent([event])
        else:
            recorder.released(event.at)
    recorder.ended(take.end)


def save_table(take: Take, path: Path) -> None:
    """Write one row a step, as CSV; what was not seen stays empty.

    Raises:
        PortError: the file cannot be written.
    """
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for step in take.steps:
            plan, affect = step.plan, step.plan.affect
            mood = ("", "", "") if affect is None else (affect.emotion, affect.valence, affect.arousal)
            motion = "" if step.window is None else step.window.motion
            loudness, density = plan.dynamics.loudness, plan.dynamics.note_density
            rows.writerow((step.onset, plan.onset, plan.chord, plan.chord.key, loudness, density, *mood, motion))


def save_picture(take: Take, path: Path) -> None:
    """Draw the take as it was played; its film is not kept.

    Raises:
        PortError: the file cannot be written.
    """
    played = style_of(take)
    names: dict[int, str] = {}
    for part in played.parts:
        names.setdefault(part.channel, part.name)
    trace = Trace(title=take.header.source, duration=take.end)
    trace.motion = [(seen.cues[0].time, seen.cues[0].motion) for seen in take.seen]
    trace.events = [cue for seen in take.seen for cue in seen.cues[1:]]
    for step in take.steps:
        trace.plans.append((step.onset, step.duration, step.plan))
        if step.window is not None and step.window.affect is not None:
            trace.affects.append((step.window.time, step.window.affect))
    for note in notes(take.sent):
        part_name = names.get(note.channel, f"channel {note.channel}")
        if note.end > note.onset:
            trace.notes.append(NoteEvent(note.onset, note.end - note.onset, note.pitch, note.velocity, part_name))
    draw(trace, path, parts=played.part_names)


def render(take: Take, midi: Path, assignments: Sequence[str], *, plot: Path | None = None) -> State:
    """Make music again from what the take saw; unless something is assigned, what was played.

    Args:
        assignments: ``section.key=value`` above the take's own configuration; what is assigned to a control
            holds to the end, whatever the take's commands say.

    Returns:
        the state at the end.
    """
    if plot is not None:
        check_writable(plot)
    followed = config_of(take).tempo.sync != INTERNAL
    steady = ["controls.pace_strength=0"] if followed else []
    config = alone(config_of(take, [*assignments, *steady]))  # what came in is in the take
    fixed = {key.strip().removeprefix("controls.") for key in (text.partition("=")[0] for text in assignments)}
    trace = Trace(title=f"{take.name}: {take.header.source}")

    async def perform(config: Config) -> State:
        replay, clock = Replay(take, followed=followed), VirtualClock()
        session = Session(
            config,
            replay,
            Outputs(),
            clock=clock,
            worker=lambda _: InlineWorker(),
            witnesses=[trace, recorder_of(config, midi)],
            eye=replay,
        )

        def obey(command: Command) -> None:
            try:
                session.command(command)
            except ConfigError as error:  # a part that another style does not have
                session.board.notice(str(error))

        await session.run(
            partial(
                replay.turn,
                obey,
                session.retime,
                controls=session.board.controls,
                fixed=fixed & set(config.controls.__dataclass_fields__),
                clock=clock,
            )
        )
        return session.board.state

    with _own_style(take) as path:
        if "style" not in fixed:
            config = config.model_copy(update={"controls": replace(config.controls, style=str(path))})
        state = run_virtual(perform(config))
        if plot is not None:
            trace.thumbnails.clear()  # no picture was kept
            draw(trace, plot, parts=find_style(config.controls.style).part_names)
    return state


def config_of(take: Take, assignments: Sequence[str] = ()) -> Config:
    """The configuration with which the take was played, and ``assignments`` above it.

    Raises:
        ConfigError: a setting that this version does not have, or a value that is refused.
    """
    return revised(Config, dict(take.header.config), assignments, where=take.path / LOG)


def style_of(take: Take) -> Style:
    """The style with which the take began, as it was then.

    Raises:
        ConfigError: it is no style of this version.
    """
    with _own_style(take) as path:
        return load_style(str(path), path.parent)


@contextmanager
def _own_style(take: Take) -> Iterator[Path]:
    """The take's style as a file, for as long as it is wanted."""
    with TemporaryDirectory(prefix="stream-v2m-") as folder:
        path = Path(folder) / f"{Path(config_of(take).controls.style).name.removesuffix(SUFFIX)}{SUFFIX}"
        path.write_text(take.header.style, encoding="utf-8")
        yield path
