"""Replay: a take in place of the picture, so that the same music, or other, is made from what was once seen.

``Replay`` is source and eye at once: ``ingest`` and ``observe`` run as they do for a film, and so everything
happens in the order in which it happened.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.clock import Clock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.performance import Learn, SetSource
from stream_v2m.core.commands.tempo import Nudge, SetTempo, Tap
from stream_v2m.core.controls import Controls
from stream_v2m.core.tempo import Segment
from stream_v2m.core.values import SMALL_HEIGHT, SMALL_WIDTH, Cue, FeatureWindow, Frame
from stream_v2m.sources.source import SourceInfo
from stream_v2m.takes.line import ROUNDING, Seen
from stream_v2m.takes.take import Take
from stream_v2m.vision.observer import Sight
from stream_v2m.vision.window import absent_window

SLOWEST, FASTEST = 20.0, 300.0  # beats a minute that may be asked for
_BLANK = np.zeros((3, SMALL_HEIGHT, SMALL_WIDTH), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _Remembered(Frame):
    """No picture, but what was seen in it."""

    seen: Seen = field(kw_only=True)


class Replay:
    """Gives a ``Session`` what a take saw, at the same moments after the beginning.

    Hand it over as ``source`` and as ``eye``, and run ``turn`` beside the stages. A window is known for each
    decision of the take; a frame gives that of the next one, so that the same steps see the same windows.

    Args:
        followed: another clock led the take's tempo.
    """

    live = False
    estimator = "take"

    def __init__(self, take: Take, *, followed: bool = False) -> None:
        self.name, self._take, self._followed, self._closed = take.name, take, followed, False
        self._windows = [step.window for step in take.decisions if step.window is not None]
        self._times = [window.time for window in self._windows]

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that the take tells of."""
        return tuple(self._take.header.config.get("vision", {}).get("zones", ()))

    def open(self) -> SourceInfo:
        length = self._take.end - self._take.began
        return SourceInfo(self.name, SMALL_WIDTH, SMALL_HEIGHT, len(self._take.seen) / length if length else 0, length)

    def frames(self) -> Iterator[Frame]:
        for seen in self._take.seen:
            if self._closed:
                return
            yield _Remembered(seen.at - self._take.began, _BLANK, _nothing, seen=seen)

    def close(self) -> None:
        self._closed = True

    def freeze(self, on: bool) -> None:
        """What was seen is ranged already."""

    def see(self, frame: Frame, *, span: float) -> Sight:
        """What the take saw in this frame."""
        assert isinstance(frame, _Remembered)
        shift = frame.time - frame.seen.at
        cues = tuple(_moved(cue, shift) for cue in frame.seen.cues)
        return Sight(cues, self._window(frame.seen.cues[0].time, span))

    async def turn(
        self,
        obey: Callable[[Command], None],
        retime: Callable[[Segment], None],
        *,
        controls: Controls,
        fixed: Collection[str],
        clock: Clock,
    ) -> None:
        """Obey the take's commands and follow its tempo, each at its moment.

        Args:
            obey: does a command.
            retime: goes on by a piece of the tempo, as another clock said.
            controls: with which the performance begins.
            fixed: names of controls that no command of the take may change.
        """
        begin = clock.now() - self._take.began
        for at, change in self._changes(steady="bpm" in fixed):
            await clock.sleep_until(begin + at)
            if isinstance(change, Segment):
                obey(SetTempo(bpm=min(max(change.bpm, SLOWEST), FASTEST)))  # our own leader holds on to this one
                retime(replace(change, moment=begin + change.moment))
                continue
            turned = change.apply(controls)
            if all(getattr(turned, name) == getattr(controls, name) for name in fixed):
                controls = turned
                obey(change)

    def _changes(self, *, steady: bool) -> list[tuple[float, Command | Segment]]:
        """What happens besides the picture, by its moment.

        A tempo that came of commands comes of them again; one that another clock led is led by its segments.
        """
        passed = (Learn, SetSource, Tap, Nudge) if steady else (Learn, SetSource)
        changes: list[tuple[float, Command | Segment]]
        changes = [(at, command) for at, command in self._take.commands if not isinstance(command, passed)]
        if self._followed and not steady:
            changes += [(segment.moment, segment) for segment in self._take.tempi[1:]]  # the first is every session's
        return sorted(changes, key=lambda change: change[0])

    def _window(self, time: float, span: float) -> FeatureWindow:
        if not self._windows:
            return absent_window(time, span)
        return self._windows[min(bisect_left(self._times, time), len(self._times) - 1)]


def _moved(cue: Cue, shift: float) -> Cue:
    if abs(shift) < ROUNDING:
        return cue
    return replace(cue, time=cue.time + shift, origin=None if cue.origin is None else cue.origin + shift)


def unseen(moment: float) -> Frame:
    """A frame of which no picture was kept."""
    return Frame(moment, _BLANK, _nothing)


def _nothing(width: int, height: int) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)
