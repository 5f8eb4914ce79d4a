"""Keeps a performance as a standard MIDI file: one track a part, on the beats' grid."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import mido

from stream_v2m.core.files import check_writable, replacing
from stream_v2m.core.values import MidiEvent

NOTE_OFF, NOTE_ON, SYSTEM = 0x80, 0x90, 0xF0
TITLE = "stream_v2m"  # of the first track; the file's own name would make equal performances differ
RELEASE_VELOCITY = 64  # MIDI 1.0: for a sender that does not measure it

# A line of a track: tick, rank within the tick (an end before a beginning), message.
Line = tuple[int, int, mido.Message | mido.MetaMessage]
END, SET, BEGIN = range(3)


@dataclass(frozen=True, slots=True)
class Track:
    """One part in the file: its name, channel 1–16 and General MIDI program 0–127."""

    name: str
    channel: int
    program: int

    def __post_init__(self) -> None:
        assert 1 <= self.channel <= 16 and 0 <= self.program <= 127, self


@dataclass(frozen=True, slots=True)
class _Note:
    onset: float
    release: float
    velocity: int


class Recorder:
    """Takes what is sent to the outputs and writes it to one file, at ``save``.

    Events may come in any order of time. All times are session seconds; ``origin``, which may be set
    until ``save``, is tick 0, and what lies before it is moved there. The file is of format 1: the first
    track bears tempo, time signature and markers, then there is one track for each of ``tracks``, and one
    for each further channel on which something was sent. Parts that share a channel share a track. The
    first ``pickup_beats`` lie before the first whole bar, so that a reader's bars are the music's.

    Raises:
        PortError: at once, if ``path`` cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        tracks: Sequence[Track],
        bpm: float,
        beats_per_bar: int = 4,
        pickup_beats: int = 0,
        ticks_per_beat: int = 480,
        origin: float = 0.0,
    ) -> None:
        assert bpm > 0 and beats_per_bar > 0 and ticks_per_beat > 0
        check_writable(path)
        self.path, self.origin = path, origin
        self._tracks = tuple(tracks)
        self._beats_per_bar, self._pickup = beats_per_bar, pickup_beats % beats_per_bar
        self._ticks_per_beat = ticks_per_beat
        self._tempi: list[tuple[float, float]] = [(-math.inf, bpm)]
        self._markers: list[tuple[float, str]] = []
        self._notes: defaultdict[tuple[int, int], list[_Note]] = defaultdict(list)
        self._offs: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
        self._others: list[tuple[float, bytes]] = []
        self._saved = path.exists()

    def send(self, events: Iterable[MidiEvent]) -> None:
        """Keep ``events``; system messages (clock, start, stop) have no place in a file and are passed over."""
        for event in events:
            status = event.message[0]
            if status >= SYSTEM:
                continue
            self._saved = False
            kind, key = status & 0xF0, (status & 0x0F, event.message[1])
            if kind == NOTE_ON and event.message[2] > 0:
                release = math.inf if event.release is None else event.release
                self._notes[key].append(_Note(event.due, release, event.message[2]))
            elif kind in (NOTE_ON, NOTE_OFF):
                self._offs[key].append(event.due)
            else:
                self._others.append((event.due, event.message))

    def set_tempo(self, bpm: float, at: float) -> None:
        """From ``at`` on go at ``bpm``."""
        assert bpm > 0
        self._saved = False
        self._tempi.append((at, bpm))

    def marker(self, text: str, at: float) -> None:
        """Write a word at a place: a cut, a chord's name."""
        self._saved = False
        self._markers.append((at, text))

    def release_all(self, at: float) -> None:
        """End what sounds at ``at``; what was sent for later will not be played, and is dropped."""
        self._saved = False
        for key, notes in self._notes.items():
            begun = (note for note in notes if note.onset < at)
            self._notes[key] = [replace(note, release=min(note.release, at)) for note in begun]
        for key, offs in self._offs.items():
            self._offs[key] = [off for off in offs if off <= at]
        self._others = [(due, message) for due, message in self._others if due <= at]

    def save(self) -> None:
        """Write the file, whole, in place of an older one. A performance without an event leaves that alone.

        May be called again; nothing is written unless something came since.

        Raises:
            PortError: the system would not write; what was recorded is kept, and may be saved again.
        """
        if self._saved:
            return
        grid = _Grid(self._tempi, self.origin, self._ticks_per_beat)
        midi = mido.MidiFile(type=1, ticks_per_beat=self._ticks_per_beat, charset="utf-8")
        midi.tracks.append(_track(TITLE, self._conductor(grid)))
        midi.tracks.extend(_track(name, lines) for name, lines in self._parts(grid))
        with replacing(self.path) as part:
            midi.save(part)
        self._saved = True

    def _conductor(self, grid: _Grid) -> list[Line]:
        bars = [(0, self._pickup), (self._pickup * self._ticks_per_beat, self._beats_per_bar)]
        lines: list[Line] = [
            (tick, END, mido.MetaMessage("time_signature", numerator=beats, denominator=4))
            for tick, beats in bars
            if beats
        ]
        for tick, bpm in grid.changes:
            lines.append((tick, SET, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))))
        for moment, text in self._markers:
            lines.append((grid.tick(moment), BEGIN, mido.MetaMessage("marker", text=_plain(text))))
        return lines

    def _parts(self, grid: _Grid) -> list[tuple[str, list[Line]]]:
        names: dict[int, list[str]] = {}
        lines: defaultdict[int, list[Line]] = defaultdict(list)
        for track in self._tracks:
            channel = track.channel - 1
            if channel not in names:
                lines[channel].append((0, END, mido.Message("program_change", channel=channel, program=track.program)))
            names.setdefault(channel, []).append(track.name)
        for (channel, pitch), notes in self._notes.items():
            lines[channel].extend(_pairs(channel, pitch, notes, self._offs[channel, pitch], grid))
        for due, message in self._others:
            lines[message[0] & 0x0F].append((grid.tick(due), SET, mido.Message.from_bytes(message)))
        order = [*names, *sorted(channel for channel in lines if channel not in names)]
        return [(" & ".join(names.get(channel, [f"channel {channel + 1}"])), lines[channel]) for channel in order]


