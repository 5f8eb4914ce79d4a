"""Change the style by the time of day, over MQTT.

    stream-v2m play camera --mqtt localhost
    python examples/mqtt_style_by_time.py localhost

It speaks at every full hour, and says what the performance answered; anybody else may turn the style meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime, timedelta

import aiomqtt

STYLES = {6: "ambient", 9: "arpeggio", 18: "ballad", 22: "ambient"}  # from this hour on
COMMAND, ANSWER = "stream_v2m/main/command/set_style", "stream_v2m/main/answer"


def style_at(hour: int) -> str:
    """The style of an hour; before the first of the day still that of the evening."""
    begun = [start for start in STYLES if start <= hour]
    return STYLES[max(begun or STYLES)]


async def main(host: str, port: int, *, once: bool) -> None:
    async with aiomqtt.Client(host, port) as client:
        await client.subscribe(ANSWER)
        while True:
            now = datetime.now()
            style = style_at(now.hour)
            await client.publish(COMMAND, json.dumps({"style": style, "when": "bar", "id": "clock"}), qos=1)
            async for message in client.messages:
                answer = json.loads(bytes(message.payload))
                if answer.get("id") == "clock":
                    print(f"{now:%H:%M} {style}: {'done' if answer['ok'] else answer['error']['what']}", flush=True)
                    break
            if once:
                return
            following = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
            await asyncio.sleep((following - now).total_seconds())


if __name__ == "__main__":
    host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "localhost").partition(":")
    asyncio.run(main(host, int(port or 1883), once="--once" in sys.argv))
