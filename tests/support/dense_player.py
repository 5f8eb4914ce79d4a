"""A program that plays through a ``Player`` as a busy performance does, until something happens to it.

``python -m tests.support.dense_player OUTPUT [raise|stop]``: says ``ready``, and at the first line it
reads begins and says the player process's id; at the second it plays notes short and long, under a held
pedal, with MIDI clock for those who want it. After thirty notes ``raise`` fails without any cleanup,
``stop`` ends as a performance does. Else it plays on.
"""

from __future__ import annotations

import signal
import sys
import time

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.values import ALL_PORTS, ControlEvent, MidiEvent, NoteEvent
from stream_v2m.midi.channel_message import START, SUSTAIN, TIMING_CLOCK
from stream_v2m.midi.message import encode
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig

GAP, LENGTHS, PITCHES, CHANNELS = 0.01, (30.0, 0.02, 30.0, 0.3), range(30, 89), (1, 2, 3)
PULSE_EVERY = 2  # notes


def main(output: str, ending: str = "") -> None:
    """Begin a note every 10 ms."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    clock = MonotonicClock()
    player = Player([Output.parse(output)], PlayerConfig(api="jack", realtime=False), origin=clock.origin)
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        player.start()
        print(player.pid, flush=True)
        sys.stdin.readline()
        play(player, clock, ending)
    finally:
        if ending != "raise":
            player.release_all()
            player.close()


def play(player: Player, clock: MonotonicClock, ending: str) -> None:
    first, count = clock.now(), 0
    player.send([MidiEvent(first, ALL_PORTS, bytes((START,)))])
    player.send(encode(ControlEvent(first, SUSTAIN, 127, "dense"), channel=channel) for channel in CHANNELS)
    while not (ending and count >= 30):
        onset = max(first + count * GAP, clock.now())
        note = NoteEvent(onset, LENGTHS[count % len(LENGTHS)], PITCHES[count % len(PITCHES)], 90, "dense")
        player.send([encode(note, channel=CHANNELS[count % len(CHANNELS)])])
        if count % PULSE_EVERY == 0:
            player.send([MidiEvent(onset, ALL_PORTS, bytes((TIMING_CLOCK,)))])
        player.heartbeat()
        player.poll()
        count += 1
        time.sleep(GAP)
    if ending == "raise":
        raise RuntimeError("a bug")


if __name__ == "__main__":
    main(*sys.argv[1:])
