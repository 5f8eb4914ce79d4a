"""Performances ended without mercy at random moments, and what their listener was left with.

``python -m tests.bench.kills [KILLS [SEED]]`` writes JSON. Each time a busy performance in a process of
its own plays to a port under JACK; then it is interrupted, terminated, killed, or stopped and killed, or
its player process is killed, or the listener is unplugged. ``left`` counts the times when a note, a held
pedal or a running clock was left; it must be 0. A killed player's notes must be ended by its successor,
an unplugged listener's when it is back; the performance goes on meanwhile, and is killed after that.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stream_v2m.midi.channel_message import CONTINUE, RESET_ALL_CONTROLLERS, START, STOP, SUSTAIN
from tests.support.jack import Listener, jack_server

PORT = "kills"
NOTES = 15  # heard before anything happens
AT_MOST = 0.25  # seconds that the performance then goes on
WAIT_MS = 50  # so long JACK waits for a client that is busy
UNPLUGGED = 0.6  # seconds; shorter absences can go unnoticed
SETTLED = 0.03  # seconds in which what was on its way has arrived


PATIENCE = 8.0  # seconds

Note = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kill:
    """What happened, and what was left.

    Attributes:
        silence_ms: from what happened until all that sounded in that moment had ended.
        left: notes, pedals and the clock, in words; empty if all is well.
    """

    kind: str
    silence_ms: float
    left: tuple[str, ...]


class Performance:
    """The program, ready to play when told to."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.dense_player", f"port:{PORT}@clock"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.player = 0

    def play(self) -> None:
        """Begin; the player process's id is known from now on."""
        self._read()
        self._write()
        self.player = int(self._read())
        self._write()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _read(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def _write(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()


class Stage:
    """A listener, and a performance that plays to it until something happens."""

    def __init__(self, performance: Performance) -> None:
        self.performance = performance
        self.listener = Listener(PORT).open_virtual()
        performance.play()
        self.listener.wait_for_notes(NOTES)

    def kill(self, kind: str) -> Kill:
        """Let ``kind`` happen, and look at what it leaves."""
        silence, left = KINDS[kind](self)
        if not left:
            self.performance.process.kill()
            self.wait_for(lambda: not self.sounds())
        return Kill(kind, round(1000 * silence, 1), tuple(left or self.sounds()))

    def end(self, *signals: signal.Signals) -> tuple[float, list[str]]:
        """Send the performance ``signals``, each when the one before has been answered by silence."""
        begun = time.perf_counter()
        for number in signals:
            self.performance.process.send_signal(number)
            self.wait_for(lambda: not self.sounds())
        return time.perf_counter() - begun, self.sounds()

    def kill_player(self) -> tuple[float, list[str]]:
        """The performance starts another player, which ends what this one leaves."""
        begun = time.perf_counter()
        os.kill(self.performance.player, signal.SIGKILL)
        time.sleep(SETTLED)
        sounding, heard = self.listener.sounding(), len(self.listener.messages)
        self.wait_for(lambda: sounding <= self.ended(heard))
        return time.perf_counter() - begun, _words(sounding - self.ended(heard))

    def unplug(self) -> tuple[float, list[str]]:
        """The same listener comes back, and is told the end of what sounded when it went."""
        sounding = self.listener.sounding()
        self.listener.close()
        time.sleep(UNPLUGGED)
        begun = time.perf_counter()
        self.listener = Listener(PORT).open_virtual()
        self.wait_for(lambda: sounding <= self.ended(0))
        return time.perf_counter() - begun, _words(sounding - self.ended(0))

    def ended(self, since: int) -> set[Note]:
        """Channel and pitch of every note-off from the ``since``-th message on."""
        messages = [message for _, message in self.listener.messages[since:]]
        return {(message[0] & 0x0F, message[1]) for message in messages if message[0] & 0xF0 == 0x80}

    def sounds(self) -> list[str]:
        """What goes on at the listener's, in words."""
        pedals, runs = set[int](), False
        for _, message in list(self.listener.messages):
            if message[0] & 0xF0 == 0xB0 and message[1] in (SUSTAIN, RESET_ALL_CONTROLLERS):
                held = message[1] == SUSTAIN and message[2] >= 64
                (pedals.add if held else pedals.discard)(message[0] & 0x0F)
            elif message[0] in (START, CONTINUE, STOP):
                runs = message[0] != STOP
        held_down = [f"the pedal of channel {channel + 1}" for channel in sorted(pedals)]
        return _words(self.listener.sounding()) + held_down + ["the clock"] * runs

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return when ``condition`` holds, or has not for too long."""
        end = time.perf_counter() + PATIENCE
        while not condition() and time.perf_counter() < end:
            time.sleep(0.002)

    def close(self) -> None:
        self.performance.close()
        self.listener.close()


KINDS: dict[str, Callable[[Stage], tuple[float, list[str]]]] = {
    "interrupted": lambda stage: stage.end(signal.SIGINT),
    "terminated": lambda stage: stage.end(signal.SIGTERM),
    "killed": lambda stage: stage.end(signal.SIGKILL),
    "stopped and killed": lambda stage: stage.end(signal.SIGSTOP, signal.SIGKILL),
    "player killed": Stage.kill_player,
    "listener unplugged": Stage.unplug,
}


def kill_all(kinds: Sequence[str], *, seed: int = 0) -> Iterator[Kill]:
    """One performance for each of ``kinds``, ended at a random moment; the next gets ready meanwhile."""
    chance = random.Random(seed)
    following = Performance()
    for number, kind in enumerate(kinds):
        performance = following
        stage = Stage(performance)
        try:
            if number + 1 < len(kinds):
                following = Performance()
            time.sleep(chance.uniform(0, AT_MOST))
            yield stage.kill(kind)
        finally:
            stage.close()


def main(kills: int = 200, seed: int = 0) -> None:
    chance = random.Random(seed)
    kinds = [kind for _ in range(-(-kills // len(KINDS))) for kind in chance.sample(list(KINDS), len(KINDS))][:kills]
    begun = time.perf_counter()
    with jack_server(WAIT_MS):
        happened = list(kill_all(kinds, seed=seed))
    results = {
        "kills": len(happened),
        "left": sum(bool(kill.left) for kill in happened),
        "seconds": round(time.perf_counter() - begun, 1),
        "seed": seed,
        "kinds": {kind: _figures([kill for kill in happened if kill.kind == kind]) for kind in KINDS},
        "failures": [asdict(kill) for kill in happened if kill.left],
    }
    print(json.dumps(results, indent=2))


def _figures(kills: Sequence[Kill]) -> dict[str, Any]:
    silences = [kill.silence_ms for kill in kills] or [0.0]
    return {
        "kills": len(kills),
        "left": sum(bool(kill.left) for kill in kills),
        "silence_ms": {"p50": round(statistics.median(silences), 1), "max": max(silences)},
    }


def _words(notes: set[Note]) -> list[str]:
    return [f"note {pitch} of channel {channel + 1}" for channel, pitch in sorted(notes)]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
