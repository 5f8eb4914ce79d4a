"""The same music the obvious way, to compare with: one event loop that reads, decodes, sees, asks the models and plays.

``python -m tests.bench.naive TASK``, as ``stream_v2m.cli.bench.performance``: pictures queue up and none is left out,
models run in the loop, and notes are sent from the loop when their time has come. It sees the reel once.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av

from stream_v2m.cli.bench.performance import (
    PLAYER,
    accent_parts,
    measured_config,
    open_composer,
    say,
    when_told,
)
from stream_v2m.cli.bench.watcher import SUFFIX, WatchedObserver, Watcher
from stream_v2m.config import find_style
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.stamps import Stamps, number_of
from stream_v2m.core.state import State
from stream_v2m.core.tempo import USUAL_BPM, InternalTempo
from stream_v2m.core.values import Cue, FeatureWindow, Frame, MidiEvent, MusicEvent, StepPlan
from stream_v2m.inference.composer import Place
from stream_v2m.midi.channel_message import note_of, note_off
from stream_v2m.midi.controllers import Controllers, signals_of
from stream_v2m.midi.message import encode
from stream_v2m.midi.outputs import SILENT_LOOKAHEAD
from stream_v2m.midi.port import open_output
from stream_v2m.music.sequencer import Sequencer
from stream_v2m.sources.picture import FrameMaker

TURN = 0.01  # seconds between two slices


class Naive:
    """Everything in turns, on one loop."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.task, self.config = task, measured_config(task)
        self.clock, folder = MonotonicClock(task["origin"]), Path(task["folder"])
        self.watcher = Watcher(folder, self.clock, accent_parts(self.config))
        self.had = Stamps(folder / f"{PLAYER}{SUFFIX}", 3)
        self.observer = WatchedObserver(self.config.vision, self.watcher)
        self.composer = open_composer(self.config, self.watcher)
        self.style = find_style(self.config.controls.style)
        self.tempo = InternalTempo(self.style.bpm or USUAL_BPM)
        self.sequencer = Sequencer(self.style, self.tempo, self.config.music, seed=0)
        self.controllers = Controllers(self.config.controllers)
        self.port = open_output(task["output"], self.config.player.api)
        self.frames: deque[Frame] = deque()
        self.waiting: list[tuple[float, int, bytes, float | None]] = []
        self.count = 0
        self.window: FeatureWindow | None = None
        self.started = 0.0

    async def run(self) -> None:
        """Play until told to end."""
        over, begin = asyncio.Event(), self.clock.now()
        self.tempo.start(begin + self.config.step.seconds(self.tempo))
        self.play(self.sequencer.setup(begin), begin)
        self.started = begin + 0.1
        when_told(over.set)
        say(started=self.started, player=None, realtime=False)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work()) for work in (self.read, self.see, self.compose, self.perform, self.send)]
            await over.wait()
            for each in tasks:
                each.cancel()
        for _, _, message, _ in self.waiting:
            if message[0] & 0xF0 == 0x80:
                self.port.send(message)
        self.had.close()
        self.watcher.close()
        self.port.close()

    async def read(self) -> None:
        """Decode each packet when it is there; its picture queues up behind the others."""
        maker, stamps = FrameMaker(), self.watcher.stamps
        with av.open(self.task["reel"]) as container:
            stream = container.streams.video[0]
            for packet in container.demux(stream):
                if packet.pts is None:
                    return
                due = self.started + float(packet.pts * stream.time_base)
                await self.clock.sleep_until(due)
                read = self.clock.now()
                for picture in packet.decode():
                    number, taken = round(picture.time * self.task["rate_hz"]), self.clock.now()
                    stamps["packets"].add(number, read, taken)
                    frame = maker.frame(0.0, picture)
                    made = self.clock.now()
                    stamps["pictures"].add(number, taken, made)
                    self.frames.append(Frame(made, frame.small, frame.picture))

    async def see(self) -> None:
        """Look at every picture in turn, and answer it."""
        while True:
            while self.frames:
                frame = self.frames.popleft()
                sight = self.observer.see(frame, span=self.config.step.seconds(self.tempo))
                self.window, now = sight.window, self.clock.now()
                self.watcher.saw(frame, sight.cues, sight.window.affect, at=now)
                self.answer(sight.cues, now)
                await asyncio.sleep(0)
            await asyncio.sleep(0.001)

    def answer(self, cues: tuple[Cue, ...], now: float) -> None:
        """Accents and the controller of motion, at once."""
        self.play(self.sequencer.accents(cues, at=now, controls=self.config.controls), now)
        told = self.controllers.events(signals_of(State(cue=cues[-1])), at=now)
        self.watcher.handing(told, self.clock.now())
        self.queue(told)

    async def compose(self) -> None:
        """Ask the models in the loop, a step ahead."""
        period, step = self.config.step.period_beats, 0
        while True:
            onset = step * period
            await self.clock.sleep_until(self.tempo.time_at(onset) - self.config.step.seconds(self.tempo) / 2)
            if self.window is None:
                await asyncio.sleep(TURN)
                continue
            seconds = self.config.step.seconds(self.tempo)
            place = Place(seconds, onset / self.config.music.beats_per_bar)
            chord, dynamics = self.composer.step(self.window, place, self.config.controls)
            plan = StepPlan(step, onset, period, chord, dynamics, self.window.affect)
            self.sequencer.accept(plan)
            self.watcher.planned(plan, self.tempo.time_at(onset), seconds, self.window)
            step += 1

    async def perform(self) -> None:
        """Write a slice every turn."""
        while True:
            now = self.clock.now()
            self.play(self.sequencer.events(now + SILENT_LOOKAHEAD, self.config.controls), now)
            await asyncio.sleep(TURN)

    def play(self, events: Iterable[MusicEvent], woke: float) -> None:
        """Queue what was written."""
        if events := list(events):
            self.watcher.wrote(woke, self.clock.now())
            self.watcher.played(events)
            messages = [encode(event, channel=self.style.channel(event.part)) for event in events]
            self.watcher.handing(messages, self.clock.now())
            self.queue(messages)

    def queue(self, messages: Iterable[MidiEvent]) -> None:
        """Until their time."""
        for message in messages:
            self.count += 1
            heapq.heappush(self.waiting, (message.due, self.count, message.message, message.release))

    async def send(self) -> None:
        """Send what is due; the end of a note is queued when it begins."""
        while True:
            while self.waiting and self.waiting[0][0] <= self.clock.now():
                due, _, message, release = heapq.heappop(self.waiting)
                self.port.send(message)
                self.had.add(due, self.clock.now(), number_of(message))
                note = note_of(message)
                if release is not None and note is not None:
                    self.count += 1
                    heapq.heappush(self.waiting, (release, self.count, note_off(*note), None))
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    asyncio.run(Naive(json.loads(sys.argv[1])).run())
