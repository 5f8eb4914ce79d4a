"""One visitor's WebSocket, without a socket."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from stream_v2m.control.events import FAULTS, Events, Hearing, Wishes
from stream_v2m.control.feed import CAPACITY, Feed
from stream_v2m.control.obey import Obey
from stream_v2m.control.preview import Preview
from stream_v2m.control.words import Sheet
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.command import Command
from stream_v2m.core.errors import SourceError
from stream_v2m.core.state import Board, State
from stream_v2m.core.values import Cue, Event, Frame, NoteEvent
from stream_v2m.core.worker import InlineWorker

pytestmark = pytest.mark.unit


class Wire:
    """Keeps what was sent, with its moment; takes ``slow`` seconds for each message."""

    def __init__(self, slow: float = 0.0) -> None:
        self.slow = slow
        self.sent: list[tuple[float, Any]] = []

    async def send_str(self, data: str) -> None:
        await asyncio.sleep(self.slow)
        self.sent.append((VirtualClock().now(), json.loads(data)))

    async def send_bytes(self, data: bytes) -> None:
        await asyncio.sleep(self.slow)
        self.sent.append((VirtualClock().now(), data))

    def of(self, kind: str) -> list[dict]:
        return [each for _, each in self.sent if isinstance(each, dict) and each["type"] == kind]


class Stage:
    """A board and a feed with one visitor."""

    def __init__(self, wire: Wire, wishes: Wishes, jpeg: Callable[[Frame], bytes] | None = None) -> None:
        self.board, self.feed, self.wire, self.wishes = Board(State()), Feed(), wire, wishes
        clock = VirtualClock()
        self.preview = jpeg and Preview(self.feed, jpeg, worker=InlineWorker(), clock=clock)
        self.events = Events(self.board, self.feed, Sheet({}), clock, self.preview)

    def play(self, script: Callable[["Stage"], Any]) -> Wire:
        """Run ``script`` beside the visitor."""

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self.events.tell(self.wire, self.wishes))]
                tasks += [group.create_task(self.preview.run())] if self.preview else []
                await script(self)
                for task in tasks:
                    task.cancel()

        run_virtual(main())
        return self.wire


def visit(script: Callable[[Stage], Any], *, slow: float = 0.0, **wishes: Any) -> Wire:
    return Stage(Wire(slow), Wishes(**wishes)).play(script)


async def count_cuts(stage: Stage, *, seconds: float, every: float = 0.01) -> None:
    for number in range(round(seconds / every)):
        stage.board.update(cuts=number)
        await asyncio.sleep(every)


def merged(wire: Wire) -> dict:
    """The state as a page has it that follows every delta."""
    state = dict(wire.of("state")[-1]["state"])
    for delta in wire.of("delta"):
        state |= delta["changes"]
    return state


def test_first_comes_the_whole_state_and_then_what_changes():
    async def script(stage: Stage) -> None:
        await asyncio.sleep(0.1)
        stage.board.update(cuts=3, estimator="clip")
        await asyncio.sleep(0.2)

    wire = visit(script)
    assert [each["type"] for _, each in wire.sent] == ["state", "delta"]
    assert wire.of("state")[0]["version"] == 1
    assert wire.of("delta")[0]["changes"] == {"cuts": 3, "estimator": "clip"}
    assert [each["seq"] for _, each in wire.sent] == [0, 1]


def test_nothing_is_said_while_nothing_changes():
    wire = visit(lambda stage: asyncio.sleep(5.0))
    assert len(wire.sent) == 1


@pytest.mark.parametrize("rate", [1, 15, 30])
def test_changes_come_as_often_as_was_asked_for_and_the_last_one_surely(rate):
    async def script(stage: Stage) -> None:
        await count_cuts(stage, seconds=4.0)
        await asyncio.sleep(1.1)

    wire = visit(script, rate=rate)
    assert len(wire.of("delta")) == pytest.approx(4 * rate, rel=0.35)
    assert len(wire.of("delta")) <= 4 * rate + 1
    assert merged(wire)["cuts"] == 399


def test_notes_come_at_once_and_in_order_to_who_wants_them():
    async def script(stage: Stage) -> None:
        await asyncio.sleep(0.5)
        for pitch in (60, 61, 62):
            stage.feed.played([NoteEvent(1.0, 0.5, pitch, 90, "bass")])
        stage.feed.released(0.6)
        await asyncio.sleep(0.2)

    wire = visit(script, notes=True, rate=1)
    assert [note["pitch"] for each in wire.of("notes") for note in each["notes"]] == [60, 61, 62]
    assert [each["type"] for _, each in wire.sent[1:]] == ["notes", "notes", "notes", "released"]
    assert wire.sent[1][0] <= 0.53
    assert visit(script, rate=1).of("notes") == []


def test_a_slow_visitor_gets_the_newest_state_and_no_queue_grows():
    async def script(stage: Stage) -> None:
        for number in range(1000):
            stage.board.update(cuts=number)
            stage.feed.played([NoteEvent(1.0, 0.5, 60, 90, "bass")])
            assert all(len(box._news) <= CAPACITY for box in stage.feed._boxes)
            await asyncio.sleep(0.01)
        await asyncio.sleep(20.0)

    wire = visit(script, slow=1.0, notes=True)
    assert len(wire.sent) <= 31  # one a second
    states = wire.of("state")
    assert len(states) >= 2  # the whole again, since notes were lost
    assert states[-1]["state"]["cuts"] >= 500
    assert merged(wire)["cuts"] == 999


def test_a_visitor_who_reads_all_is_never_told_the_whole_again():
    async def script(stage: Stage) -> None:
        for _ in range(10 * CAPACITY):
            stage.feed.played([NoteEvent(1.0, 0.5, 60, 90, "bass")])
            await asyncio.sleep(0.01)

    assert len(visit(script, notes=True).of("state")) == 1


def test_who_has_gone_is_not_kept_in_mind():
    stage = Stage(Wire(), Wishes(notes=True))
    stage.play(lambda stage: asyncio.sleep(1.0))
    assert stage.feed._boxes == []


def test_cuts_are_told_as_they_happen():
    async def script(stage: Stage) -> None:
        await asyncio.sleep(0.5)
        stage.feed.saw(FRAME, [Cue(0.5, 0.9), Cue(0.5, 0.9, Event.HIT, 0.5)], None, at=0.5)
        await asyncio.sleep(0.2)

    assert visit(script).of("cue") == [{"type": "cue", "event": "hit", "time": 0.5}]


FRAME = Frame(0.0, np.zeros((3, 90, 160), np.uint8), lambda width, height: np.zeros((height, width, 3), np.uint8))


async def film(stage: Stage) -> None:
    for number in range(120):
        frame = Frame(number / 30, FRAME.small, FRAME.picture)
        stage.feed.saw(frame, [Cue(number / 30, 0.5)], None, at=number / 30)
        await asyncio.sleep(1 / 30)


def test_pictures_come_eight_times_a_second_at_most():
    wire = Stage(Wire(), Wishes(preview=True), lambda frame: b"%.2f" % frame.time).play(film)
    pictures = [each for _, each in wire.sent if isinstance(each, bytes)]
    assert 24 <= len(pictures) <= 33
    assert pictures == sorted(set(pictures), key=float)


def test_no_picture_is_made_that_nobody_wants():
    made: list[Frame] = []
    Stage(Wire(), Wishes(), lambda frame: made.append(frame) or b"").play(film)  # type: ignore[func-returns-value]
    assert made == []


def test_a_picture_that_cannot_be_made_ends_nothing():
    def fail(frame: Frame) -> bytes:
        raise SourceError("no such pixel format")

    wire = Stage(Wire(), Wishes(preview=True), fail).play(film)
    assert [each["type"] for _, each in wire.sent if isinstance(each, dict)] == ["state"]
    assert len(wire.sent) == 1


def test_no_picture_is_made_twice_of_one_frame():
    made: list[Frame] = []

    async def script(stage: Stage) -> None:
        stage.feed.saw(FRAME, [], None, at=0.0)
        await asyncio.sleep(3.0)
        assert stage.preview is not None
        assert await stage.preview.fresh() == b"jpeg"

    Stage(Wire(), Wishes(preview=True), lambda frame: made.append(frame) or b"jpeg").play(script)
    assert len(made) == 1


@pytest.mark.parametrize(
    "query", [{"rate": "0"}, {"rate": "31"}, {"rate": "nan"}, {"rate": "x"}, {"notes": "2"}, {"nonsense": "1"}]
)
def test_a_wish_that_cannot_be_granted_is_refused(query):
    with pytest.raises(ValidationError):
        Wishes.model_validate(query)


class Talk:
    """A visitor who speaks."""

    def __init__(self, rate: float = 50.0) -> None:
        self.given: list[Command] = []
        self.now = 10.0
        self.hearing = Hearing(Obey(self.given.append, styles=[], allow_quit=False), now=lambda: self.now, rate=rate)

    def say(self, message: Any) -> dict:
        text = message if isinstance(message, str | bytes) else json.dumps(message)
        return json.loads(self.hearing.answer(text))


def test_a_ping_comes_back_with_the_sessions_time():
    assert Talk().say({"type": "ping", "id": 7, "t": 1.5}) == {"type": "pong", "id": 7, "t": 1.5, "now": 10.0}


def test_a_command_is_obeyed_and_answered():
    talk = Talk()
    answer = talk.say({"type": "command", "id": "a", "name": "hold", "arguments": {"on": True}})
    assert answer == {"type": "answer", "id": "a", "ok": True}
    assert len(talk.given) == 1


def test_a_command_that_fails_says_why_and_is_no_fault():
    talk = Talk()
    answer = talk.say({"type": "command", "id": 1, "name": "hold", "arguments": {"on": "what"}})
    assert (answer["ok"], answer["error"]["where"], answer["error"]["got"]) == (False, "hold.on", "'what'")
    assert talk.hearing.faults == 0


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        b"\x00",
        {"type": "nonsense"},
        {"type": ["ping"]},
        {"type": {"a": 1}},
        {"type": None},
        {"type": "ping", "id": [1]},
        {"type": "ping", "id": True, "t": 0},
        {"type": "ping", "id": 1, "t": "late"},
        {"type": "ping", "id": "x" * 65, "t": 0},
        {"type": "ping", "id": 2**60, "t": 0},
        {"type": "command", "id": 1},
        {"type": "command", "id": 1, "name": "hold", "arguments": []},
        {"type": "command", "id": 1, "name": "hold", "more": 1},
        '{"type":"ping","id":1,"t":NaN}',
    ],
)
def test_what_is_no_message_is_a_fault_with_a_reason(message):
    talk = Talk()
    answer = talk.say(message)
    assert answer["type"] == "error"
    assert answer["error"]["what"]
    assert talk.hearing.faults == 1
    assert FAULTS == 20


def test_who_says_too_much_is_refused_and_then_read_slowly():
    talk = Talk(rate=10.0)
    hold = {"type": "command", "id": 1, "name": "hold", "arguments": {"on": True}}
    assert [talk.say(hold)["ok"] for _ in range(11)] == [True] * 10 + [False]
    assert talk.hearing.next == pytest.approx(10.1)
    assert len(talk.given) == 10
    talk.now = 11.0
    assert talk.say(hold)["ok"]
