"""One visitor's WebSocket: first the whole state, then what changes and what happens; commands come back on it.

Each connection goes at its own pace: it looks at the board when it is due, so nothing queues for one that is slow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import count
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.control import words
from stream_v2m.control.access import Buckets
from stream_v2m.control.faults import Fault, described, fault
from stream_v2m.control.feed import Feed, Kind
from stream_v2m.control.obey import Obey
from stream_v2m.control.preview import Preview
from stream_v2m.control.reading import read_model, read_object
from stream_v2m.core.clock import Clock, wait_until
from stream_v2m.core.errors import ConfigError, StreamV2MError
from stream_v2m.core.state import Board

LARGEST = 16 * 1024  # bytes of a visitor's message
FAULTS = 20  # messages that are no messages; then we part
BREATH = 0.02  # seconds between two looks: what happens meanwhile goes out together


class Wishes(BaseModel):
    """What a visitor wants to hear beside the state: the query of the address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    notes: bool = Field(False, description="notes, as they are written")
    midi: bool = Field(False, description="MIDI messages, as they are handed to the outputs")
    preview: bool = Field(False, description="the picture, as binary JPEG messages")
    rate: float = Field(15.0, ge=1, le=30, description="changes of the state a second, at most")

    @property
    def kinds(self) -> frozenset[Kind]:
        kinds: dict[Kind, bool] = {"cue": True, "released": True, "notes": self.notes, "midi": self.midi}
        return frozenset(kind for kind, wanted in kinds.items() if wanted)


class Wire(Protocol):
    """Where messages go; sending waits while the visitor is not ready."""

    async def send_str(self, data: str) -> None: ...

    async def send_bytes(self, data: bytes) -> None: ...


class Events:
    """What all connections share."""

    def __init__(
        self, board: Board, feed: Feed, sheet: words.Sheet, clock: Clock, preview: Preview | None = None
    ) -> None:
        self._board, self._feed, self._sheet, self._clock, self._preview = board, feed, sheet, clock, preview

    async def tell(self, wire: Wire, wishes: Wishes) -> None:
        """Tell one visitor what it wants to know, until cancelled or the wire breaks."""
        preview = self._preview if wishes.preview else None
        due, version, shown, numbers = -math.inf, None, 0, count()
        with self._feed.listening(wishes.kinds) as box:
            while True:
                now = self._clock.now()
                if (lagged := box.lagged()) or now >= due:
                    due = now + 1 / wishes.rate
                    text, version = self._changes(None if lagged else version, now, numbers)
                    if text is not None:
                        await wire.send_str(text)
                    if preview is not None:
                        preview.want()
                        if preview.picture is not None and preview.number != shown:
                            shown = preview.number
                            await wire.send_bytes(preview.picture)
                while (news := box.take()) is not None:
                    await wire.send_str(news.text)
                    if self._clock.now() >= due:  # the wire is slow: the state goes first
                        break
                else:
                    await self._clock.sleep_until(now + BREATH)
                    await wait_until(due, box.wait, self._clock)

    def state(self) -> str:
        """The whole state as one JSON object."""
        self._refresh(self._clock.now())
        return self._sheet.all()

    def _changes(self, version: int | None, now: float, numbers: count[int]) -> tuple[str | None, int]:
        """The message that brings a visitor from ``version`` to now, if one is needed."""
        self._refresh(now)
        at = f'"now":{words.written(words.word(now))}'
        if version is None:
            head = f'{{"type":"state","version":{words.VERSION},"seq":{next(numbers)},{at}'
            return f'{head},"state":{self._sheet.all()}}}', self._sheet.version
        changes = self._sheet.since(version)
        if changes is None:
            return None, version
        return f'{{"type":"delta","seq":{next(numbers)},{at},"changes":{changes}}}', self._sheet.version

    def _refresh(self, now: float) -> None:
        self._sheet.refresh(self._board.state, self._feed.tracks, now)


Id = (
    Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)] | Annotated[str, Field(strict=True, max_length=64)] | None
)


class Ping(BaseModel):
    """How late is it with you? ``t`` comes back as it was sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["ping"]
    id: Id = None
    t: Annotated[float, Field(strict=True)] = 0.0


class Ask(BaseModel):
    """A live command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["command"]
    id: Id = None
    name: Annotated[str, Field(strict=True)]
    arguments: dict[str, Any] = {}


_MESSAGES: Mapping[object, type[Ping | Ask]] = {"ping": Ping, "command": Ask}


class Hearing:
    """Answers what one visitor says.

    Args:
        now: session seconds.
        rate: messages a second.

    Attributes:
        faults: messages that were none.
        next: session seconds before which no other message should be read; who sends too many is read slowly.
    """

    def __init__(self, obey: Obey, *, now: Callable[[], float], rate: float) -> None:
        self._obey, self._now, self._rate = obey, now, rate
        self._bucket = Buckets(rate, rate, now)
        self.faults = 0
        self.next = -math.inf

    def answer(self, message: str | bytes) -> str:
        """The answer to one message, as JSON."""
        allowed = self._bucket.take()
        if not allowed:
            self.next = self._now() + 1 / self._rate
        try:
            if isinstance(message, bytes):
                raise ConfigError("binary messages mean nothing here", where="message", expected="JSON as text")
            values = read_object(message, "message")
            model = _MESSAGES.get(values.get("type") if isinstance(values.get("type"), str) else None)
            if model is None:
                raise ConfigError(
                    "no such message", where="message.type", got=repr(values.get("type")), expected="ping or command"
                )
            asked = read_model(model, values, "message")
        except StreamV2MError as error:
            self.faults += 1
            return words.written({"type": "error", "error": described(error)})
        if isinstance(asked, Ping):
            return words.written({"type": "pong", "id": asked.id, "t": asked.t, "now": words.word(self._now())})
        try:
            if not allowed:
                raise fault(429, "too many commands at once", where=asked.name, cure="send fewer")
            self._obey(asked.name, asked.arguments)
        except Fault as refused:
            return words.written({"type": "answer", "id": asked.id, "ok": False, "error": described(refused.error)})
        return words.written({"type": "answer", "id": asked.id, "ok": True})
