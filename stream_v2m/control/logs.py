"""What a service writes down: every record a line, as text or JSON, with the session's id and without secrets."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, TextIO

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.table import name_of
from stream_v2m.core.state import Board, Phase
from stream_v2m.core.values import Track
from stream_v2m.core.witness import Witness

Form = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]
ROOT = "stream_v2m"

_SECRETS = re.compile(r"(?<=://)[^/\s@]+@|(?<=token=)[^\s&\"']+|(?<=[Bb]earer )\S+")
_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class LogConfig(BaseModel):
    """What is written to standard error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form | None = Field(None, description="text, or json: a JSON object a line; nothing is written if not given")
    level: Level = Field("info", description="and what weighs more")


def start(config: LogConfig, out: TextIO) -> None:
    """Write this package's records to ``out`` from now on, or nowhere."""
    logger = logging.getLogger(ROOT)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = config.form is None  # to whoever embeds us
    if config.form is None:
        logger.addHandler(logging.NullHandler())
        return
    handler = logging.StreamHandler(out)
    handler.setFormatter(Lines(secrets.token_hex(4), as_json=config.form == "json"))
    logger.addHandler(handler)
    logger.setLevel(config.level.upper())


class Lines(logging.Formatter):
    """One line for each record; fields that were given as ``extra`` follow.

    Args:
        session: an id that is the same for all lines of one run.
    """

    def __init__(self, session: str, *, as_json: bool) -> None:
        super().__init__()
        self._session, self._json = session, as_json

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "session": self._session,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in record.__dict__.items() if name not in _USUAL},
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(told, ensure_ascii=False, default=str) if self._json else _text(told))


def without_secrets(text: str) -> str:
    """``text`` without what stands where credentials stand in URLs, tokens and headers."""
    return _SECRETS.sub("…", text)


class Journal(Witness):
    """Writes down what happened: the beginning, commands, styles, changes of phase, notices, the end."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._log = logging.getLogger(f"{ROOT}.session")
        self._notices: tuple[str, ...] = ()
        self._phase: Phase | None = None

    def began(self, at: float) -> None:
        state = self._board.state
        self._log.info("began", extra={"at": at, "source": state.source.name, "provider": state.provider})

    def arranged(self, tracks: Sequence[Track]) -> None:
        self._log.info("style %s", self._board.controls.style, extra={"parts": [track.name for track in tracks]})

    def commanded(self, command: Command, at: float) -> None:
        given = command.model_dump(mode="json", exclude_defaults=True)
        self._log.info("command %s", name_of(command), extra={"at": round(at, 3), "arguments": given})

    def ended(self, at: float) -> None:
        self._catch_up()
        self._log.info("ended", extra={"at": round(at, 3), "steps": self._board.state.step})

    async def run(self) -> None:
        """Follow the board."""
        watcher = self._board.watch()
        try:
            async for _ in watcher:
                self._catch_up()
        finally:
            self._board.unwatch(watcher)

    def _catch_up(self) -> None:
        state = self._board.state
        if state.phase != self._phase:
            self._phase = state.phase
            self._log.info("phase %s", state.phase, extra={"chord": state.chord and str(state.chord)})
        if state.notices is not self._notices:
            for notice in added(self._notices, state.notices):
                self._log.warning("%s", notice)
            self._notices = state.notices


def added(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """The notices that were added; the board forgets old ones, so the two overlap."""
    sizes = range(min(len(before), len(now)), -1, -1)
    return now[next(size for size in sizes if before[len(before) - size :] == now[:size]) :]


def _text(told: dict[str, object]) -> str:
    head = " ".join(str(told.pop(name)) for name in ("time", "level", "session", "logger", "message"))
    trace = told.pop("trace", None)
    fields = "".join(f" {name}={value}" for name, value in told.items())
    return (head + fields).replace("\r", " ").replace("\n", " ") + (f"\n{trace}" if trace else "")
