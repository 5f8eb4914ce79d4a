"""The answers' file: one line of JSON for each thing that happened, on the disk before anybody is told of it."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from models.listening.questions import BACKGROUND, HIGHEST, LOWEST, QUESTIONS
from models.listening.study import ANSWERS, Study
from stream_v2m.core.errors import ConfigError, StreamV2MError

MOST_PARTICIPANTS = 1_000
MOST_PLAYS = 1_000
_CODE = re.compile(r"[A-Z0-9-]{2,20}")
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another
_DRAWN = 6


class Refused(StreamV2MError):
    """A request that a participant's browser should not have made; ``status`` is HTTP's."""

    def __init__(self, what: str, *, status: int = 400, **more: Any) -> None:
        super().__init__(what, **more)
        self.status = status


@dataclass(slots=True)
class Participant:
    """Somebody by a code; ``number`` decides the order; ``ratings`` are by stimulus and question."""

    code: str
    number: int
    background: dict[str, str]
    ratings: dict[str, dict[str, int]] = field(default_factory=dict)


class Answers:
    """Who takes part, what they have answered, and what comes next; for any number of threads.

    Args:
        now: for the times that are kept.

    Raises:
        ConfigError: the file is damaged other than at its end, or cannot be written.
    """

    def __init__(self, folder: Path, study: Study, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path, self._study, self._now = folder / ANSWERS, study, now
        self._lock = Lock()
        self._participants = load_answers(folder, study)
        self._orders = {code: study.order(who.number) for code, who in self._participants.items()}
        _cut_partial_line(self._path)

    def join(self, code: str, background: Mapping[str, str]) -> Participant:
        """Begin, or come back with the same code; without one a code is drawn.

        Raises:
            Refused: no code, unknown choices, or too many participants.
        """
        code = code.strip().upper()
        _check_background(background)
        if code and not _CODE.fullmatch(code):
            raise Refused("this cannot be a code", got=code, expected="2 to 20 letters, digits and -")
        with self._lock:
            if code in self._participants:
                return self._participants[code]
            if len(self._participants) >= MOST_PARTICIPANTS:
                raise Refused("this test has all the participants that it can take", status=403)
            while not code or code in self._participants:
                code = "".join(secrets.choice(_LETTERS) for _ in range(_DRAWN))
            # the file may have lost somebody who wished it
            number = 1 + max((each.number for each in self._participants.values()), default=-1)
            who = Participant(code, number, dict(background))
            self._append(kind="join", code=code, number=who.number, consent=True, background=who.background)
            self._participants[code] = who
            self._orders[code] = self._study.order(who.number)
            return who

    def progress(self, code: str) -> tuple[int, int, str | None]:
        """How many stimuli are rated, of how many, and the next one.

        Raises:
            Refused: nobody has this code.
        """
        with self._lock:
            return self._progress(code)

    def answer(self, code: str, stimulus: str, ratings: Mapping[str, int], *, plays: int) -> None:
        """Keep the ratings of the stimulus that is next for this participant.

        Args:
            plays: how often it was heard to its end.

        Raises:
            Refused: nobody has this code, the stimulus is unknown or not next, a rating is missing or out of range.
        """
        _check_ratings(ratings)
        if not 1 <= plays <= MOST_PLAYS:
            raise Refused("please play the film to its end first", got=f"{plays} times")
        with self._lock:
            rated, _, following = self._progress(code)
            if stimulus not in self._orders[code]:
                raise Refused("no such stimulus", status=404, got=stimulus[:40])
            if stimulus != following:
                raise Refused("this film was rated already, or is not the next one", status=409)
            who = self._participants[code]
            kept = {question.name: ratings[question.name] for question in QUESTIONS}
            self._append(
                kind="answer", code=code, number=who.number, place=rated, stimulus=stimulus, ratings=kept, plays=plays
            )
            who.ratings[stimulus] = kept

    def _progress(self, code: str) -> tuple[int, int, str | None]:
        if code not in self._participants:
            raise Refused("nobody has this code", status=404, got=code[:40])
        order, rated = self._orders[code], self._participants[code].ratings
        following = next((stimulus for stimulus in order if stimulus not in rated), None)
        return len(rated), len(order), following

    def _append(self, **line: object) -> None:
        """A line that is on the disk when this returns."""
        text = json.dumps({"at": self._now().isoformat(timespec="seconds"), **line}, ensure_ascii=False) + "\n"
        with self._path.open("ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())


def load_answers(folder: Path, study: Study) -> dict[str, Participant]:
    """All participants by code; a last line that was not written to its end is passed over.

    Raises:
        ConfigError: any other line is no line of ours, or of another study.
    """
    known = {stimulus.id for stimulus in study.stimuli}
    participants: dict[str, Participant] = {}
    path = folder / ANSWERS
    for number, text in _whole_lines(path):
        try:
            line = json.loads(text)
            if line["kind"] == "join":
                participants[line["code"]] = Participant(line["code"], line["number"], line["background"])
                continue
            _check_ratings(line["ratings"])
            if line["stimulus"] not in known:
                raise ValueError(f"stimulus {line['stimulus']} of another study")
            participants[line["code"]].ratings[line["stimulus"]] = line["ratings"]
        except (ValueError, KeyError, TypeError, Refused) as error:
            raise ConfigError("is no line of answers", where=f"{path}, line {number}", got=repr(error)) from error
    return participants


def _whole_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines by number; what follows the last end of line was never acknowledged, and is no line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    yield from enumerate(lines[:-1], 1)


def _cut_partial_line(path: Path) -> None:
    """So that the next line does not begin within it."""
    try:
        with path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
    except OSError as error:
        raise ConfigError(f"cannot be written ({error.strerror})", where=path) from error


def _check_background(background: Mapping[str, str]) -> None:
    asked = {each.name: each.choices for each in BACKGROUND}
    for name, choice in background.items():
        if choice not in asked.get(name, ()):
            raise Refused("no such choice", where=name[:40], got=choice[:40])


def _check_ratings(ratings: Mapping[str, int]) -> None:
    asked = {question.name: question.title for question in QUESTIONS}
    for name, rating in ratings.items():
        if name not in asked:
            raise Refused("no such question", got=name[:40])
        if type(rating) is not int or not LOWEST <= rating <= HIGHEST:
            expected = f"a whole number from {LOWEST} to {HIGHEST}"
            raise Refused("no such rating", where=asked[name], got=str(rating)[:40], expected=expected)
    missing = [title for name, title in asked.items() if name not in ratings]
    if missing:
        raise Refused("every question needs an answer", where=", ".join(missing))
