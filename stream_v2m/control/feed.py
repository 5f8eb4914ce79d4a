"""What happens in a performance, handed to whoever listens from outside: bounded for each, and never waited for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Literal

from stream_v2m.control import words
from stream_v2m.core.lasting import Lasting
from stream_v2m.core.tempo import Segment
from stream_v2m.core.values import Affect, Cue, Frame, MidiEvent, MusicEvent, NoteEvent, Track
from stream_v2m.core.witness import Witness

Kind = Literal["notes", "cue", "midi", "released"]
CAPACITY = 256  # news that wait for one listener: some seconds of dense music

REALTIME = 0xF8  # MIDI clock and its like: a network's jitter would spoil them


class News:
    """One thing that happened; written as JSON once, when the first listener sends it."""

    __slots__ = ("_text", "_write", "kind")

    def __init__(self, kind: Kind, write: Callable[[], str]) -> None:
        self.kind, self._write = kind, write
        self._text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = self._write()
        return self._text


class Box:
    """News for one listener; once it overflows all of it is forgotten, and the listener is told so.

    Args:
        first: what a listener must know before all else; asked again when it has to begin anew.
    """

    def __init__(
        self, kinds: frozenset[Kind], capacity: int = CAPACITY, *, first: Callable[[], Iterable[News]] = tuple
    ) -> None:
        self.kinds, self._capacity, self._first = kinds, capacity, first
        self._news: deque[News] = deque()
        self._lagged = False
        self._fresh = asyncio.Event()
        self._begin()

    def put(self, news: News) -> None:
        """Keep it if it is wanted."""
        if news.kind not in self.kinds:
            return
        if len(self._news) == self._capacity:
            self._lagged = True
            self._begin()
        self._news.append(news)
        self._fresh.set()

    def take(self) -> News | None:
        """The oldest that is there."""
        if not self._news:
            self._fresh.clear()
            return None
        return self._news.popleft()

    def lagged(self) -> bool:
        """Whether something was lost since the last time this was asked."""
        lagged, self._lagged = self._lagged, False
        return lagged

    async def wait(self) -> None:
        """Return when there is something to take."""
        await self._fresh.wait()

    def _begin(self) -> None:
        self._news = deque(news for news in self._first() if news.kind in self.kinds)
        if self._news:
            self._fresh.set()


class Feed(Witness):
    """Hands on notes, messages and cues, and keeps what is newest of the rest.

    Attributes:
        frame: the newest picture; None before the first.
        tracks: the parts that play, with their channels.
        segment: the newest piece of tempo; None before the first.
    """

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.tracks: tuple[Track, ...] = ()
        self.segment: Segment | None = None
        self._channels: dict[str, int] = {}
        self._lasting: Lasting[MidiEvent] = Lasting()
        self._boxes: list[Box] = []

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._boxes)

    @contextmanager
    def listening(self, kinds: frozenset[Kind]) -> Iterator[Box]:
        """A box that is filled for as long as the context lasts.

        With MIDI messages it begins with the sounds: programs and controllers as they were told last.
        """
        box = Box(kinds, first=self._sounds)
        self._boxes.append(box)
        try:
            yield box
        finally:
            self._boxes.remove(box)

    def arranged(self, tracks: Sequence[Track]) -> None:
        self.tracks = tuple(tracks)
        self._channels = {track.name: track.channel for track in tracks}

    def retimed(self, segment: Segment) -> None:
        self.segment = segment

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        self.frame = frame
        for cue in cues:
            if cue.event is not None:
                self._tell("cue", partial(words.cue, cue))

    def played(self, events: Sequence[MusicEvent]) -> None:
        if self._boxes and (notes := [event for event in events if isinstance(event, NoteEvent)]):
            self._tell("notes", partial(words.notes, notes, self._channels))

    def sent(self, messages: Sequence[MidiEvent]) -> None:
        for message in messages:
            self._lasting.note(message.message, message)
        if self._boxes and (told := [each for each in messages if each.message[0] < REALTIME]):
            self._tell("midi", partial(words.midi, told))

    def released(self, at: float) -> None:
        self._tell("released", partial(words.released, at))

    def _sounds(self) -> Iterator[News]:
        if sounds := list(self._lasting):
            yield News("midi", partial(words.midi, sounds))

    def _tell(self, kind: Kind, write: Callable[[], str]) -> None:
        if self._boxes:
            news = News(kind, write)
            for box in self._boxes:
                box.put(news)
