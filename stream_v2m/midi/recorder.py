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
from stream_v2m.core.tempo import USUAL_BPM, Segment
from stream_v2m.core.values import Affect, Cue, Event, Frame, MidiEvent, Track
from stream_v2m.core.witness import Witness

NOTE_OFF, NOTE_ON, SYSTEM = 0x80, 0x90, 0xF0
TITLE = "stream_v2m"  # of the first track; the file's own name would make equal performances differ
RELEASE_VELOCITY = 64  # MIDI 1.0: for a sender that does not measure it

# A line of a track: tick, rank within the tick (an end before a beginning), message.
Line = tuple[int, int, mido.Message | mido.MetaMessage]
END, SET, BEGIN = range(3)


@dataclass(frozen=True, slots=True)
class _Note:
    onset: float
    release: float
    velocity: int


class Recorder(Witness):
    """Keeps what is sent and writes it to one file when the performance has ended.

    Messages may come in any order of time. All times are session seconds; the beginning of the performance is
    tick 0, and what lies before it is moved there. The file is of format 1: the first track bears tempo, time
    signature, cuts as markers and chords as text; then there is one track for each channel on which a part plays
    or something was sent, named after the parts. The first ``pickup_beats`` lie before the first whole bar, so
    that a reader's bars are the music's.

    Attributes:
        written: whether the file is there, whole.

    Raises:
        PortError: at once, if ``path`` cannot be written.
    """

    def __init__(self, path: Path, *, beats_per_bar: int = 4, pickup_beats: int = 0, ticks_per_beat: int = 480) -> None:
        assert beats_per_bar > 0 and ticks_per_beat > 0
        check_writable(path)
        self.path, self.written = path, False
        self._beats_per_bar, self._pickup = beats_per_bar, pickup_beats % beats_per_bar
        self._ticks_per_beat = ticks_per_beat
        self._origin: float | None = None
        self._tracks: dict[int, list[str]] = {}
        self._tempi: list[Segment] = []
        self._words: list[tuple[float, str, str]] = []  # moment, kind of meta message, text
        self._notes: defaultdict[tuple[int, int], list[_Note]] = defaultdict(list)
        self._offs: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
        self._others: list[tuple[float, bytes]] = []

    def began(self, at: float) -> None:
        self._origin = at

    def arranged(self, tracks: Sequence[Track]) -> None:
        for track in tracks:
            names = self._tracks.setdefault(track.channel - 1, [])
            if track.name not in names:
                names.append(track.name)

    def retimed(self, segment: Segment) -> None:
        self._tempi.append(segment)

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        cuts = (cue for cue in cues if cue.event is Event.CUT)
        self._words += [(cue.time if cue.origin is None else cue.origin, "marker", "cut") for cue in cuts]

    def marked(self, text: str, at: float) -> None:
        self._words.append((at, "text", text))

    def sent(self, messages: Sequence[MidiEvent]) -> None:
        """Keep ``messages``; system messages (clock, start, stop) have no place in a file and are passed over."""
        for event in messages:
            status = event.message[0]
            if status >= SYSTEM:
                continue
            kind, key = status & 0xF0, (status & 0x0F, event.message[1])
            if kind == NOTE_ON and event.message[2] > 0:
                release = math.inf if event.release is None else event.release
                self._notes[key].append(_Note(event.due, release, event.message[2]))
            elif kind in (NOTE_ON, NOTE_OFF):
                self._offs[key].append(event.due)
            else:
                self._others.append((event.due, event.message))

    def released(self, at: float) -> None:
        """End what sounds at ``at``; what was sent for later will not be played, and is dropped."""
        for key, notes in self._notes.items():
            begun = (note for note in notes if note.onset < at)
            self._notes[key] = [replace(note, release=min(note.release, at)) for note in begun]
        for key, offs in self._offs.items():
            self._offs[key] = [off for off in offs if off <= at]
        self._others = [(due, message) for due, message in self._others if due <= at]

    def ended(self, at: float) -> None:
        """Write the file, whole, in place of an older one; a performance that never began leaves that alone.

        Raises:
            PortError: the system would not write; what was recorded is kept, and this may be called again.
        """
        if self._origin is None:
            return
        grid = _Grid(self._tempi, self._origin, self._ticks_per_beat)
        midi = mido.MidiFile(type=1, ticks_per_beat=self._ticks_per_beat, charset="utf-8")
        midi.tracks.append(_track(TITLE, self._conductor(grid)))
        midi.tracks.extend(_track(name, lines) for name, lines in self._parts(grid))
        with replacing(self.path) as part:
            midi.save(part)
        self.written = True

    def _conductor(self, grid: _Grid) -> list[Line]:
        bars = [(0, self._pickup), (self._pickup * self._ticks_per_beat, self._beats_per_bar)]
        lines: list[Line] = [
            (tick, END, mido.MetaMessage("time_signature", numerator=beats, denominator=4))
            for tick, beats in bars
            if beats
        ]
        for tick, bpm in grid.changes:
            lines.append((tick, SET, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))))
        for moment, kind, text in self._words:
            lines.append((grid.tick(moment), BEGIN, mido.MetaMessage(kind, text=_plain(text))))
        return lines

    def _parts(self, grid: _Grid) -> list[tuple[str, list[Line]]]:
        lines: defaultdict[int, list[Line]] = defaultdict(list)
        for (channel, pitch), notes in self._notes.items():
            lines[channel].extend(_pairs(channel, pitch, notes, self._offs[channel, pitch], grid))
        for due, message in self._others:
            lines[message[0] & 0x0F].append((grid.tick(due), SET, mido.Message.from_bytes(message)))
        order = [*self._tracks, *sorted(channel for channel in lines if channel not in self._tracks)]
        names = {channel: self._tracks.get(channel, [f"channel {channel + 1}"]) for channel in order}
        return [(" & ".join(names[channel]), lines[channel]) for channel in order]


class _Grid:
    """Session seconds to ticks through the tempo changes: a beat is always ``ticks_per_beat``.

    Ticks follow the exact tempo, while the file's whole microseconds a beat are off by up to
    1e-6: beats stay on the grid, and played back the file may drift by 4 ms an hour.
    """

    def __init__(self, tempi: Sequence[Segment], origin: float, ticks_per_beat: int) -> None:
        self._ticks_per_beat = ticks_per_beat
        first, *others = sorted(tempi, key=lambda segment: segment.moment) or [Segment(origin, 0.0, USUAL_BPM)]
        self._moments, self._beats, self._rates = [origin], [0.0], [first.bpm / 60]
        for segment in others:
            beat = self.beat(segment.moment)
            self._moments.append(max(origin, segment.moment))
            self._beats.append(beat)
            self._rates.append(segment.bpm / 60)

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
