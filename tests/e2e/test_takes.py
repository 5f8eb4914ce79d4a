"""A performance that was kept is there again: bit by bit, on its own beats, after a crash, and as other music."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import mido
import pytest
from typer.testing import CliRunner

from stream_v2m.cli.main import app
from stream_v2m.cli.take_files import keeping, render
from stream_v2m.config import Config
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.arrangement import Mute
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.harmony import Transpose
from stream_v2m.core.commands.tempo import SetTempo
from stream_v2m.core.errors import PortError, TakeError
from stream_v2m.core.tempo import Segment
from stream_v2m.core.values import Event
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.stages.lead import Leader
from stream_v2m.takes.notes import Note, notes
from stream_v2m.takes.shelf import LOG, MIDI
from stream_v2m.takes.take import Take

pytestmark = pytest.mark.e2e

Beside = Callable[[Session, VirtualClock], Coroutine[Any, Any, None]]
LOSS = 1.0  # seconds of a performance that a crash may cost


def configured(folder: Path) -> Config:
    return Config.load((), [f"takes.folder={str(folder)!r}"])


def keep(
    folder: Path, *beside: Beside, seconds: float = 9.0, begin: float = 0.0, name: str = "gig", **film: Any
) -> Take:
    """Keep a performance of the synthetic film, on a virtual clock, that begins at ``begin``."""
    config = configured(folder)
    told: list[str] = []

    async def main() -> Path:
        clock = VirtualClock()
        await clock.sleep_until(begin)
        with keeping(config, "film:", name, notice=told.append) as take:
            source = Film(config.source, seconds=seconds, **film)
            session = Session(config, source, Outputs(), clock=clock, worker=lambda _: InlineWorker(), witnesses=[take])
            await session.run(*(partial(each, session, clock) for each in beside))
        return take.folder

    path = run_virtual(main())
    assert not told
    return Take.read(path)


def commanding(*commands: tuple[float, Command]) -> Beside:
    async def turn(session: Session, clock: VirtualClock) -> None:
        for moment, command in commands:
            await clock.sleep_until(moment)
            session.command(command)

    return turn


def again(take: Take, tmp_path: Path, *assignments: str, monkeypatch: pytest.MonkeyPatch) -> list[Note]:
    """The notes of a new performance of the take."""
    sent: list[Any] = []
    real = Outputs.send

    def send(self: Outputs, events: Any) -> None:
        events = list(events)
        sent.extend(events)
        real(self, events)

    with monkeypatch.context() as patch:
        patch.setattr(Outputs, "send", send)
        render(take, tmp_path / "again.mid", assignments)
    return notes(sent)


def sounding(take: Take) -> list[Note]:
    return notes(event for event in take.sent if not hasattr(event, "at"))


def lines(path: Path) -> dict[str, list[tuple[int, str]]]:
    """What stands in a MIDI file, by track: tick and message."""
    found = {}
    for track in mido.MidiFile(path).tracks:
        now, found[track.name] = 0, []
        for message in track:
            now += message.time
            found[track.name].append((now, str(message.copy(time=0))))
    return found


def paired(path: Path) -> int:
    """How many notes a MIDI file holds, each with its end."""
    count = 0
    for track in mido.MidiFile(path).tracks:
        open_notes: set[tuple[int, int]] = set()
        for message in track:
            if message.type not in ("note_on", "note_off"):
                continue
            key = message.channel, message.note
            if message.type == "note_on" and message.velocity:
                assert key not in open_notes
                open_notes.add(key)
                count += 1
            else:
                open_notes.remove(key)
        assert not open_notes
    return count


def stream_v2m(*arguments: str, folder: Path, answer: str | None = None, fails: bool = False) -> str:
    """What the command says, to the user or as its fault."""
    done = CliRunner().invoke(app, arguments, input=answer, env={"STREAM_V2M_TAKES__FOLDER": str(folder)})
    assert (done.exception is not None) == fails, done.output
    if done.exception is not None:
        assert isinstance(done.exception, TakeError), done.exception
    return str(done.exception or done.output)


def test_a_replayed_take_has_the_very_notes_that_were_played(tmp_path, monkeypatch):
    take = keep(
        tmp_path, commanding((4.321, SetTempo(bpm=97)), (6.1, Mute(part="bass")), (8.0, Transpose(semitones=3)))
    )
    played = sounding(take)
    assert len(played) > 50
    assert again(take, tmp_path, monkeypatch=monkeypatch) == played
    midi, file = lines(take.path / MIDI), lines(tmp_path / "again.mid")
    for conductor in (midi.pop("stream_v2m"), file.pop("stream_v2m")):
        assert [tick for tick, text in conductor if f"tempo={mido.bpm2tempo(97)}" in text] == [4148]  # beat 8.642
    assert midi == file


@pytest.mark.parametrize("rate_hz", [10, 20, 60])
def test_it_is_so_when_frames_fall_together_with_beats_and_decisions(tmp_path, monkeypatch, rate_hz):
    take = keep(tmp_path, seconds=8, rate_hz=rate_hz)
    assert again(take, tmp_path, monkeypatch=monkeypatch) == sounding(take)


def test_a_take_that_began_late_in_the_session_is_replayed_from_its_own_beginning(tmp_path, monkeypatch):
    take = keep(tmp_path, commanding((5.5, SetTempo(bpm=100))), seconds=8, begin=0.75)
    assert take.began == 0.75
    played, replayed = sounding(take), again(take, tmp_path, monkeypatch=monkeypatch)
    assert [(note.channel, note.pitch) for note in replayed] == [(note.channel, note.pitch) for note in played]
    assert [note.onset + 0.75 for note in replayed] == pytest.approx([note.onset for note in played], abs=1e-6)


def test_another_seed_style_or_key_makes_other_music_of_the_same_picture(tmp_path, monkeypatch):
    take = keep(tmp_path)
    played = sounding(take)
    for assignment in ("controls.seed=5", "controls.key=Eb minor"):
        other = again(take, tmp_path, assignment, monkeypatch=monkeypatch)
        assert other != played
        assert other[-1].end == pytest.approx(played[-1].end, abs=4)


def test_what_is_assigned_holds_whatever_was_commanded(tmp_path, monkeypatch):
    take = keep(tmp_path, commanding((5.0, SetTempo(bpm=60))))
    again(take, tmp_path, "controls.bpm=140", monkeypatch=monkeypatch)
    tempi = [
        message.tempo for message in mido.MidiFile(tmp_path / "again.mid").tracks[0] if message.type == "set_tempo"
    ]
    assert {*tempi} == {mido.bpm2tempo(140)}


def test_a_take_that_followed_another_clock_is_replayed_on_its_own_beats(tmp_path, monkeypatch):
    async def follow(session: Session, clock: VirtualClock) -> None:
        """A clock that is not ours: a little faster each second."""
        segment = Segment(1.0, 0.0, 120.0)
        for moment in range(2, 8):
            await clock.sleep_until(moment)
            segment = Segment(moment, segment.beat_at(moment), segment.bpm + 3)
            session.retime(segment)

    with monkeypatch.context() as patch:
        patch.setattr(Leader, "tend", lambda *_: None)  # it is not ourselves who lead
        take = keep(tmp_path, follow)
    take.header = replace(take.header, config={**take.header.config, "tempo": {"sync": "virtual"}})
    assert len(take.tempi) == 7
    assert not take.commands
    played, replayed = sounding(take), again(take, tmp_path, monkeypatch=monkeypatch)
    assert [(note.onset, note.pitch, note.velocity) for note in replayed] == [
        (pytest.approx(note.onset, abs=1e-9), note.pitch, note.velocity) for note in played
    ]
    fixed = again(take, tmp_path, "controls.bpm=120", monkeypatch=monkeypatch)
    pulse = {round(note.onset * 4 % 1, 3) for note in fixed if note.channel == 1}
    assert pulse <= {0.0, 1.0}


def test_the_style_is_as_it_was_even_if_its_file_has_changed_since(tmp_path, monkeypatch):
    take = keep(tmp_path, seconds=6)
    monkeypatch.setattr("stream_v2m.config.configs_folder", lambda: tmp_path / "nothing")
    assert again(take, tmp_path, monkeypatch=monkeypatch) == sounding(take)


def test_the_file_of_a_take_has_its_tempi_its_chords_and_its_cuts(tmp_path):
    take = keep(tmp_path, commanding((4.02, SetTempo(bpm=90))))
    conductor = lines(take.path / MIDI)["stream_v2m"]
    words = [text for _, text in conductor]
    assert sum("set_tempo" in text for text in words) == 2
    cuts = sum(cue.event is Event.CUT for seen in take.seen for cue in seen.cues)
    assert sum("'cut'" in text for text in words) == cuts > 0
    assert sum("marker" in text or "'text'" in text for text in words) == len(take.marks) + cuts
    assert paired(take.path / MIDI) > 60


def test_a_second_take_of_one_name_stands_beside_the_first(tmp_path):
    first, second = (keep(tmp_path, seconds=4) for _ in range(2))
    assert (first.name, second.name) == ("gig", "gig-2")
    assert Take.read(first.path).sent == first.sent


def test_a_performance_that_is_killed_loses_at_most_a_second_and_its_file_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-m", "stream_v2m.cli.main", "play", "film:", "--to", "file:out.mid", "--log-json"]
    environment = os.environ | {"STREAM_V2M_TAKES__FOLDER": str(tmp_path / "takes")}
    with subprocess.Popen([*command, "--take", "gig"], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        told = 0.0
        while told < 6:
            told = json.loads(process.stdout.readline())["time"]
        process.kill()
        told = max([told, *(json.loads(text)["time"] for text in process.stdout if text.endswith("\n"))])
    take = Take.read(tmp_path / "takes" / "gig")
    assert take.ended is None
    assert take.garbage == 0
    assert take.seen[-1].at > told - LOSS
    onsets = sorted(note.onset for note in sounding(take))
    silence = max(after - before for before, after in pairwise(onsets))  # of the music itself, where little moves
    assert onsets[-1] > told - LOSS - silence
    assert not (take.path / MIDI).exists()

    listed = stream_v2m("takes", "list", folder=tmp_path / "takes")
    assert "gig" in listed
    assert "cut off" in listed
    assert paired(take.path / MIDI) > 20
    assert "chords in" in stream_v2m("takes", "render", "last", "new.mid", folder=tmp_path / "takes")
    assert paired(tmp_path / "new.mid") > 20


def test_takes_are_shown_rendered_exported_and_removed_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shelf = tmp_path / "takes"
    take = keep(shelf, seconds=8)
    assert "arpeggio" in stream_v2m("takes", folder=shelf)
    shown = stream_v2m("takes", "show", "g", folder=shelf)
    assert f"{len(take.seen)} frames" in shown
    assert take.marks[0][1] in shown

    stream_v2m("takes", "render", "gig", "--seed", "4", "--plot", "new.png", folder=shelf)
    stream_v2m("takes", "render", "gig", folder=shelf)
    assert lines(tmp_path / "gig.mid") != lines(tmp_path / "gig-2.mid")
    assert (tmp_path / "new.png").read_bytes().startswith(b"\x89PNG")

    assert ".mid or .csv" in stream_v2m("takes", "export", "gig", "out.mp3", folder=shelf, fails=True)
    stream_v2m("takes", "export", "last", "out.mid", "out.csv", "--plot", "out.png", folder=shelf)
    assert lines(tmp_path / "out.mid") == lines(take.path / MIDI)
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["chord"] for row in rows] == [str(step.plan.chord) for step in take.steps]
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")

    stream_v2m("takes", "remove", "gig", folder=shelf, answer="n\n")
    assert take.path.exists()
    stream_v2m("takes", "remove", "gig", folder=shelf, answer="y\n")
    assert not take.path.exists()
    assert "no takes" in stream_v2m("takes", "list", folder=shelf)
    assert "no such take" in stream_v2m("takes", "show", "gig", folder=shelf, fails=True)


def test_what_never_began_leaves_no_take(tmp_path):
    with pytest.raises(PortError), keeping(configured(tmp_path), "film:", "gig", notice=print):
        raise PortError("no such port", where="kazoo")
    assert not list(tmp_path.iterdir())


def test_a_broken_take_does_not_hide_the_others(tmp_path):
    keep(tmp_path / "takes", seconds=4)
    broken = tmp_path / "takes" / "broken"
    broken.mkdir()
    (broken / LOG).write_text("nonsense\n")
    listed = stream_v2m("takes", "list", folder=tmp_path / "takes")
    assert "gig" in listed
    assert "no take" in " ".join(listed.split())
