"""MQTT with a real broker: what is told, what is obeyed, and brokers that go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from stream_v2m.control.certificates import self_signed
from stream_v2m.control.mqtt import Mqtt
from stream_v2m.control.mqtt_config import MqttConfig
from stream_v2m.control.obey import Obey
from stream_v2m.core.chords import Chord
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.harmony import Hold, Transpose
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import Board, State
from tests.support.mosquitto import HOST, Mosquitto, black_hole, mosquitto
from tests.support.require import require

pytestmark = pytest.mark.integration

BASE = "stream_v2m/stage"


@pytest.fixture
def broker(tmp_path):
    with mosquitto(tmp_path) as running:
        yield running


class Performance:
    """A board and a surface, without the music between."""

    def __init__(self, port: int, **config: object) -> None:
        self.board = Board(State(chord=Chord.parse("D:min7"), bpm=120.0))
        self.given: list[Command] = []
        settings = MqttConfig(broker=f"{HOST}:{port}", name="stage", **config)
        obey = Obey(self.give, styles=["arpeggio", "waltz"], allow_quit=settings.may_quit)
        self.mqtt = Mqtt(settings, board=self.board, obey=obey, clock=MonotonicClock(), health=lambda: {"ok": True})

    def give(self, command: Command) -> None:
        if command == Transpose(semitones=24):
            raise ConfigError("is too high for a tuba", where="transpose")
        self.given.append(command)

    @asynccontextmanager
    async def running(self, *, connected: bool = True) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.mqtt.run())
            if connected:
                await until(lambda: self.mqtt.counts.connected)
            yield
            task.cancel()


async def until(true, seconds=15.0):
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what others do gives no event
            await asyncio.sleep(0.01)


async def hear(broker: Mosquitto, topic: str, **options):
    return await asyncio.to_thread(broker.hear, f"{BASE}/{topic}", **options)


async def told(broker: Mosquitto, topic: str, value):
    """Wait until the retained word on ``topic`` is ``value``."""
    async with asyncio.timeout(15):
        while value not in [heard for _, heard in await hear(broker, topic, retained=True, seconds=1)]:
            pass


async def say_and_hear(broker: Mosquitto, topic: str, payload: str, *options: str):
    """Publish, and take the answer."""
    listening = asyncio.create_task(hear(broker, "answer"))
    await asyncio.sleep(0.3)  # mosquitto_sub says nothing when it listens
    await asyncio.to_thread(broker.say, f"{BASE}/{topic}", payload, *options)
    ((_, answer),) = await listening
    return answer


async def test_whoever_comes_later_finds_the_state_retained(broker):
    show = Performance(broker.port)
    async with show.running():
        await told(broker, "status", "online")
        await told(broker, "chord", {"version": 1, "chord": "Dm7", "key": None, "step": 0})
        show.board.update(chord=Chord.parse("G:7"), step=1)
        await told(broker, "chord", {"version": 1, "chord": "G7", "key": None, "step": 1})
        topics = ["status", "chord", "next_chord", "affect", "dynamics", "cues", "tempo", "controls", "health"]
        for topic in topics:
            assert await hear(broker, topic, retained=True), topic


async def test_commands_are_obeyed_and_answered(broker):
    show = Performance(broker.port)
    async with show.running():
        answer = await say_and_hear(broker, "command/hold", '{"on": true, "id": "x7"}')
        assert answer == {"version": 1, "ok": True, "command": "hold", "id": "x7"}
        answer = await say_and_hear(broker, "command", '{"command": "transpose", "semitones": 3}')
        assert answer == {"version": 1, "ok": True, "command": "transpose"}
    assert show.given == [Hold(on=True), Transpose(semitones=3)]


WRONG = [
    ("command/explode", "", "no such command", "explode"),
    ("command/hold", "{nonsense", "is no JSON", "command/hold"),
    ("command/hold", "[1]", "is no JSON object", "command/hold"),
    ("command/hold", '{"on": "perhaps"}', "input should be a valid boolean", "hold.on"),
    ("command/transpose", '{"semitones": 24}', "is too high for a tuba", "transpose"),
    ("command/set_style", '{"style": "/etc/passwd"}', "no such style", "style"),
    ("command", "{}", "names no command", "command"),
]


async def test_a_wrong_command_is_answered_with_the_reason(broker):
    show = Performance(broker.port)
    async with show.running():
        listening = asyncio.create_task(hear(broker, "answer", count=len(WRONG), seconds=20))
        await asyncio.sleep(0.3)
        for topic, payload, _, _ in WRONG:
            await asyncio.to_thread(broker.say, f"{BASE}/{topic}", payload)
        answers = [answer for _, answer in await listening]
    assert [answer["ok"] for answer in answers] == [False] * len(WRONG)
    for answer, (_, _, what, where) in zip(answers, WRONG, strict=True):
        assert what in answer["error"]["what"]
        assert answer["error"]["where"] == where
    assert show.given == []


async def test_an_answer_goes_where_mqtt_5_asks_for_it_but_never_where_we_speak(broker):
    require("mosquitto_rr")
    show = Performance(broker.port)
    async with show.running():
        answer = await asyncio.to_thread(broker.ask, f"{BASE}/command/hold", '{"on": true}', "mine/answers")
        assert answer["ok"] is True
        listening = asyncio.create_task(hear(broker, "answer"))
        await asyncio.sleep(0.3)
        misled = ["-V", "5", "-D", "publish", "response-topic", f"{BASE}/chord"]
        await asyncio.to_thread(broker.say, f"{BASE}/command/hold", '{"on": false}', *misled)
        ((_, answer),) = await listening
        assert answer["ok"] is True
        await told(broker, "chord", {"version": 1, "chord": "Dm7", "key": None, "step": 0})


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_command_that_was_left_retained_is_not_obeyed(broker, version):
    broker.say(f"{BASE}/command/hold", '{"on": true}', "-r")
    show = Performance(broker.port, version=version)
    async with show.running():
        await say_and_hear(broker, "command/hold", '{"on": false}')
    assert show.given == [Hold(on=False)]


async def test_a_broker_that_comes_back_empty_is_told_everything_again(broker):
    show = Performance(broker.port)
    async with show.running():
        await told(broker, "status", "online")
        broker.kill()
        await until(lambda: not show.mqtt.counts.connected)
        show.board.update(chord=Chord.parse("G:7"))
        await until(lambda: show.mqtt.counts.failures > 0)
        broker.start()
        await until(lambda: show.mqtt.counts.connected)
        await told(broker, "status", "online")
        await told(broker, "chord", {"version": 1, "chord": "G7", "key": None, "step": 0})
        assert (await say_and_hear(broker, "command/hold", '{"on": true}'))["ok"]
    assert [notice.rpartition(": ")[2] for notice in show.board.state.notices][-1] == "connected"


async def test_leaving_says_offline(broker):
    show = Performance(broker.port)
    async with show.running():
        await told(broker, "status", "online")
    await told(broker, "status", "offline")


async def test_a_wrong_password_is_told_without_it_and_the_right_one_is_let_in(tmp_path):
    require("mosquitto_passwd")
    users = tmp_path / "users"
    await asyncio.to_thread(_make_user, users, "stage", "open sesame")
    with mosquitto(tmp_path, "allow_anonymous false", f"password_file {users}") as broker:
        wrong = Performance(broker.port, user="stage", password="open barley")
        async with wrong.running(connected=False):
            await until(lambda: wrong.mqtt.counts.failures > 0)
        assert len(wrong.board.state.notices) == 1
        assert "barley" not in wrong.board.state.notices[0]
        secret = tmp_path / "secret"
        secret.write_text("open sesame\n")
        right = Performance(broker.port, user="stage", password_file=secret)
        async with right.running():
            pass


# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore:.*unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
async def test_tls_checks_who_the_broker_is(tmp_path):
    import datetime

    cert, key = self_signed(tmp_path / "tls", [HOST], now=datetime.datetime.now(datetime.UTC))
    with mosquitto(tmp_path, f"certfile {cert}", f"keyfile {key}") as broker:
        known = Performance(broker.port, tls=True, tls_ca=cert)
        async with known.running():
            pass
        unknown = Performance(broker.port, tls=True)
        async with unknown.running(connected=False):
            await until(lambda: unknown.mqtt.counts.failures > 0)
        assert "certificate" in unknown.board.state.notices[0]


async def test_home_assistant_is_told_what_there_is(broker):
    show = Performance(broker.port, discovery=True)
    async with show.running():
        heard = await asyncio.to_thread(broker.hear, "homeassistant/#", retained=True, count=40, seconds=1)
    entities = dict(heard)
    style = entities["homeassistant/select/stream_v2m_stage/style/config"]
    assert style["options"] == ["arpeggio", "waltz"]
    assert style["command_topic"] == f"{BASE}/command/set_style"


async def test_what_home_assistant_publishes_is_obeyed(broker):
    show = Performance(broker.port)
    async with show.running():
        await say_and_hear(broker, "command", json.dumps({"command": "stop"}))
    assert [type(command).__name__ for command in show.given] == ["Stop"]


async def test_a_broker_that_never_answers_is_given_up_and_tried_again_and_leaving_it_takes_no_time(monkeypatch):
    monkeypatch.setattr("stream_v2m.control.mqtt.TIMEOUT", 0.1)
    with black_hole() as port:
        show = Performance(port)
        async with show.running(connected=False):
            await until(lambda: show.mqtt.counts.failures >= 2)
    assert show.mqtt.counts.connects == 0
    assert len(show.board.state.notices) == 1


def _make_user(file: Path, user: str, password: str) -> None:
    import subprocess

    with suppress(FileNotFoundError):
        file.unlink()
    subprocess.run(["mosquitto_passwd", "-b", "-c", file, user, password], check=True, capture_output=True)


async def test_leaving_while_the_broker_confirms_is_never_forgotten(broker):
    for turn in range(8):
        show = Performance(broker.port)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            task = group.create_task(show.mqtt.run())
            await until(lambda show=show, turn=turn: show.mqtt.counts.published > turn)
            task.cancel()
