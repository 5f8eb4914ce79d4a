"""A small study without sounds, and listeners who answer as they are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from models.listening.answers import Answers
from models.listening.questions import QUESTIONS
from models.listening.study import CONSENT, STIMULI, SUFFIX, Stimulus, Study


def make_study(folder: Path, *, films: int = 2, systems: tuple[str, ...] = ("alpha", "beta", "gamma")) -> Study:
    """Films that are some bytes each, under names that are numbers; the names of films are ``clip-N``."""
    names = tuple(f"clip-{number}" for number in range(films))
    pairs = [(film, system) for film in names for system in systems]
    stimuli = tuple(Stimulus(f"{0xABC000 + number:016x}", *pair) for number, pair in enumerate(pairs))
    study = Study(7, names, systems, stimuli)
    (folder / STIMULI).mkdir(parents=True)
    for number, stimulus in enumerate(stimuli):
        (folder / STIMULI / f"{stimulus.id}{SUFFIX}").write_bytes(bytes([number]) * 1000)
    (folder / CONSENT).write_text("What it is about.\n\nI agree <b>gladly</b>.\n", encoding="utf-8")
    study.save(folder, films=dict.fromkeys(names), systems=dict.fromkeys(systems))
    return study


def answer_all(folder: Path, study: Study, listeners: int, rate: Callable[[int, Stimulus, str], int]) -> None:
    """Let listeners take the whole test; ``rate`` gives each rating by listener, stimulus and question."""
    answers = Answers(folder, study)
    by_id = {stimulus.id: stimulus for stimulus in study.stimuli}
    for listener in range(listeners):
        code = answers.join(f"L{listener:03}", {}).code
        while (following := answers.progress(code)[2]) is not None:
            ratings = {q.name: rate(listener, by_id[following], q.name) for q in QUESTIONS}
            answers.answer(code, following, ratings, plays=1)
