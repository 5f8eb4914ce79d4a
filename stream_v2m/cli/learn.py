"""Learning on the command line: a knob, key or button is touched, and its binding is kept in the user's folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.core.inputs import InputState, Received
from stream_v2m.midi.binding import Binding
from stream_v2m.midi.binding_file import forget_binding, keep_binding, load_bindings
from stream_v2m.midi.input_port import list_inputs
from stream_v2m.midi.inputs import Inputs
from stream_v2m.midi.learner import Learner


def bindings_path() -> Path:
    """Where the user's bindings are kept."""
    return Path(typer.get_app_dir("stream-v2m")) / "bindings.toml"


def learn(command: str, assignments: Sequence[str], source: str | None, *, timeout: float, api: str) -> None:
    """Wait for a control to be touched, and bind it.

    Args:
        assignments: ``name=value``, arguments of the command.
        source: an input, as ``port:NAME``.
        timeout: seconds.

    Raises:
        ConfigError: the command cannot be bound, or the file of bindings is wrong.
        PortError: the input is not there, or nothing was touched.
    """
    path, console = bindings_path(), Console()
    load_bindings(path)  # before anybody is asked to move a knob
    learner = Learner()
    learner.arm(command, _arguments(assignments))
    if source is None:
        names = ", ".join(f"--from 'port:{name}'" for name in list_inputs(api))
        raise ConfigError("which input?", where="--from", expected=names or "an input, and there is none")
    binding = asyncio.run(_hear(learner, source, timeout=timeout, api=api, console=console))
    for replaced in keep_binding(path, binding):
        console.print(f"no longer: {_describe(replaced)}")
    console.print(f"{_describe(binding)}, kept in {escape(str(path))}", soft_wrap=True)


def show_bindings() -> None:
    """Print every binding with its number."""
    console, path = Console(), bindings_path()
    bindings = load_bindings(path)
    for number, binding in enumerate(bindings, start=1):
        console.print(f"{number:3}  {_describe(binding)}", soft_wrap=True)
    console.print(escape(f"{len(bindings) or 'no'} bindings in {path}"), soft_wrap=True)


def forget(number: int) -> None:
    """Take the binding with this number out of the file.

    Raises:
        ConfigError: there is none.
    """
    Console().print(f"forgotten: {_describe(forget_binding(bindings_path(), number - 1))}", soft_wrap=True)


async def _hear(learner: Learner, source: str, *, timeout: float, api: str, console: Console) -> Binding:
    loop = asyncio.get_running_loop()
    learnt: asyncio.Future[Binding] = loop.create_future()

    def receive(received: Received) -> None:
        if (binding := learner.hear(received.message)) is not None:
            learnt.set_result(binding)

    def changed(states: tuple[InputState, ...]) -> None:
        if states[0].problem:
            console.print(escape(states[0].problem), soft_wrap=True)

    inputs = Inputs([source], receive, changed=changed, clock=MonotonicClock(), loop=loop, api=api)
    inputs.open()
    try:
        (state,) = inputs.states
        if state.problem:
            raise PortError(state.problem)
        console.print(f"{escape(state.name)}: move a knob or press a key for [bold]{learner.armed}[/bold]")
        async with asyncio.timeout(timeout):
            return await learnt
    except TimeoutError as error:
        raise PortError(
            "nothing was touched that could be learnt",
            where=source,
            got=f"{timeout:g} s of waiting",
            cure="a command that wants a number is learnt from a knob that is turned",
        ) from error
    finally:
        inputs.close()


def _arguments(assignments: Sequence[str]) -> dict[str, Any]:
    arguments = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name:
            raise ConfigError("is no argument", where=assignment, expected="name=value")
        try:
            arguments[name] = json.loads(text)
        except json.JSONDecodeError:
            arguments[name] = text
    return arguments


def _describe(binding: Binding) -> str:
    told = "".join(f" {name}={value}" for name, value in binding.arguments.items())
    action = binding.action
    manner = {
        "set": f" {action.field} {action.low:g} to {action.high:g}" + ", picked up" * binding.pickup,
        "switch": f", {binding.mode}",
        "press": "",
    }[action.kind]
    return escape(f"{binding.control} → {binding.command}{told}{manner}")
