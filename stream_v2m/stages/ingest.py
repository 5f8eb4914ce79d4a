"""Ingest: pictures from the source that is wanted into a slot that holds the newest; nothing needs a restart."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from typing import Any

from stream_v2m.core.channel import Latest
from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import SourceError
from stream_v2m.core.state import Board
from stream_v2m.core.values import Cue, Frame
from stream_v2m.core.worker import Worker
from stream_v2m.sources.backoff import Backoff
from stream_v2m.sources.source import SourceConfig, SourceInfo, awaited
from stream_v2m.sources.supply import Supply
from stream_v2m.stages.tap import Tap

LOOK_EVERY = 0.25  # seconds between looks at how old the newest picture of a live source is
COUNT_EVERY = 1.0  # seconds; a status counts down


class Ingest:
    """Plays one source of a supply at a time.

    A live one that is lost, or stalls, is tried again for ever, ever more rarely, while the music goes on without.
    Another one takes over with its first picture. A film's end is the end.

    Args:
        worker: makes the worker of one opening of a source.
        random: for the backoff's jitter.
    """

    def __init__(
        self,
        supply: Supply,
        config: SourceConfig,
        *,
        worker: Callable[[str], Worker],
        clock: Clock,
        board: Board,
        random: Random | None = None,
    ) -> None:
        self._supply, self._config, self._worker = supply, config, worker
        self._clock, self._board, self._random = clock, board, random or Random()
        self._name = supply.names[0]
        self._over = asyncio.Event()
        self._begin: Callable[[], None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._player: asyncio.Task[None] | None = None
        self._candidate: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._newest = 0.0
        self._stream = 0
        self._captured = -math.inf

    async def run(self, frames: Latest[Frame], begin: Callable[[], None]) -> None:
        """Put every picture of the source that plays; ends, closing ``frames``, with a film or when closed.

        Args:
            begin: called once, when the first source is open and before it is read.

        Raises:
            SourceError: the first source cannot be opened and there is no patience, or a film was lost.
        """
        self._frames, self._begin = frames, begin
        try:
            async with asyncio.TaskGroup() as self._group:
                self._player = self._group.create_task(self._play(self._name))
                await self._over.wait()
                for task in (self._player, self._candidate, self._watcher):
                    if task is not None:
                        task.cancel()
        finally:
            self._over.set()
            frames.close()

    def close(self) -> None:
        """End kindly: no picture comes any more."""
        self._over.set()

    def switch(self, name: str) -> None:
        """Go on with the source called ``name``, one of the supply's, as soon as its first picture is there."""
        if self._candidate is not None:
            self._candidate.cancel()
            self._candidate = None
        if self._group is None or self._over.is_set() or name == self._name:
            return
        if self._begin is not None:  # nothing plays yet that could go on meanwhile
            if self._player is not None:
                self._player.cancel()
            self._name = name
            self._player = self._group.create_task(self._play(name))
        else:
            self._candidate = self._group.create_task(self._approach(name))

    async def _play(self, name: str) -> None:
        """Open a source that nothing comes before, and play it."""
        self._say(name=name, retries=0, width=0, height=0)
        tap, backoff = self._tap(name), self._backoff()
        with ExitStack() as undo:
            undo.callback(tap.close)
            try:
                await self._open(tap)
            except SourceError as error:
                if not self._config.patient:
                    raise
                tap.close()
                tap = await self._regained(name, error, backoff)
                undo.callback(tap.close)
            if self._begin is not None:
                begin, self._begin = self._begin, None
                begin()
            undo.pop_all()
        await self._stay(tap, backoff)

    async def _approach(self, name: str) -> None:
        """Open another source while one plays, and take over from it with the first picture."""
        tap = self._tap(name)
        with ExitStack() as undo:
            undo.callback(tap.close)
            try:
                if (waiting := awaited(tap.source)) is not None:
                    self._board.notice(f"{name} waits for {waiting}; {self._name} goes on until then")
                info = await tap.open()
                frame = await tap.next()
                if frame is None:
                    raise SourceError("it ended before it began", where=name)
            except SourceError as error:
                self._candidate = None
                self._board.notice(f"{self._name} goes on: {error}")
                return
            undo.pop_all()
        before, self._player, self._candidate = self._player, self._candidate, None
        if before is not None:
            before.cancel()
        self._name = name
        self._say(name=name, retries=0)
        self._playing(info, tap)
        self._stream += 1
        self._put(frame)
        await self._stay(tap, self._backoff())

    async def _stay(self, tap: Tap, backoff: Backoff) -> None:
        """Hand on an open source's pictures for as long as it is the one that plays."""
        try:
            while True:
                since = self._clock.now()
                try:
                    if tap.source.live:
                        self._watch()
                    while (frame := await tap.next()) is not None:
                        self._put(frame)
                    self._say(status="ended")
                    self._over.set()
                    return
                except SourceError as error:
                    if not tap.source.live:
                        raise
                    tap.close()
                    lasted = self._clock.now() - since >= self._config.retry_most_s
                    if lasted or awaited(tap.source) is not None:  # a sender who goes soon is no fault of what waits
                        backoff.reset()
                    self._board.notice(f"lost: {error}")
                    tap = await self._regained(tap.name, error, backoff)
                    self._stream += 1
                    self._board.notice(f"{tap.name} is back")
        finally:
            tap.close()

    async def _regained(self, name: str, reason: SourceError, backoff: Backoff) -> Tap:
        """The source, opened again however often that takes."""
        while True:
            moment = self._clock.now() + backoff.delay()
            while (wait := moment - self._clock.now()) > 0:
                self._unsee()
                self._say(status=f"lost: {reason}; next try in {wait:.1f} s")
                await self._clock.sleep_until(min(moment, self._clock.now() + COUNT_EVERY))
            self._unsee()
            self._say(retries=self._board.state.source.retries + 1)
            tap = self._tap(name)
            with ExitStack() as undo:
                undo.callback(tap.close)
                try:
                    await self._open(tap, f"lost: {reason}; trying again")
                except SourceError as error:
                    reason = error
                else:
                    undo.pop_all()
                    return tap

    async def _open(self, tap: Tap, status: str = "opening") -> None:
        waiting = awaited(tap.source)
        self._say(status=status if waiting is None else f"waiting for {waiting}")
        self._playing(await tap.open(), tap)

    def _tap(self, name: str) -> Tap:
        return Tap(
            name,
            self._supply.make(name),
            self._worker("source"),
            stall=self._config.stall_s,
            clock=self._clock,
            notice=self._board.notice,
            latency=lambda opened: self._config.latency(opened, name),
        )

    def _backoff(self) -> Backoff:
        return Backoff(first=self._config.retry_first_s, most=self._config.retry_most_s, random=self._random)

    def _put(self, frame: Frame) -> None:
        if frame.time < self._captured:
            return  # after a switch to a slower camera: time never goes back
        self._newest = self._captured = frame.time
        self._frames.put(replace(frame, stream=self._stream) if self._stream else frame)

    def _playing(self, info: SourceInfo, tap: Tap) -> None:
        self._newest = self._clock.now()
        self._say(status="playing", width=info.width, height=info.height, latency_ms=tap.latency * 1000)

    def _unsee(self) -> None:
        """Nothing moves any more, for whoever looks and for controllers; a last frame may still be measured later."""
        zones = dict.fromkeys(self._board.state.zones, 0.0)
        self._board.update(cue=Cue(self._clock.now(), 0.0), zones=zones, flow=(0.0, 0.0), affect=None)

    def _say(self, **changes: Any) -> None:
        self._board.update(source=replace(self._board.state.source, **changes))

    def _watch(self) -> None:
        if self._watcher is None and self._group is not None:
            self._watcher = self._group.create_task(self._tell_age())

    async def _tell_age(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)
            self._say(age_ms=(self._clock.now() - self._newest) * 1000)
