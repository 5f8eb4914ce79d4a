"""Listen to a performance by OSC, as TouchDesigner, Max or a light desk would: values by address, notes in time.

    python examples/osc_listener.py 9000
    stream-v2m play film: --osc-to 127.0.0.1:9000

Notes come a little before they sound, in bundles that say when: here each is held back until then.
"""

from __future__ import annotations

import asyncio
import sys
import time

from pythonosc.osc_packet import OscPacket

values: dict[str, list[object]] = {}  # the newest of each address: what a patch would draw with


class Listener(asyncio.DatagramProtocol):
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for due, message in OscPacket(data).messages:  # the time is now for what has none
            name = message.address.removeprefix("/stream_v2m/")
            if name == "note":
                asyncio.get_running_loop().call_later(max(0.0, due - time.time()), play, *message.params)
            else:
                values[name] = message.params
                if name in ("chord", "emotion", "style", "phase"):
                    print(f"{name}: {message.params[0]}", flush=True)


def play(part: str, pitch: int, velocity: int, seconds: float, channel: int) -> None:
    brightness = "#" * (velocity // 8)
    print(f"  {part:10} {pitch:3} {brightness}  (motion {values.get('motion', ['-'])[0]})", flush=True)


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Listener, local_addr=("127.0.0.1", port))
    print(f"listening on {port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9000))
