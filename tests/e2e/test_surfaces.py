"""A performance with its surfaces: they follow it, and never hold it up."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys

import aiomqtt
import pytest

from stream_v2m.config import Config
from stream_v2m.control.mqtt import Mqtt
from stream_v2m.control.mqtt_config import MqttConfig
from stream_v2m.control.obey import Obey
from stream_v2m.core.clock import MonotonicClock, VirtualClock, run_virtual
from stream_v2m.core.trace import Trace
from stream_v2m.core.worker import InlineWorker, ThreadWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig
from tests.support.mosquitto import HOST, black_hole, mosquitto

pytestmark = pytest.mark.e2e


def test_a_broker_whose_every_word_takes_for_ever_changes_no_note():
    class Stuck:
        """Connected; after that nothing is ever confirmed."""

        _disconnected: asyncio.Future[None]

        async def __aenter__(self):
            pass

        async def subscribe(self, *_):
            return []

        async def publish(self, topic, *_, **__):
            if "status" not in topic:
                await asyncio.sleep(1e9)

        @property
        async def messages(self):
            await asyncio.sleep(1e9)
            yield None

        def disconnect(self):
            pass

        on_disconnect = None

        @property
        def _client(self):
            self._disconnected = asyncio.Future()
            return self

    class StuckMqtt(Mqtt):
        def _make_client(self) -> aiomqtt.Client:
            return Stuck()  # type: ignore[return-value]

    async def perform(stuck: bool) -> Trace:
        clock, trace = VirtualClock(), Trace(title="")
        film = Film(SourceConfig(), seconds=6, rate_hz=10)
        session = Session(Config(), film, Outputs(), clock=clock, worker=lambda _: InlineWorker(), witnesses=[trace])
        if stuck:
            obey = Obey(session.command, styles=[], allow_quit=True)
            mqtt = StuckMqtt(MqttConfig(broker="nowhere"), board=session.board, obey=obey, clock=clock)
            await session.run(mqtt.run)
            assert mqtt.counts.connects == 1
        else:
            await session.run()
        return trace

    without, with_broker = run_virtual(perform(False)), run_virtual(perform(True))
    assert without.notes
    assert with_broker.notes == without.notes


def test_a_broker_that_never_answers_costs_no_step():
    async def perform() -> tuple[Session, Mqtt, Trace]:
        clock, trace = MonotonicClock(), Trace(title="")
        film = Film(SourceConfig(), seconds=4, rate_hz=10)
        session = Session(Config(), film, Outputs(), clock=clock, worker=ThreadWorker, witnesses=[trace])
        obey = Obey(session.command, styles=[], allow_quit=True)
        with black_hole() as port:
            mqtt = Mqtt(MqttConfig(broker=f"{HOST}:{port}"), board=session.board, obey=obey, clock=clock)
            await session.run(mqtt.run)
        return session, mqtt, trace

    session, mqtt, trace = asyncio.run(perform())
    assert mqtt.counts.connects == 0
    assert session.board.state.phase == "stopped"
    assert [plan.step for _, _, plan in trace.plans] == list(range(len(trace.plans)))
    assert len(trace.plans) >= 4


def test_a_performance_that_is_killed_leaves_its_last_will(tmp_path):
    with mosquitto(tmp_path) as broker:
        command = [sys.executable, "-m", "stream_v2m.cli.main", "play", "film:", "--to", f"file:{tmp_path / 'a.mid'}"]
        told = ["--mqtt", f"{HOST}:{broker.port}", "--mqtt-name", "stage", "--log", "json"]
        playing = subprocess.Popen([*command, *told], stderr=subprocess.PIPE, text=True)
        try:
            for line in playing.stderr:
                record = json.loads(line)
                if "connected as stream_v2m/stage" in record["message"]:
                    break
            listening = ("stream_v2m/stage/status", "online")
            assert broker.hear(listening[0]) == [listening]
            playing.send_signal(signal.SIGKILL)
            playing.wait(5)
            while broker.hear(listening[0]) == [listening]:
                pass
            assert broker.hear(listening[0]) == [(listening[0], "offline")]
        finally:
            playing.kill()
            playing.wait(5)
            playing.stderr.close()
