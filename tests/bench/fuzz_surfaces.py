"""Random packets to the OSC port, random payloads to the command topics: nothing falls, and all are counted.

``python -m tests.bench.fuzz_surfaces [N]`` (100000) sends N packets by UDP and N / 10 payloads through a real broker
to a performance's surfaces, and writes JSON; it ends with 1 if a surface has ended or lost count.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiomqtt

from stream_v2m.control.mqtt import Mqtt
from stream_v2m.control.mqtt_config import MqttConfig
from stream_v2m.control.obey import Obey
from stream_v2m.control.osc import Osc
from stream_v2m.control.osc_config import OscConfig
from stream_v2m.control.osc_packet import bundle, message
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.table import COMMANDS
from stream_v2m.core.state import Board, State
from tests.support.mosquitto import HOST, mosquitto

N = 100_000
SEED = 7
IN_FLIGHT = 50  # packets, so that the system's buffer takes all


def packet(chance: random.Random) -> bytes:
    """Noise, a true command, a bundle, or one of these with some bytes turned."""
    kind = chance.random()
    if kind < 0.3:
        return chance.randbytes(chance.randrange(1, 600))
    name = chance.choice(sorted(COMMANDS))
    values: list[Any] = [
        chance.choice([1, 0.5, "now", "bass", -1e30, float("nan"), 2**31 - 1]) for _ in range(chance.randrange(4))
    ]
    command = message(f"/stream_v2m/command/{name}", *values)
    data = command.dgram if kind < 0.6 else bundle(chance.random() * 2e9, [command] * chance.randrange(1, 4))
    if kind > 0.8:
        broken = bytearray(data)
        for _ in range(chance.randrange(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        data = bytes(broken)
    return data


def payload(chance: random.Random) -> bytes:
    """Noise, broken JSON, nests, or a true command's arguments."""
    kind = chance.random()
    if kind < 0.3:
        return chance.randbytes(chance.randrange(0, 6000))
    if kind < 0.5:
        return b"[" * chance.randrange(1, 4000)
    told: dict[str, Any] = {
        chance.choice(["on", "bpm", "id", "command", "part", "when", "value", "x"]): chance.choice([1, "a", [], None])
    }
    text = json.dumps(told).encode()
    return text if kind < 0.8 else text[: chance.randrange(len(text))] + chance.randbytes(3)


async def fuzz(count: int, port: int) -> dict[str, Any]:
    """Everything at once; what was counted."""
    chance = random.Random(SEED)
    board, clock, given = Board(State()), MonotonicClock(), list[Command]()
    obey = Obey(given.append, styles=["waltz"], allow_quit=True)
    osc = Osc(OscConfig.model_validate({"listen": 0, "commands_per_s": 1000}), board=board, obey=obey, clock=clock)
    osc.open()
    mqtt = Mqtt(MqttConfig(broker=f"{HOST}:{port}", commands_per_s=1000), board=board, obey=obey, clock=clock)
    loop = asyncio.get_running_loop()
    faults: list[str] = []
    loop.set_exception_handler(lambda _, context: faults.append(str(context)))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(osc.run()), group.create_task(mqtt.run())]
        while not mqtt.counts.connected:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        wire, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(HOST, 0))
        for turn in range(count):
            wire.sendto(packet(chance), (HOST, osc.port))
            while turn - osc.counts.received > IN_FLIGHT:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        async with aiomqtt.Client(HOST, port) as other:
            for turn in range(count // 10):
                topic = chance.choice(["", "/hold", "/set_tempo", "/explode", "/quit"])
                await other.publish(f"stream_v2m/main/command{topic}", payload(chance), retain=chance.random() < 0.05)
                if turn % 20 == 0:
                    await asyncio.sleep(0.0)
        await asyncio.sleep(2.0)
        alive = [not task.done() for task in tasks]
        for task in tasks:
            task.cancel()
        wire.close()
    counted = {name: getattr(osc.counts, name) for name in type(osc.counts).__slots__}
    told = {name: getattr(mqtt.counts, name) for name in type(mqtt.counts).__slots__}
    return {"packets": count, "alive": alive, "faults": faults[:5], "given": len(given), "osc": counted, "mqtt": told}


def main() -> int:
    """Fuzz, and judge."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else N
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder)) as broker:
        result = asyncio.run(fuzz(count, broker.port))
    print(json.dumps(result, indent=2))
    heard = result["osc"]
    return not (all(result["alive"]) and not result["faults"] and heard["received"] == count and heard["malformed"])


if __name__ == "__main__":
    sys.exit(main())
