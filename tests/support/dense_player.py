"""A program that plays many long notes through a ``Player`` until something happens to it.

``python -m tests.support.dense_player OUTPUT [raise|stop]``: prints the player process's id; after
thirty notes ``raise`` fails without any cleanup, ``stop`` ends as a performance does. Else it plays on.
"""

from __future__ import annotations

import sys
import time

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.values import NoteEvent
from stream_v2m.midi.message import encode
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig

GAP, LENGTH, PITCHES = 0.01, 30.0, range(30, 90)


def main(output: str, ending: str = "") -> None:
    """Begin a note every 10 ms; each would last half a minute."""
    clock = MonotonicClock()
    player = Player([Output.parse(output)], PlayerConfig(api="jack", realtime=False), origin=clock.origin)
    player.start()
    print(player.pid, flush=True)
    sys.stdin.readline()
    first, count = clock.now(), 0
    try:
        while not (ending and count >= 30):
            onset = max(first + count * GAP, clock.now())
            note = NoteEvent(onset, LENGTH, PITCHES[count % len(PITCHES)], 90, "dense")
            player.send([encode(note, channel=1 + count % 3)])
            player.heartbeat()
            player.poll()
            count += 1
            time.sleep(GAP)
        if ending == "raise":
            raise RuntimeError("a bug")
    finally:
        if ending != "raise":
            player.release_all()
            player.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
