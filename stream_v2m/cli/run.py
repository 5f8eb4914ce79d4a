"""Play, render and demo: a performance in real time, one on a virtual clock, and one to begin with."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from stream_v2m.cli.keyboard import open_keyboard
from stream_v2m.cli.live import log_json, show
from stream_v2m.cli.publishing import Publishing
from stream_v2m.cli.surfaces import open_surfaces
from stream_v2m.cli.terminal import steer
from stream_v2m.config import Config, alone, find_style, style_names
from stream_v2m.control import logs
from stream_v2m.control.feed import Feed
from stream_v2m.core.clock import MonotonicClock, VirtualClock, run_virtual
from stream_v2m.core.commands.performance import Quit
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.files import check_writable
from stream_v2m.core.state import State
from stream_v2m.core.trace import Trace
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import InlineWorker, ThreadWorker
from stream_v2m.midi.output import Output
from stream_v2m.midi.outputs import Outputs
from stream_v2m.midi.player import Player
from stream_v2m.midi.recorder import Recorder
from stream_v2m.midi.synth_config import SynthConfig
from stream_v2m.session import Session
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.supply import Supply
from stream_v2m.sources.word import redacted

FILE = "file:"
GARBAGE = 20_000  # new objects between two collections of the youngest; Python begins with 700


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where a performance goes, as written on the command line: ports, and at most one file."""

    ports: tuple[str, ...]
    file: Path | None

    @classmethod
    def parse(cls, specs: Sequence[str]) -> Destinations:
        """Tell ``file:PATH`` from the ports.

        Raises:
            ConfigError: more than one file, or one without a name.
        """
        files = [spec.removeprefix(FILE) for spec in specs if spec.startswith(FILE)]
        if len(files) > 1 or "" in files:
            raise ConfigError(
                "one file can be recorded", where="--to", got=", ".join(files) or FILE, expected="file:take.mid"
            )
        ports = tuple(spec for spec in specs if not spec.startswith(FILE))
        return cls(ports, Path(files[0]) if files else None)


def play(
    config: Config,
    sources: Sequence[str],
    destinations: Destinations,
    *,
    seconds: float | None = None,
    quiet: bool = False,
    json: bool = False,
    plot: Path | None = None,
    keep: bool = False,
    take: str | None = None,
    serve: bool = False,
) -> State:
    """Perform in real time until the source ends, ``seconds`` are over, or Ctrl-C.

    Args:
        sources: the first plays, the others can be switched to.
        keep: as a take, which is called ``take``, or by date and time.
        serve: let others watch and steer it as ``config.serve`` says.

    Returns:
        the state at the end.
    """
    from stream_v2m.cli.insurance import insured, recover
    from stream_v2m.cli.take_files import keeping

    if plot is not None:
        check_writable(plot)
    clock = MonotonicClock()
    publishing = Publishing(config, clock) if serve else None
    supply = Supply.parse(sources, config.source, publishing.open if publishing else None)
    said = ", ".join(map(redacted, sources))
    trace = Trace(title=said) if plot is not None else None

    async def perform(stack: ExitStack) -> State:
        notice: Callable[[str], None] = lambda text: session.board.notice(text)  # noqa: E731 - of one yet to come
        witnesses: list[Witness] = [trace] if trace else []
        if destinations.file is not None:
            recorder = recorder_of(config, destinations.file)
            witnesses.append(recorder)
            if (recovered := recover(destinations.file)) is not None:
                Console(stderr=True).print(recovered, soft_wrap=True, markup=False, highlight=False)
            if not keep:  # a take is its own insurance
                witnesses.append(stack.enter_context(insured(config, said, recorder, notice=notice)))
        if keep:
            witnesses.append(stack.enter_context(keeping(config, said, take, notice=notice)))
        if serve:
            witnesses.append(feed := Feed())
        ports = [Output.parse(spec, config.player.latency_ms) for spec in destinations.ports]
        player = Player(ports, config.player, origin=clock.origin, synth=config.synth.settings()) if ports else None
        session = Session(
            config,
            supply,
            Outputs(player),
            clock=clock,
            worker=ThreadWorker,
            witnesses=witnesses,
            seconds=seconds,
        )
        surfaces: list[Callable[[], Coroutine[Any, Any, None]]] = []
        others, routes = open_surfaces(config, session, clock, feed=feed if serve else None)
        surfaces += others
        if json:
            surfaces.append(partial(log_json, session.board))
        elif not quiet and config.log.form is None:
            surfaces.append(partial(show, session.board, clock, Console()))
        if (keyboard := open_keyboard()) is not None:
            surfaces.append(partial(steer, keyboard, session.command, session.board, styles=style_names()))
        if publishing is not None:
            from stream_v2m.cli.serve import open_server

            server = open_server(
                config, session, feed, clock, Console(stderr=json), routes=[*publishing.routes(), *routes]
            )
            surfaces.append(partial(publishing.run, session.board.notice))
            stack.callback(server.close)
            surfaces.append(server.run)
        _obey_signals(session)
        settle_garbage()
        await session.run(*surfaces)
        return session.board.state

    logs.start(config.log, sys.stderr)
    with ExitStack() as stack, asyncio.Runner(loop_factory=_loop_of(config)) as runner:
        state = runner.run(perform(stack))
    if trace is not None and plot is not None:
        _draw(config, trace, plot)
    return state


