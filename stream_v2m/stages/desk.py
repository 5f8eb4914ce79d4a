"""The desk: live commands are checked when they are given, and obeyed at their moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import get_args

from stream_v2m.core.clock import Clock
from stream_v2m.core.commands.arrangement import Mute, SetStyle, Solo
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.gestures import SetZone
from stream_v2m.core.commands.mood import SetAffect
from stream_v2m.core.commands.performance import Learn, Panic, Play, Quit, SetSource, Stop
from stream_v2m.core.commands.table import name_of
from stream_v2m.core.commands.tempo import Nudge, SetTempo, Tap
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import Board
from stream_v2m.core.witness import Witness
from stream_v2m.music.part import Role
from stream_v2m.music.sequencer import Sequencer
from stream_v2m.music.style import Style
from stream_v2m.stages.conduct import Conductor
from stream_v2m.stages.estimate import Estimation
from stream_v2m.stages.ingest import Ingest
from stream_v2m.stages.listen import Listener


class Desk:
    """Obeys; what is about the music waits for its beginning.

    Args:
        find_style: the style of a name, or a ``ConfigError``.
        abort: ends the performance at once.
        estimation: the estimators of the mood to choose from, if there are any.
    """

    def __init__(
        self,
        conductor: Conductor,
        sequencer: Sequencer,
        ingest: Ingest,
        listener: Listener,
        *,
        find_style: Callable[[str], Style],
        abort: Callable[[], None],
        clock: Clock,
        board: Board,
        estimation: Estimation | None = None,
        witnesses: Sequence[Witness] = (),
    ) -> None:
        self._conductor, self._sequencer, self._ingest, self._listener = conductor, sequencer, ingest, listener
        self._find_style, self._abort = find_style, abort
        self._clock, self._board, self._witnesses = clock, board, witnesses
        self._estimation = estimation
        self._early: list[Command] | None = []

    def begin(self) -> None:
        """Obey what has waited for the performance to begin."""
        early, self._early = self._early or [], None
        self._board.update(waiting=())
        for command in early:
            self._take(command)

    def command(self, command: Command) -> None:
        """Obey now, or when the beat or bar that the command names comes.

        Raises:
            ConfigError: it cannot be obeyed; nothing has changed.
        """
        self._check(command)
        if self._early is None:
            self._take(command)
        elif isinstance(command, Quit):
            self._abort()
        elif isinstance(command, SetSource | Learn):
            self._obey(command, self._clock.now())
        else:  # music that has not begun is not to end on a cadence
            self._early.append(Stop(cadence=False) if isinstance(command, Stop) else command)
            self._board.update(waiting=tuple(map(name_of, self._early)))

    def _take(self, command: Command) -> None:
        for witness in self._witnesses:
            witness.commanded(command, self._clock.now())
        self._conductor.when(command.when, name_of(command), lambda at: self._obey(command, at))

    def _check(self, command: Command) -> None:
        match command:
            case SetStyle(style=name):
                self._find_style(name)
            case SetAffect(estimator=name) if self._estimation:
                self._estimation.check(name)
            case Mute(part=part) | Solo(part=part) if part not in self._board.state.parts:
                raise ConfigError("no such part", where=part, expected=", ".join(self._board.state.parts))
            case SetZone(part=part) if part not in {*self._board.state.parts, *get_args(Role)}:
                raise ConfigError("no such part", where=part, expected=", ".join(self._board.state.parts))
            case SetZone(zone=zone) if zone is not None and zone not in self._board.state.zones:
                known = ", ".join(self._board.state.zones)
                raise ConfigError(
                    "no such zone", where=zone, expected=known or "zones in the configuration, vision.zones"
                )
            case SetSource(source=name) if name not in self._board.state.sources:
                raise ConfigError("no such source", where=name, expected=", ".join(self._board.state.sources))
            case SetTempo() | Tap() | Nudge():
                self._conductor.check_leader()

    def _obey(self, command: Command, at: float) -> None:
        """Do what was asked for session second ``at``, which is now or as near as notes can still be shaped."""
        conductor, controls = self._conductor, self._board.controls
        turned = command.apply(controls)
        match command:
            case Play() if not controls.playing:
                conductor.play(at)
            case Stop(cadence=cadence) if controls.playing:
                conductor.stop(at, cadence=cadence)
            case Quit(cadence=cadence):
                if cadence and controls.playing:
                    self._ingest.close()  # the stages end one after the other, the performer on a cadence
                else:
                    self._abort()
            case Panic():
                conductor.release(at)
            case SetTempo(bpm=bpm):
                conductor.set_tempo(bpm, at)
            case Tap():
                turned = replace(controls, bpm=conductor.tap(at) or controls.bpm)
            case Nudge(beats=beats):
                conductor.nudge(beats, at)
            case SetAffect(estimator=name) if self._estimation:
                self._estimation.choose(name)
            case SetStyle(style=name):
                self._sequencer.style = self._find_style(name)
            case SetSource(source=name):
                self._ingest.switch(name)
            case Learn():
                self._listener.learn(command)
        self._board.update(controls=turned)
