"""One performance: one source, one music, its outputs. Builds the stages from the whole config and runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.channel import CueChannel, Latest, Lossless
from stream_v2m.core.clock import Clock
from stream_v2m.core.commands import Command, Controls, Mute, Panic, SetStyle, SetTempo, Solo, Stop
from stream_v2m.core.config import Settings
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.resources import configs_folder
from stream_v2m.core.state import Board, SourceState, State
from stream_v2m.core.tempo import InternalTempo, Segment
from stream_v2m.core.values import Cadence, FeatureWindow, Frame, StepPlan
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import Worker
from stream_v2m.inference.composer import Composer
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel
from stream_v2m.inference.sampling import Sampler, SamplerConfig
from stream_v2m.midi.outputs import Outputs
from stream_v2m.midi.player import PlayerConfig
from stream_v2m.midi.recorder import Track
from stream_v2m.music.sequencer import MusicConfig, Sequencer
from stream_v2m.music.style import Style, load_style
from stream_v2m.sources.source import Source, SourceConfig
from stream_v2m.stages.compose import StepConfig, compose
from stream_v2m.stages.ingest import ingest
from stream_v2m.stages.observe import Eye, observe
from stream_v2m.stages.perform import perform
from stream_v2m.takes.shelf import TakesConfig
from stream_v2m.vision.observer import Observer, VisionConfig

PLANS_AHEAD = 4
CADENCE_STEPS = 2.5  # how long an ending lasts, on average over where in the bar it begins


class ModelConfig(BaseModel):
    """Which models, and what runs them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str = Field("cpu", description="onnxruntime's execution provider")
    threads: int = Field(1, ge=1, le=64, description="threads a model may use")
    amt: Path | None = Field(None, description="the AMT's ONNX file; the shipped one if not given")
    dynamics: Path | None = Field(None, description="the GRU's ONNX file; the shipped one if not given")


class Config(Settings):
    """Every setting of a performance."""

    controls: Controls = Controls()
    source: SourceConfig = SourceConfig()
    vision: VisionConfig = VisionConfig()
    step: StepConfig = StepConfig()
    models: ModelConfig = ModelConfig()
    sampler: SamplerConfig = SamplerConfig()
    music: MusicConfig = MusicConfig()
    player: PlayerConfig = PlayerConfig()
    takes: TakesConfig = TakesConfig()


class Session:
    """Runs the stages of one performance in the only ``TaskGroup``.

    Args:
        source: not yet opened.
        outputs: the player not yet started.
        worker: makes the worker of a stage, by name: threads in real time, in place on a virtual clock.
        witnesses: told what happens.
        eye: looks at the frames; an observer as ``config.vision`` says if not given.
        seconds: end on a cadence at about this moment of the session.

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
        self._clock, self._worker, self._witnesses, self._seconds = clock, worker, tuple(witnesses), seconds
        self._eye: Eye = eye or Observer(config.vision)
        self._composer = _composer(config)
        self._tempo = InternalTempo(config.controls.bpm)
        self._sequencer = Sequencer(style(config), self._tempo, config.music, seed=config.controls.seed)
        self._abort = asyncio.Event()
        self.board = Board(
            State(
                controls=config.controls,
                source=SourceState(name=source.name),
                estimator=self._eye.estimator,
                provider=self._composer.provider,
            )
        )

    async def run(self, *surfaces: Coroutine[Any, Any, None]) -> None:
        """Play until the source ends or a stop is commanded; on any exit leave no note sounding.

        Args:
            surfaces: run beside the stages for as long as these do.

        Raises:
            SourceError, PortError: the source or an output cannot be opened, or was lost.
        """
        workers = {stage: self._worker(stage) for stage in ("ingest", "observe", "compose")}
        try:
            self._outputs.start()
            await workers["ingest"].run(self._source.open)
            begin = self._clock.now()
            self._outputs.begin(begin)
            start = begin + self._config.step.lead_in_beats * 60 / self._tempo.bpm
            self._tempo.start(start)
            for witness in self._witnesses:
                witness.began(begin)
                witness.retimed(self._tempo.segment)
            self.board.update(phase="playing")
            async with asyncio.TaskGroup() as group:
                self._start_stages(group, workers)
                for surface in surfaces:
                    group.create_task(surface)
        except* _Ended:
            pass
        finally:
            self._source.close()
            for worker in workers.values():
                worker.close()
            self._outputs.close()
            for witness in self._witnesses:
                witness.ended(self._clock.now())

    def command(self, command: Command) -> None:
        """Obey a live command.

        Raises:
            ConfigError: it names a style or a part that does not exist.
        """
        now = self._clock.now()
        match command:
            case Stop(cadence=True):
                self._source.close()  # the stages end one after the other, the performer on a cadence
            case Stop(cadence=False):
                self._abort.set()
            case Panic():
                self._outputs.release_all(now)
                for witness in self._witnesses:
                    witness.released(now)
            case SetTempo(bpm=bpm):
                self.retime(Segment(now, self._tempo.beat_at(now), bpm))
            case SetStyle(style=name):
                self._sequencer.style = load_style(name, configs_folder() / "styles")
            case Mute(part=part) | Solo(part=part) if part not in self._sequencer.style.part_names:
                raise ConfigError("no such part", where=part, expected=", ".join(self._sequencer.style.part_names))
        self.board.update(controls=command.apply(self.board.controls))
        for witness in self._witnesses:
            witness.commanded(command, now)

    def retime(self, segment: Segment) -> None:
        """Go on by ``segment``, from its moment on."""
        self._tempo.steer(segment.beat, segment.bpm, segment.moment)
        self._outputs.set_tempo(segment.bpm, segment.moment)
        for witness in self._witnesses:
            witness.retimed(segment)

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
                    tempo=self._tempo,
                    clock=clock,
                    board=board,
                    witnesses=witnesses,
                )
            )
        )
        group.create_task(self._watch_abort())
        if self._seconds is not None:
            group.create_task(self._watch_time(self._seconds))

    async def _to_the_end(self, performing: Coroutine[Any, Any, None]) -> None:
        await performing
        self.board.update(phase="stopped")
        self._abort.set()

    async def _watch_abort(self) -> None:
        await self._abort.wait()
        raise _Ended  # cancels what still runs; how a TaskGroup is ended from inside

    async def _watch_time(self, seconds: float) -> None:
        await self._clock.sleep_until(seconds - CADENCE_STEPS * self._config.step.seconds(self._tempo))
        self.command(Stop())


class _Ended(Exception):
    """The performance is over."""


def style(config: Config) -> Style:
    """The style that a performance begins with.

    Raises:
        ConfigError: there is no such style, or its file is wrong.
    """
    return load_style(config.controls.style, configs_folder() / "styles")


def tracks(style: Style) -> list[Track]:
    """What a recorder is told of the style's parts."""
    return [Track(part.name, part.channel, part.program) for part in style.parts]


def _composer(config: Config) -> Composer:
    models = config.models
    return Composer(
        Decoder.open(models.amt, provider=models.provider, threads=models.threads),
        DynamicsModel.open(models.dynamics, provider=models.provider, threads=models.threads),
        Sampler(config.sampler),
    )