def render(config: Config, source: str, midi: Path, *, plot: Path | None = None, wav: Path | None = None) -> State:
    """Perform on a virtual clock, as fast as the machine can; the same input gives the same bytes.

    Returns:
        the state at the end.
    """
    for path in (plot, wav):
        if path is not None:
            check_writable(path)
    trace, config = Trace(title=source) if plot is not None else None, alone(config)

    async def perform() -> State:
        opened = open_source(source, config.source)
        if opened.live:
            raise ConfigError(
                "cannot be rendered: it is live", where=redacted(source), cure="`stream-v2m play` plays it"
            )
        worker: Callable[[str], InlineWorker] = lambda name: InlineWorker()  # noqa: E731
        witnesses = [*([trace] if trace else []), recorder_of(config, midi)]
        session = Session(config, opened, Outputs(), clock=VirtualClock(), worker=worker, witnesses=witnesses)
        settle_garbage()
        await session.run()
        return session.board.state

    state = run_virtual(perform())
    if trace is not None and plot is not None:
        _draw(config, trace, plot)
    if wav is not None:
        sound(midi, wav, config.synth)
    return state


def sound(midi: Path, wav: Path, config: SynthConfig) -> None:
    """Let FluidSynth play a MIDI file to a sound file.

    Raises:
        PortError: no FluidSynth, no sound font.
    """
    from stream_v2m.midi.render import render_wav
    from stream_v2m.midi.soundfont import find_soundfont

    render_wav(midi, wav, soundfont=find_soundfont(config.soundfont), settings=config.settings())


def _loop_of(config: Config) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """On Windows the MQTT client needs the loop that watches sockets."""
    wanted = sys.platform == "win32" and config.mqtt.broker is not None
    return asyncio.SelectorEventLoop if wanted else None


def settle_garbage() -> None:
    """What start-up made stays: the collector need not walk it while the music plays, nor come as often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def recorder_of(config: Config, path: Path) -> Recorder:
    """What keeps a performance of this configuration in a MIDI file."""
    return Recorder(path, beats_per_bar=config.music.beats_per_bar, pickup_beats=config.step.lead_in_beats)


def _draw(config: Config, trace: Trace, path: Path) -> None:
    from stream_v2m.cli.plot import draw

    draw(trace, path, parts=[part.name for part in find_style(config.controls.style).parts])


def _obey_signals(session: Session) -> None:
    """The first Ctrl-C ends on a cadence, the second at once; SIGTERM ends at once."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        session.command(Quit(cadence=session.board.state.phase == "playing"))

    def terminate() -> None:
        session.command(Quit(cadence=False))

    for number, handler in ((signal.SIGINT, interrupt), (signal.SIGTERM, terminate)):
        try:
            loop.add_signal_handler(number, handler)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_, handler=handler: loop.call_soon_threadsafe(handler))
