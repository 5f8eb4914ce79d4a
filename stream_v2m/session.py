"""One performance: one source, one music, its outputs. Builds the stages from the config and runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from stream_v2m.config import Config, find_style
from stream_v2m.core.channel import CueChannel, Latest, Lossless
from stream_v2m.core.clock import Clock
from stream_v2m.core.commands import (
    Command,
    Learn,
    Mute,
    Nudge,
    Panic,
    Play,
    Quit,
    SetStyle,
    SetTempo,
    Solo,
    Stop,
    Tap,
    name_of,
)
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.resources import user_folder
from stream_v2m.core.state import Board, SourceState, State
from stream_v2m.core.tempo import USUAL_BPM, InternalTempo, Segment
from stream_v2m.core.values import Cadence, FeatureWindow, Frame, StepPlan
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import Worker
from stream_v2m.inference.composer import Composer
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel
from stream_v2m.inference.sampling import Sampler
from stream_v2m.midi.controllers import Controllers
from stream_v2m.midi.outputs import Outputs
from stream_v2m.music.sequencer import Sequencer
from stream_v2m.sources.source import Source
from stream_v2m.stages.compose import compose
from stream_v2m.stages.conduct import Conductor
from stream_v2m.stages.ingest import ingest
from stream_v2m.stages.listen import Listener
from stream_v2m.stages.observe import Eye, observe
from stream_v2m.stages.perform import perform
from stream_v2m.vision.observer import Observer

PLANS_AHEAD = 4
CADENCE_STEPS = 2.5  # how long an ending lasts, on average over where in the bar it begins


class Session:
    """Runs the stages of one performance in the only ``TaskGroup``.

    Args:
        source: not yet opened.
        outputs: the player not yet started.
        worker: makes the worker of a stage, by name: threads in real time, in place on a virtual clock.
        witnesses: told what happens.
        eye: looks at the frames; an observer as ``config.vision`` says if not given.
        seconds: end on a cadence when the performance has lasted about this long.

    Raises:
        ConfigError, ModelContractError: the style or a model cannot be loaded.
    """

    def __init__(
        self,
        config: Config,
        source: Source,
        outputs: Outputs,
        *,
        clock: Clock,
        worker: Callable[[str], Worker],
        witnesses: Sequence[Witness] = (),
        eye: Eye | None = None,
        seconds: float | None = None,
    ) -> None:
        self._config, self._source, self._outputs = config, source, outputs
        self._clock, self._worker, self._witnesses, self._seconds = clock, worker, list(witnesses), seconds
        self._eye: Eye = eye or Observer(config.vision)
        self._composer = _composer(config)
        playing = find_style(config.controls.style)
        bpm = config.controls.bpm or playing.bpm or USUAL_BPM
        self._tempo = InternalTempo(bpm)
        self._sequencer = Sequencer(playing, self._tempo, config.music, seed=config.controls.seed)
        self._abort = asyncio.Event()
        self.board = Board(
            State(
                controls=replace(config.controls, bpm=bpm),
                bpm=bpm,
                parts=playing.part_names,
                source=SourceState(name=source.name),
                estimator=self._eye.estimator,
                provider=self._composer.provider,
            )
        )
        self._conductor = Conductor(
            self._tempo,
            self._sequencer,
            outputs,
            config.tempo,
            config.clock,
            cadence=self._composer.cadence,
            beats_per_bar=config.music.beats_per_bar,
            clock=clock,
            board=self.board,
            witnesses=self._witnesses,
        )
        self._listener = Listener(
            config.control,
            config.tempo.clock_input,
            path=config.control.bindings or user_folder() / "bindings.toml",
            follow=self._conductor.receive,
            obey=self.command,
            clock=clock,
            board=self.board,
            api=config.player.api,
        )

    async def run(self, *surfaces: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Play until the source ends or the end is commanded; on any exit leave no note sounding.

        Args:
            surfaces: what is to run beside the stages for as long as these do.

        Raises:
            SourceError, PortError: the source or an output cannot be opened, or was lost.
        """
        workers = {stage: self._worker(stage) for stage in ("ingest", "observe", "compose")}
        try:
            self._outputs.start()
            self._listener.open()
            await workers["ingest"].run(self._source.open)
            begin = self._clock.now()
            for witness in self._witnesses:
                witness.began(begin)
            self._conductor.start(begin, lead_in_beats=self._config.step.lead_in_beats)
            async with asyncio.TaskGroup() as group:
                self._start_stages(group, workers)
                for surface in surfaces:
                    group.create_task(surface())
        except* _Ended:
            pass
        finally:
            with ExitStack() as closing:  # the last first, each even if another fails
                for witness in self._witnesses:
                    closing.callback(self._end, witness)
                closing.callback(self._outputs.close)
                for worker in workers.values():
                    closing.callback(worker.close)
                closing.callback(self._conductor.close)
                closing.callback(self._listener.close)
                closing.callback(self._source.close)

    def join(self, witness: Witness) -> None:
        """Tell one more what happens; before ``run``, for a witness that needs the board."""
        self._witnesses.append(witness)

    def _end(self, witness: Witness) -> None:
        witness.ended(self._clock.now())

    def command(self, command: Command) -> None:
        """Obey a live command: now, or when the beat or bar that it names comes.

        Raises:
            ConfigError: it cannot be obeyed; nothing has changed.
        """
        self._check(command)
        for witness in self._witnesses:
            witness.commanded(command, self._clock.now())
        self._conductor.when(command.when, name_of(command), lambda at: self._obey(command, at))

    def retime(self, segment: Segment) -> None:
        """Go by a piece of tempo that was once played."""
        self._conductor.retime(segment)

    def _check(self, command: Command) -> None:
        match command:
            case SetStyle(style=name):
                find_style(name)
            case Mute(part=part) | Solo(part=part) if part not in self.board.state.parts:
                raise ConfigError("no such part", where=part, expected=", ".join(self.board.state.parts))
            case SetTempo() | Tap() | Nudge():
                self._conductor.check_leader()

    def _obey(self, command: Command, at: float) -> None:
        """Do what was asked for session second ``at``, which is now or as near as notes can still be shaped."""
        conductor, controls = self._conductor, self.board.controls
        turned = command.apply(controls)
        match command:
            case Play() if not controls.playing:
                conductor.play(at)
            case Stop(cadence=cadence) if controls.playing:
                conductor.stop(at, cadence=cadence)
            case Quit(cadence=cadence):
                if cadence and controls.playing:
                    self._source.close()  # the stages end one after the other, the performer on a cadence
                else:
                    self._abort.set()
            case Panic():
                conductor.release(at)
            case SetTempo(bpm=bpm):
                conductor.set_tempo(bpm, at)
            case Tap():
                turned = replace(controls, bpm=conductor.tap(at) or controls.bpm)
            case Nudge(beats=beats):
                conductor.nudge(beats, at)
            case SetStyle(style=name):
                self._sequencer.style = find_style(name)
            case Learn():
                self._listener.learn(command)
        self.board.update(controls=turned)

    def _start_stages(self, group: asyncio.TaskGroup, workers: dict[str, Worker]) -> None:
        config, clock, board, witnesses = self._config, self._clock, self.board, self._witnesses
        frames: Latest[Frame] = Latest()
        windows: Latest[FeatureWindow] = Latest()
        plans: Lossless[StepPlan | Cadence] = Lossless(PLANS_AHEAD)
        cues = CueChannel()
        group.create_task(ingest(self._source, frames, worker=workers["ingest"], clock=clock, board=board))
        group.create_task(
            observe(
                frames,
                self._eye,
                cues,
                windows,
                span=lambda: config.step.seconds(self._tempo),
                worker=workers["observe"],
                clock=clock,
                board=board,
                witnesses=witnesses,
            )
        )
        group.create_task(
            compose(
                windows,
                self._composer,
                plans,
                config=config.step,
                beats_per_bar=config.music.beats_per_bar,
                tempo=self._tempo,
                worker=workers["compose"],
                clock=clock,
                board=board,
                witnesses=witnesses,
            )
        )
        group.create_task(
            self._to_the_end(
                perform(
                    plans,
                    cues,
                    self._outputs,
                    self._sequencer,
                    self._conductor.pulses,
                    Controllers(config.controllers),
                    tempo=self._tempo,
                    clock=clock,
                    board=board,
                    witnesses=witnesses,
                )
            )
        )
        group.create_task(self._conductor.run())
        group.create_task(self._watch_abort())
        if self._seconds is not None:
            group.create_task(self._watch_time(clock.now() + self._seconds))

    async def _to_the_end(self, performing: Coroutine[Any, Any, None]) -> None:
        await performing
        self.board.update(phase="stopped")
        self._abort.set()

    async def _watch_abort(self) -> None:
        await self._abort.wait()
        raise _Ended  # cancels what still runs; how a TaskGroup is ended from inside

    async def _watch_time(self, end: float) -> None:
        await self._clock.sleep_until(end - CADENCE_STEPS * self._config.step.seconds(self._tempo))
        self.command(Quit())


class _Ended(Exception):
    """The performance is over."""


def _composer(config: Config) -> Composer:
    models = config.models
    return Composer(
        Decoder.open(models.amt, provider=models.provider, threads=models.threads),
        DynamicsModel.open(models.dynamics, provider=models.provider, threads=models.threads),
        Sampler(config.sampler),
    )
