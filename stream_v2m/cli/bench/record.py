"""The record of one performance: its stamps, joined to what each picture and each message went through."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_v2m.cli.bench.figures import Seconds
from stream_v2m.cli.bench.matching import Score, arrivals, causes, pairs, score
from stream_v2m.cli.bench.performance import MOTION, PLAYER
from stream_v2m.cli.bench.reel import Reel
from stream_v2m.cli.bench.watcher import COLUMNS, KINDS, SUFFIX
from stream_v2m.core.values import Event
from stream_v2m.midi.channel_message import CONTROL_CHANGE

Table = dict[str, NDArray[np.float64]]
ANSWERED_WITHIN = 1.0  # seconds; an event so near to the end may not have been answered yet
LATE = 2  # frames that an event may be told late
_GESTURE = -2  # in place of a frame's number: an accent that answers a gesture answers no cut
_MOTION_HEAD = (CONTROL_CHANGE | MOTION.channel - 1) << 8 | MOTION.controller  # of the messages that tell the motion
_PLAYED = ("due", "returned", "message")


class Span(NamedTuple):
    """What counts: from ``begin`` to before ``end``, session seconds."""

    begin: float
    end: float

    def holds(self, moments: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of them count."""
        return (moments >= self.begin) & (moments < self.end)


class Accent(NamedTuple):
    """An event of the film that was answered: its frame, and when its accent was handed over, sent and heard."""

    number: int
    handed: float
    due: float
    returned: float
    arrived: float


