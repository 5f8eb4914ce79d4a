"""One performance: its sources, one music, its outputs. Builds the stages from the config and runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from stream_v2m.config import Config, find_style
from stream_v2m.core.channel import CueChannel, Latest, Lossless
from stream_v2m.core.clock import Clock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.performance import Quit
from stream_v2m.core.resources import user_folder
from stream_v2m.core.state import Board, SourceState, State
from stream_v2m.core.tempo import USUAL_BPM, InternalTempo, Segment
from stream_v2m.core.values import Cadence, FeatureWindow, Frame, StepPlan
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import Worker
from stream_v2m.inference.composer import Composer
from stream_v2m.inference.providers import compare
from stream_v2m.midi.controllers import Controllers
from stream_v2m.midi.outputs import Outputs
from stream_v2m.music.sequencer import Sequencer
from stream_v2m.sources.source import Source
from stream_v2m.sources.supply import Supply
from stream_v2m.stages.compose import compose
from stream_v2m.stages.conduct import Conductor
from stream_v2m.stages.desk import Desk
from stream_v2m.stages.estimate import Estimation
from stream_v2m.stages.ingest import Ingest
from stream_v2m.stages.listen import Listener
from stream_v2m.stages.observe import Eye, Look, observe
from stream_v2m.stages.perform import perform
from stream_v2m.vision.observer import Observer

PLANS_AHEAD = 4
TEND_EVERY = 0.1  # seconds
CADENCE_STEPS = 2.5  # how long an ending lasts, on average over where in the bar it begins


class Session:
    """Runs the stages of one performance in the only ``TaskGroup``.

    Args:
        source: not yet opened; or several by name, to be switched to.
        outputs: the player not yet started.
        worker: makes the worker of a stage, by name: threads in real time, in place on a virtual clock.
        witnesses: told what happens.
        eye: looks at the frames; an observer as ``config.vision`` says if not given.
        estimation: the slow estimators whose mood a given ``eye`` hears, if it does.
        composer: chooses chords and dynamics; by the models that ``config.models`` names if not given.
        seconds: end on a cadence when the performance has lasted about this long.

    Raises:
        ConfigError, ModelContractError: the style or a model cannot be loaded.
    """

    def __init__(
        self,
        config: Config,
        source: Source | Supply,
        outputs: Outputs,
        *,
        clock: Clock,
        worker: Callable[[str], Worker],
        witnesses: Sequence[Witness] = (),
        eye: Eye | None = None,
        estimation: Estimation | None = None,
        composer: Composer | None = None,
        seconds: float | None = None,
    ) -> None:
        self._config, self._outputs = config, outputs
        self._supply = source if isinstance(source, Supply) else Supply.of(source)
        self._clock, self._worker, self._witnesses, self._seconds = clock, worker, list(witnesses), seconds
        models = config.models
        strict = models.strict_provider
        self._estimation = estimation if eye else Estimation.of_models(config.affect, models.provider, strict=strict)
        self._eye: Eye = eye or Observer(config.vision, mood=self._estimation.mood if self._estimation else None)
        self._composer = composer or Composer.open(
            models.amt, models.dynamics, config.sampler, models.provider, models.threads
        )
        graphs, short = compare(self._composer.providers, models.provider, strict=strict)
        playing = find_style(config.controls.style)
        bpm = config.controls.bpm or playing.bpm or USUAL_BPM
        self._tempo = InternalTempo(bpm)
        self._sequencer = Sequencer(
            playing, self._tempo, config.music, seed=config.controls.seed, zones=self._eye.zones
        )
        self._abort = asyncio.Event()
        self._begun = False
        self.board = Board(
            State(
                controls=replace(config.controls, bpm=bpm),
                bpm=bpm,
                parts=playing.part_names,
                source=SourceState(name=self._supply.names[0]),
                sources=self._supply.names,
                zones=dict.fromkeys(self._eye.zones, 0.0),
                estimator=self._eye.estimator,
                estimators=self._estimation.states if self._estimation else (),
                provider=self._composer.provider,
                graphs=graphs,
                notices=tuple(map(str, short)),
            )
        )
        self._ingest = Ingest(self._supply, config.source, worker=worker, clock=clock, board=self.board)
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
            follow=self._follow,
            obey=self.command,
            clock=clock,
            board=self.board,
            api=config.player.api,
        )
        self._desk = Desk(
            self._conductor,
            self._sequencer,
            self._ingest,
            self._listener,
            find_style=find_style,
            abort=self._abort.set,
            clock=clock,
            board=self.board,
            estimation=self._estimation,
            witnesses=self._witnesses,
        )

    async def run(self, *surfaces: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Play until the source ends or the end is commanded; on any exit leave no note sounding.

        The performance begins when the first source is open.

        Args:
            surfaces: what is to run beside it, from before the source is opened to the end.

        Raises:
            SourceError: the first source cannot be opened, or a film was lost.
            PortError: an output cannot be opened.
        """
        workers = {stage: self._worker(stage) for stage in ("observe", "estimate", "compose")}
        frames: Latest[Frame] = Latest()
        try:
            self._outputs.start()
            self._listener.open()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ingest.run(frames, lambda: self._begin(group, frames, workers)))
                for surface in surfaces:
                    group.create_task(surface())
                group.create_task(self._watch_abort())
                group.create_task(self._tend())
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

    async def _tend(self) -> None:
        """Keep the outputs while nothing plays yet."""
        while not self._begun:
            self.board.update(player=self._outputs.tend())
            await self._clock.sleep_until(self._clock.now() + TEND_EVERY)

    def _begin(self, group: asyncio.TaskGroup, frames: Latest[Frame], workers: dict[str, Worker]) -> None:
        begin, self._begun = self._clock.now(), True
        for witness in self._witnesses:
            witness.began(begin)
        self._conductor.start(begin, lead_in_beats=self._config.step.lead_in_beats)
        self._desk.begin()
        self._start_stages(group, frames, workers)

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
        self._desk.command(command)

    def _follow(self, moment: float, message: bytes) -> None:
        if self._begun:
            self._conductor.receive(moment, message)

    def retime(self, segment: Segment) -> None:
        """Go by a piece of tempo that was once played."""
        self._conductor.retime(segment)

    def _start_stages(self, group: asyncio.TaskGroup, frames: Latest[Frame], workers: dict[str, Worker]) -> None:
        config, clock, board, witnesses = self._config, self._clock, self.board, self._witnesses
        windows: Latest[FeatureWindow] = Latest()
        plans: Lossless[StepPlan | Cadence] = Lossless(PLANS_AHEAD)
        looks: Latest[Look] | None = Latest() if self._estimation else None
        cues, cuts = CueChannel(), CueChannel()
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
                looks=looks,
                cuts=cuts,
                witnesses=witnesses,
            )
        )
        if self._estimation and looks:
            group.create_task(self._estimation.run(looks, worker=workers["estimate"], clock=clock, board=board))
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
                cuts=cuts,
                witnesses=witnesses,
            )
        )
        group.create_task(self._perform(plans, cues))
        group.create_task(self._conductor.run())
        if self._seconds is not None:
            group.create_task(self._watch_time(clock.now() + self._seconds))

    async def _perform(self, plans: Lossless[StepPlan | Cadence], cues: CueChannel) -> None:
        await perform(
            plans,
            cues,
            self._outputs,
            self._sequencer,
            self._conductor.pulses,
            Controllers(self._config.controllers),
            tempo=self._tempo,
            clock=self._clock,
            board=self.board,
            witnesses=self._witnesses,
        )
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
