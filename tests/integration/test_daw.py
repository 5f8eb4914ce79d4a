"""A real DAW records what is played: Ardour's engine under JACK, whose take is read back from its session's folder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import mido
import pytest

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.values import ControlEvent, MidiEvent, NoteEvent, ProgramEvent
from stream_v2m.midi.message import encode
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig
from tests.support.daw import Ardour, Placed, ardour, find_ardour, heard
from tests.support.jack import jack_server

pytestmark = [pytest.mark.integration, pytest.mark.alone]

# on a busy machine nothing is too late, and nobody takes a slow answer for a death
CONFIG = PlayerConfig(api="jack", realtime=False, stale_ms=5000.0, heartbeat_ms=5000.0)
BEAT = 0.5  # seconds; a new session of Ardour's goes at 120 bpm
LEAD = 0.25  # seconds between handing over and the first beat
AHEAD_WITHIN = 4 * 128 / 48000 / BEAT  # beats: what the transport says is some of JACK's periods ahead of the take
LATE_WITHIN = 0.25  # seconds after it was due that a note may reach the DAW on a busy machine
LOOK_EVERY = 0.03  # seconds
TAKES = 4
RESETS = 64, 121, 123  # controllers that every channel in use gets when the ports are closed

# in beats: a bass, chords over it with a swell, drums, and the ends of every range
PHRASE = [
    *(encode(ProgramEvent(0, program, ""), channel=channel) for channel, program in ((1, 35), (2, 88), (10, 8))),
    *(encode(NoteEvent(beat, 0.9, 36 + beat, 100 - beat, ""), channel=1) for beat in (0, 1, 3, 4, 7)),
    *(encode(NoteEvent(beat, 2.5, pitch, 71, ""), channel=2) for beat in (0, 4) for pitch in (60, 64, 67, 71)),
    *(encode(ControlEvent(place / 4, 11, 60 + 2 * place, ""), channel=2) for place in range(30)),
    *(encode(NoteEvent(beat, 0.1, 38, velocity, ""), channel=10) for beat, velocity in ((2, 1), (5, 127), (6, 64))),
    *(encode(NoteEvent(beat, 0.5, pitch, 33, ""), channel=16) for beat, pitch in ((7, 127), (8, 0))),
]
END = 10  # beats


class Look(NamedTuple):
    """Where the DAW's transport was at some moment between two: the clock of JACK without a card is its own."""

    before: float
    beat: float
    after: float


Lines = dict[tuple[int, str, int], list[int]]


@pytest.fixture(autouse=True)
def server() -> Iterator[None]:
    find_ardour()
    with jack_server(wait_ms=5000):
        yield


def sessions(folder: Path) -> Iterator[Ardour]:
    """Ardour, several times if need be: without real-time rights it passes over a cycle of JACK's now and then when
    the machine is busy, and lacks what arrived in it.
    """
    for number in range(TAKES):
        with ardour(folder / f"take {number}") as daw:
            yield daw


def test_a_take_has_every_note_program_and_controller_that_was_sent_in_its_time(tmp_path: Path) -> None:
    sent = wire(PHRASE)
    resets = {(channel, "controller", number): [0] for channel in (1, 2, 10, 16) for number in RESETS}
    for daw in sessions(tmp_path):
        start, looks, take = record(daw)
        if lines(take) == lines(sent) | resets:
            break
    assert lines(take) == lines(sent) | resets
    assert in_order(take, sent)
    played = onsets(take)
    for note, beat in onsets(sent).items():
        due = start + beat * BEAT
        earliest = max(look.beat for look in looks if look.after <= due)
        latest = min(look.beat for look in looks if look.before >= due + LATE_WITHIN)
        assert earliest - AHEAD_WITHIN <= played[note] <= latest, note


def test_a_take_of_a_whole_performance_is_what_is_written_into_its_own_file(tmp_path: Path) -> None:
    own = tmp_path / "own.mid"
    command = [sys.executable, "-m", "stream_v2m.cli.main", "play", "film:seconds=6", "--quiet", "--to", f"file:{own}"]
    for daw in sessions(tmp_path):
        daw.record()
        subprocess.run([*command, "--to", f"port:{daw.input}"], check=True)
        take, written = heard(daw.stop()), heard(mido.MidiFile(own))
        if changes(lines(take)) == changes(lines(written)):
            break
    assert changes(lines(take)) == changes(lines(written))
    assert {channel for channel, kind, _ in lines(take) if kind == "note"} >= {1, 2, 3}
    assert in_order(take, written)


def record(daw: Ardour) -> tuple[float, list[Look], list[Placed]]:
    """Let the player play the phrase and the DAW record it: when it began, what the transport did, and the take."""
    clock = MonotonicClock()
    player = Player([Output.parse("virtual:band")], CONFIG, origin=clock.origin)
    player.start()
    daw.connect("stream_v2m:band")
    daw.record()
    start = clock.now() + LEAD
    player.send(in_seconds(event, start) for event in PHRASE)
    looks = []
    while clock.now() < start + END * BEAT:
        player.heartbeat()
        looks.append(Look(clock.now(), daw.beat(), clock.now()))
        time.sleep(LOOK_EVERY)
    player.close()
    return start, looks, heard(daw.stop())


def in_seconds(event: MidiEvent, start: float) -> MidiEvent:
    """An event whose times are beats."""
    release = None if event.release is None else start + event.release * BEAT
    return replace(event, due=start + event.due * BEAT, release=release)


def wire(phrase: Iterable[MidiEvent]) -> list[Placed]:
    """What a phrase is when it is sent, note-offs included."""
    placed = []
    for event in phrase:
        message = mido.Message.from_bytes(event.message)
        placed.append((event.due, message))
        if event.release is not None:
            placed.append((event.release, mido.Message("note_off", channel=message.channel, note=message.note)))
    return sorted(placed, key=lambda place: place[0])


def lines(placed: Iterable[Placed]) -> Lines:
    """The values that each pitch, controller and program of each channel, 1–16, took in turn; 0 ends a note."""
    found: Lines = defaultdict(list)
    for _, message in placed:
        channel = message.channel + 1
        match message.type:
            case "note_on":
                found[channel, "note", message.note].append(message.velocity)
            case "note_off":
                found[channel, "note", message.note].append(0)
            case "control_change":
                found[channel, "controller", message.control].append(message.value)
            case "program_change":
                found[channel, "program", 0].append(message.program)
            case other:
                raise AssertionError(f"nobody sent {other}")
    return dict(found)


def changes(found: Lines) -> Lines:
    """The same without repetitions: a file says each program at its head too, and ports are reset at closing."""
    return {
        key: [value for value, _ in groupby(values)]
        for key, values in found.items()
        if key[1] != "controller" or key[2] not in RESETS
    }


def onsets(placed: Iterable[Placed]) -> dict[tuple[int, int, int], float]:
    """Where each note begins, by channel, pitch, and how many of these there were before it."""
    found, before = {}, Counter[tuple[int, int]]()
    for beat, message in placed:
        if message.type == "note_on":
            pitch = message.channel, message.note
            found[*pitch, before[pitch]] = beat
            before[pitch] += 1
    return found


def in_order(take: Iterable[Placed], sent: Iterable[Placed]) -> bool:
    """Whether every note comes with or after those that were sent before it."""
    played = onsets(take)
    places = [place for _, place in sorted((beat, played[note]) for note, beat in onsets(sent).items())]
    return places == sorted(places)