@dataclass
class Record:
    """One performance's stamps.

    Args:
        started: session second at which the reel's frame 0 was there.
        tables: columns by the name of the file and of the column; ``player`` too.
        heard: [M, 2] moments and messages at the peer.
    """

    reel: Reel
    started: float
    tables: dict[str, Table]
    heard: NDArray[np.float64]

    @classmethod
    def read(cls, reel: Reel, started: float, folder: Path, heard: NDArray[np.float64]) -> Record:
        """The files that ``performance`` and its player have left."""
        files = {**COLUMNS, PLAYER: _PLAYED}
        return cls(reel, started, {name: _table(folder / f"{name}{SUFFIX}", files[name]) for name in files}, heard)

    def there(self, numbers: NDArray[np.float64]) -> Seconds:
        """When frames were there, as from a camera."""
        return self.started + numbers / self.reel.rate_hz

    def numbers(self, frames: NDArray[np.float64]) -> NDArray[np.float64]:
        """Numbers of the frames with these time stamps; each was stamped as soon as it was made."""
        pictures = self.tables["pictures"]
        places = np.searchsorted(pictures["made"], frames, side="right") - 1
        known = (places >= 0) & np.isfinite(frames)
        return np.where(known, pictures["number"][np.maximum(places, 0)], np.nan)

    def stages(self, span: Span) -> dict[str, Seconds]:
        """Seconds of each of ``figures.STAGES``."""
        packets, pictures, looks = (self.tables[name] for name in ("packets", "pictures", "looks"))
        stamped, numbers = looks["frame"], self.numbers(looks["frame"])
        seen, read = span.holds(self.there(numbers)), span.holds(self.there(packets["number"]))
        made = span.holds(pictures["made"])
        played, planned = self.tables[PLAYER], self._planned_rows(span)
        return {
            "age": (stamped - self.there(numbers))[seen],
            "capture": (packets["read"] - self.there(packets["number"]))[read],
            "decode": (packets["decoded"] - packets["read"])[read],
            "convert": (pictures["made"] - pictures["taken"])[made],
            "hand-over": (looks["began"] - stamped)[seen],
            "vision": (looks["measured"] - looks["began"])[seen],
            "features": (looks["ended"] - looks["measured"])[seen],
            "AMT": self._work("amt", span),
            "GRU": self._work("gru", span),
            "step": self._work("steps", span),
            "arrange": self._work("wrote", span, "woke", "at"),
            "queue": self._queue(span),
            "pipe": self._urgent(span),
            "player": (played["returned"] - played["due"])[planned],
            "wire": (self.arrived - played["returned"])[self._heard(span)],
        }

    def paths(self, span: Span) -> dict[str, Seconds]:
        """Seconds of each of ``figures.PATHS``."""
        accents = self.accents(span)
        events, plans, sent = (self.tables[name] for name in ("events", "plans", "sent"))
        there = {accent.number: float(self.there(np.array(accent.number))) for accent in accents}
        told = self._told(span)
        confirming = [
            (float(self.there(self.numbers(events["frame"][place : place + 1]))[0]), accent)
            for accent in accents
            if (place := told.get(accent.number)) is not None
        ]
        decided = span.holds(plans["at"]) & np.isfinite(plans["frame"])
        moved = span.holds(sent["at"]) & (sent["message"].astype(int) >> 8 == _MOTION_HEAD)
        moved_at = self.arrived_of_sent[moved] - self.there(self.numbers(sent["frame"][moved]))
        moved_sent = self.returned_of_sent[moved] - sent["frame"][moved]
        made = dict(zip(self.tables["pictures"]["number"], self.tables["pictures"]["made"], strict=True))
        return {
            "cut → accent": np.array([accent.arrived - there[accent.number] for accent in accents]),
            "confirmation → accent": np.array([accent.arrived - moment for moment, accent in confirming]),
            "cut → confirmed": np.array(
                [events["at"][place] - float(self.there(np.array(number))) for number, place in told.items()]
            ),
            "motion → CC": moved_at[np.isfinite(moved_at)],
            "picture → accent": np.array(
                [accent.returned - made[accent.number] for accent in accents if accent.number in made]
            ),
            "picture → CC": moved_sent[np.isfinite(moved_sent)],
            "frame → chord": (plans["at"] - self.there(self.numbers(plans["frame"])))[decided],
            "deadline → wire": self._late(span),
        }

    def accents(self, span: Span) -> list[Accent]:
        """The film's events that were answered by an accent at the peer."""
        struck, numbers = self._struck
        matched = self._matched(numbers, span)
        return [struck[place]._replace(number=number) for number, place in matched.items()]

    def accent_score(self, span: Span) -> Score:
        """How many of the film's events were answered, and how many accents answered none."""
        numbers = np.array(self._struck[1], np.float64)
        inside = span.holds(self.there(numbers)) & (numbers < self._frames(span)[1] - self._tail)
        return score(self._as_seen(self._events(span)), numbers[inside].astype(int).tolist(), late=LATE)

    def event_score(self, event: Event, span: Span) -> Score:
        """Cuts or flashes of the film against those that were told."""
        events = self.tables["events"]
        origins = events["origin"][events["kind"] == KINDS[event]]
        numbers = self.numbers(origins)
        inside = span.holds(self.there(numbers)) & (numbers < self._frames(span)[1] - self._tail)
        found = numbers[inside].astype(int).tolist()
        return score(self._as_seen(self._known(span)[event is Event.FLASH]), found, late=LATE)

    def seen(self, span: Span) -> tuple[int, int, int]:
        """Pictures that there were, those that were measured, and steps."""
        first, last = self._frames(span)
        looks = self.there(self.numbers(self.tables["looks"]["frame"]))
        plans = self.tables["plans"]
        return last - first, int(span.holds(looks).sum()), len(np.unique(plans["step"][span.holds(plans["at"])]))

    def carried(self, span: Span) -> tuple[int, int]:
        """Messages that the driver had, and those of them that arrived."""
        played = span.holds(self.tables[PLAYER]["returned"])
        return int(played.sum()), int(np.isfinite(self.arrived[played]).sum())

    @cached_property
    def arrived(self) -> Seconds:
        """When each message that the player's driver had arrived."""
        played = self.tables[PLAYER]
        return arrivals(np.column_stack([played["returned"], played["message"]]), self.heard)

    @cached_property
    def arrived_of_sent(self) -> Seconds:
        """The same for each message that the performer handed over."""
        return self._of_sent(self.arrived)

    @cached_property
    def returned_of_sent(self) -> Seconds:
        """When the driver's send returned of each message that the performer handed over."""
        return self._of_sent(self.tables[PLAYER]["returned"])

    def _of_sent(self, moments: Seconds) -> Seconds:
        """What is known of each message that the player had, for each that the performer handed over."""
        sent, played = self.tables["sent"], self.tables[PLAYER]
        known = dict(zip(zip(played["due"], played["message"], strict=True), moments, strict=True))
        return np.array([known.get(key, math.nan) for key in zip(sent["due"], sent["message"], strict=True)])

    @cached_property
    def _struck(self) -> tuple[list[Accent], list[int]]:
        """Every accent that arrived, by its first note, and the number of the frame that it answers."""
        sent, events = self.tables["sent"], self.tables["events"]
        first: dict[float, Accent] = {}
        for place in np.flatnonzero((sent["accent"] > 0) & np.isfinite(self.arrived_of_sent)):
            columns = (sent["due"], sent["at"], self.returned_of_sent, self.arrived_of_sent)
            due, handed, left, at = (float(column[place]) for column in columns)
            if due not in first or at < first[due].arrived:
                first[due] = Accent(-1, handed, due, left, at)
        struck = [first[due] for due in sorted(first)]
        numbers = np.nan_to_num(self.numbers(events["origin"]), nan=-1).astype(int)
        numbers[events["kind"] == KINDS[Event.ONSET]] = _GESTURE
        told = sorted(zip(events["at"].tolist(), numbers.tolist(), strict=True))  # of one moment, a gesture first
        answered = causes([one.handed for one in struck], told)
        kept = [(one, cause) for one, cause in zip(struck, answered, strict=True) if cause not in (None, _GESTURE)]
        return [one for one, _ in kept], [cause for _, cause in kept if cause is not None]

    @property
    def _tail(self) -> int:
        return round(ANSWERED_WITHIN * self.reel.rate_hz)

    def _frames(self, span: Span) -> tuple[int, int]:
        first, last = (math.ceil((moment - self.started) * self.reel.rate_hz - 1e-6) for moment in span)
        return max(0, first), max(0, last)

    def _known(self, span: Span) -> tuple[list[int], list[int]]:
        """The film's cuts and flashes, save those whose answer would come after the end."""
        first, last = self._frames(span)
        return self.reel.events(first, last - self._tail)

    def _events(self, span: Span) -> list[int]:
        cuts, flashes = self._known(span)
        return sorted([*cuts, *flashes])

    def _told(self, span: Span) -> dict[int, int]:
        """By the frame of an event of the film the row of ``events`` that says what it was."""
        events = self.tables["events"]
        places = np.flatnonzero(np.isin(events["kind"], (KINDS[Event.CUT], KINDS[Event.FLASH])))
        numbers = np.nan_to_num(self.numbers(events["origin"][places]), nan=-1).astype(int).tolist()
        return {number: int(places[place]) for number, place in self._matched(numbers, span).items()}

    def _matched(self, numbers: list[int], span: Span) -> dict[int, int]:
        """By the frame of an event of the film the place in ``numbers`` of the first that is it."""
        known = self._events(span)
        matched = pairs(self._as_seen(known), numbers, late=LATE)
        return {
            number: matched[seen] for number, seen in zip(known, self._as_seen(known), strict=True) if seen in matched
        }

    def _as_seen(self, numbers: list[int]) -> list[int]:
        """For each frame the first that was measured from there on: the others were passed over."""
        seen = np.sort(self.numbers(self.tables["looks"]["frame"]))
        places = np.searchsorted(seen, numbers)
        return [
            int(seen[place]) if place < len(seen) else number for place, number in zip(places, numbers, strict=True)
        ]

    def _work(self, name: str, span: Span, began: str = "began", ended: str = "ended") -> Seconds:
        table = self.tables[name]
        return (table[ended] - table[began])[span.holds(table[ended])]

    def _ahead(self) -> NDArray[np.bool_]:
        """Which of the sent messages were handed over before they were due."""
        sent = self.tables["sent"]
        return sent["due"] > sent["at"]

    def _queue(self, span: Span) -> Seconds:
        sent = self.tables["sent"]
        chosen = self._ahead() & span.holds(sent["at"])
        return (sent["due"] - sent["at"])[chosen]

    def _urgent_keys(self) -> dict[tuple[float, float], float]:
        sent, late = self.tables["sent"], ~self._ahead()
        return {
            (due, what): at for due, what, at in zip(*(sent[c][late] for c in ("due", "message", "at")), strict=True)
        }

    def _urgent(self, span: Span) -> Seconds:
        """Hand-over to driver, of what was due at once."""
        handed, played = self._urgent_keys(), self.tables[PLAYER]
        rows = zip(played["due"], played["message"], played["returned"], strict=True)
        found = [
            returned - handed[due, what]
            for due, what, returned in rows
            if (due, what) in handed and span.begin <= returned < span.end
        ]
        return np.array(found, np.float64)

    def _planned_rows(self, span: Span) -> NDArray[np.bool_]:
        handed, played = self._urgent_keys(), self.tables[PLAYER]
        ahead = [key not in handed for key in zip(played["due"], played["message"], strict=True)]
        return np.array(ahead, np.bool_) & span.holds(played["returned"])

    def _heard(self, span: Span) -> NDArray[np.bool_]:
        return span.holds(self.tables[PLAYER]["returned"]) & np.isfinite(self.arrived)

    def _late(self, span: Span) -> Seconds:
        chosen = self._planned_rows(span) & self._heard(span)
        return (self.arrived - self.tables[PLAYER]["due"])[chosen]


def _table(path: Path, columns: tuple[str, ...]) -> Table:
    rows = np.fromfile(path, np.float64).reshape(-1, len(columns)) if path.exists() else np.empty((0, len(columns)))
    return {column: rows[:, place] for place, column in enumerate(columns)}