class _Grid:
    """Session seconds to ticks through the tempo changes: a beat is always ``ticks_per_beat``.

    Ticks follow the exact tempo, while the file's whole microseconds a beat are off by up to
    1e-6: beats stay on the grid, and played back the file may drift by 4 ms an hour.
    """

    def __init__(self, tempi: Sequence[tuple[float, float]], origin: float, ticks_per_beat: int) -> None:
        self._ticks_per_beat = ticks_per_beat
        self._moments, self._beats, self._rates = [origin], [0.0], [tempi[0][1] / 60]
        for moment, bpm in sorted(tempi[1:], key=lambda change: change[0]):
            beat = self.beat(moment)
            self._moments.append(max(origin, moment))
            self._beats.append(beat)
            self._rates.append(bpm / 60)

    @property
    def changes(self) -> list[tuple[int, float]]:
        """Tick and beats a minute of every change of tempo, one a tick."""
        newest = {self._round(beat): rate * 60 for beat, rate in zip(self._beats, self._rates, strict=True)}
        return list(newest.items())

    def beat(self, moment: float) -> float:
        """Beats since the origin, 0 before it."""
        index = max(0, bisect_right(self._moments, moment) - 1)
        return max(0.0, self._beats[index] + (moment - self._moments[index]) * self._rates[index])

    def tick(self, moment: float) -> int:
        """The nearest tick."""
        return self._round(self.beat(moment))

    def _round(self, beat: float) -> int:
        return math.floor(beat * self._ticks_per_beat + 0.5)


def _pairs(channel: int, pitch: int, notes: Iterable[_Note], offs: Iterable[float], grid: _Grid) -> list[Line]:
    """Note-ons with their note-offs: a note ends by its release, an earlier note-off, or the next onset."""
    ordered = sorted(notes, key=lambda note: note.onset)
    ends = sorted(offs)
    lines: list[Line] = []
    for index, note in enumerate(ordered):
        onset = grid.tick(note.onset)
        following = ordered[index + 1].onset if index + 1 < len(ordered) else math.inf
        if following < math.inf and grid.tick(following) == onset:
            continue  # struck again within a tick: only the second is heard
        place = bisect_right(ends, note.onset)
        end = min(note.release, following, ends[place] if place < len(ends) else math.inf)
        if end == math.inf:
            end = note.onset  # never released: the shortest note rather than an endless one
        release = max(onset + 1, grid.tick(end))
        lines.append((onset, BEGIN, mido.Message("note_on", channel=channel, note=pitch, velocity=note.velocity)))
        lines.append((release, END, mido.Message("note_off", channel=channel, note=pitch, velocity=RELEASE_VELOCITY)))
    return lines


def _track(name: str, lines: list[Line]) -> mido.MidiTrack:
    """Lines in any order to a track with delta times."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=_plain(name), time=0)])
    now = 0
    for tick, _, message in sorted(lines, key=lambda line: line[:2]):
        message.time = tick - now
        track.append(message)
        now = tick
    return track


def _plain(text: str) -> str:
    """Text that UTF-8 can hold: a file name may contain undecodable bytes."""
    return text.encode("utf-8", "replace").decode("utf-8")
