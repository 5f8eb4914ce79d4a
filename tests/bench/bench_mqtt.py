"""A broker that is stopped and started again and again while a film plays: lateness beside a run without MQTT.

``python -m tests.bench.bench_mqtt [SECONDS]`` (60) writes JSON: for both runs the player's lateness in milliseconds
(each bound with the count up to it), notes, steps, and what became of the connections.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from stream_v2m.config import Config
from stream_v2m.control.mqtt import Mqtt
from stream_v2m.control.mqtt_config import MqttConfig
from stream_v2m.control.obey import Obey
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.trace import Trace
from stream_v2m.core.worker import ThreadWorker
from stream_v2m.midi.output import Output
from stream_v2m.midi.outputs import Outputs
from stream_v2m.midi.player import Player
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig
from tests.support.jack import jack_server
from tests.support.mosquitto import HOST, Mosquitto

SECONDS = 60.0
RESTARTS = 10


async def perform(seconds: float, broker: Mosquitto | None) -> dict[str, Any]:
    """One performance; with a broker, that one is ended and started ``RESTARTS`` times meanwhile."""
    config = Config.load([], ["player.api=jack"])
    clock, trace = MonotonicClock(), Trace(title="")
    player = Player([Output.parse("virtual:bench")], config.player, origin=clock.origin)
    film = Film(SourceConfig(), seconds=seconds)
    session = Session(config, film, Outputs(player), clock=clock, worker=ThreadWorker, witnesses=[trace])
    counts: dict[str, Any] = {}
    surfaces = []
    if broker is not None:
        obey = Obey(session.command, styles=[], allow_quit=True)
        mqtt = Mqtt(MqttConfig(broker=f"{HOST}:{broker.port}"), board=session.board, obey=obey, clock=clock)

        async def trouble() -> None:
            for _ in range(RESTARTS):
                await asyncio.sleep(seconds / RESTARTS / 2)
                await asyncio.to_thread(broker.kill)
                await asyncio.sleep(seconds / RESTARTS / 2)
                await asyncio.to_thread(broker.start)

        surfaces = [mqtt.run, trouble]
    await session.run(*surfaces)
    if broker is not None:
        counts = {name: getattr(mqtt.counts, name) for name in ("connects", "failures", "published")}
    player_state = session.board.state.player
    return {
        "notes": len(trace.notes),
        "steps": len(trace.plans),
        "sent": player_state.sent,
        "late": player_state.late,
        "p50_ms": player_state.lateness_p50_ms,
        "p99_ms": player_state.lateness_p99_ms,
        "max_ms": player_state.lateness_max_ms,
        "lateness": {str(bound): count for bound, count in player_state.lateness_counts},
        **counts,
    }


def main() -> None:
    """Both runs, one after the other."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with jack_server(), tempfile.TemporaryDirectory() as folder:
        without = asyncio.run(perform(seconds, None))
        broker = Mosquitto(Path(folder))
        broker.start()
        try:
            troubled = asyncio.run(perform(seconds, broker))
        finally:
            broker.kill()
    print(json.dumps({"seconds": seconds, "restarts": RESTARTS, "without": without, "with": troubled}, indent=2))


if __name__ == "__main__":
    main()
