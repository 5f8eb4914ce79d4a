"""Listen: MIDI comes in, a followed clock for the conductor, and controllers that become live commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.clock import Clock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.performance import Learn
from stream_v2m.core.errors import ConfigError, StreamV2MError
from stream_v2m.core.inputs import InputState, Received
from stream_v2m.core.state import Board
from stream_v2m.midi.binding_file import keep_binding, load_bindings
from stream_v2m.midi.bindings import Bindings
from stream_v2m.midi.inputs import Inputs
from stream_v2m.midi.learner import Learner


class ControlConfig(BaseModel):
    """What is played from controllers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: tuple[str, ...] = Field((), description="MIDI inputs: port:NAME, port:INDEX, virtual or virtual:NAME")
    bindings: Path | None = Field(None, description="the file of bindings; bindings.toml in the user's folder if none")


class Listener:
    """The MIDI inputs of a performance.

    Args:
        clock_input: the input that brings a clock to follow.
        follow: takes a message of it and the moment of its arrival.
        obey: takes a live command, or raises ``StreamV2MError``.

    Raises:
        ConfigError: a binding or an input is written wrongly.
    """

    def __init__(
        self,
        config: ControlConfig,
        clock_input: str | None,
        *,
        path: Path,
        follow: Callable[[float, bytes], None],
        obey: Callable[[Command], None],
        clock: Clock,
        board: Board,
        api: str,
    ) -> None:
        self._path, self._follow, self._obey, self._board = path, follow, obey, board
        specs = list(dict.fromkeys([*config.inputs, *([clock_input] if clock_input else [])]))
        self._control = {specs.index(spec) for spec in config.inputs}
        self._clock_input = specs.index(clock_input) if clock_input else None
        self._bindings, self._learner = Bindings(load_bindings(path) if config.inputs else ()), Learner()
        self._inputs = None
        if specs:
            loop = asyncio.get_running_loop()
            self._inputs = Inputs(specs, self._receive, changed=self._changed, clock=clock, loop=loop, api=api)

    def open(self) -> None:
        """Begin to listen; what is not there yet is waited for."""
        if self._inputs is not None:
            self._inputs.open()
            self._changed(self._inputs.states)

    def close(self) -> None:
        """Listen no more."""
        if self._inputs is not None:
            self._inputs.close()

    def learn(self, command: Learn) -> None:
        """Bind the next control that is touched.

        Raises:
            ConfigError: there is no input to touch one on, or no control can be bound to that command.
        """
        if not self._control:
            raise ConfigError("no MIDI input to learn from", where="learn", cure="begin with --control port:NAME")
        self._learner.arm(command.command, command.arguments)
        self._board.notice(f"move a knob or press a key for {command.command}")

    def _receive(self, received: Received) -> None:
        if received.input == self._clock_input:
            self._follow(received.moment, received.message)
        if received.input in self._control:
            try:
                self._touched(received.message)
            except StreamV2MError as error:
                self._board.notice(str(error))

    def _touched(self, message: bytes) -> None:
        if (binding := self._learner.hear(message)) is not None:
            self._bindings.learn(binding)
            keep_binding(self._path, binding)
            self._board.notice(f"{binding.control} now gives {binding.command}; kept in {self._path}")
            return
        for command in self._bindings.interpret(message, self._board.controls):
            self._obey(command)

    def _changed(self, states: tuple[InputState, ...]) -> None:
        before = {state.spec: state for state in self._board.state.inputs}
        for state in states:
            known = before.get(state.spec)
            if state.problem and (known is None or known.problem != state.problem):
                self._board.notice(state.problem)
            elif known is not None and known.problem and state.name:
                self._board.notice(f"{state.name} is back")
        self._board.update(inputs=states)
