"""Answers are on the disk when they are acknowledged, and what is no answer is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from models.listening.answers import Answers, Refused, load_answers
from models.listening.questions import QUESTIONS
from models.listening.study import ANSWERS
from stream_v2m.core.errors import ConfigError
from tests.support.listening import make_study

pytestmark = pytest.mark.models

FOURS = {question.name: 4 for question in QUESTIONS}


def rate_next(answers, code, **changed):
    following = answers.progress(code)[2]
    answers.answer(code, following, {**FOURS, **changed}, plays=1)
    return following


def test_who_comes_back_goes_on_where_they_stopped(tmp_path):
    study = make_study(tmp_path)
    answers = Answers(tmp_path, study)
    code = answers.join("", {"age": "25–34"}).code
    assert answers.join("p-2", {}).number == 1
    rated = [rate_next(answers, code), rate_next(answers, code)]
    again = Answers(tmp_path, study)
    assert again.join(code.lower(), {}).background == {"age": "25–34"}
    assert again.progress(code) == (2, 6, study.order(0)[2])
    assert rated == study.order(0)[:2]
    while again.progress(code)[2] is not None:
        rate_next(again, code)
    assert again.progress(code) == (6, 6, None)


def test_a_line_that_was_not_written_to_its_end_is_passed_over_and_does_not_spoil_the_next(tmp_path):
    study = make_study(tmp_path)
    answers = Answers(tmp_path, study)
    answers.join("P1", {})
    first = rate_next(answers, "P1")
    path = tmp_path / ANSWERS
    whole = path.read_bytes()
    for length in (1, 40, len(whole.splitlines()[-1])):
        path.write_bytes(whole + whole.splitlines()[-1][:length])
        assert list(load_answers(tmp_path, study)["P1"].ratings) == [first]
        Answers(tmp_path, study)
        assert path.read_bytes() == whole
    second = rate_next(Answers(tmp_path, study), "P1")
    assert list(load_answers(tmp_path, study)["P1"].ratings) == [first, second]


def test_any_other_damage_is_told_with_its_line(tmp_path):
    study = make_study(tmp_path)
    answers = Answers(tmp_path, study)
    answers.join("P1", {})
    rate_next(answers, "P1")
    path = tmp_path / ANSWERS
    lines = path.read_text().splitlines()
    strange = {**json.loads(lines[1]), "stimulus": "0" * 16}
    for damaged in ("{", "[]", json.dumps(strange), lines[1].replace(": 4", ": 8", 1)):
        path.write_text("\n".join([lines[0], damaged, ""]))
        with pytest.raises(ConfigError, match="line 2"):
            Answers(tmp_path, study)


_KILLED = """
import os, signal, sys
from pathlib import Path
from models.listening.answers import Answers
from models.listening.questions import QUESTIONS
from models.listening.study import Study
folder = Path(sys.argv[1])
answers = Answers(folder, Study.load(folder))
answers.join("P1", {})
for turn in range(4):
    answers.answer("P1", answers.progress("P1")[2], {question.name: 4 for question in QUESTIONS}, plays=1)
print("acknowledged", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_what_was_acknowledged_survives_a_kill(tmp_path):
    study = make_study(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path)], capture_output=True, env={**os.environ, "PYTHONPATH": "."}
    )
    assert (done.stdout, done.returncode) == (b"acknowledged\n", -signal.SIGKILL)
    assert list(load_answers(tmp_path, study)["P1"].ratings) == study.order(0)[:4]


@pytest.mark.parametrize(
    "ratings",
    [
        {},
        {**FOURS, "quality": 0},
        {**FOURS, "quality": 8},
        {**FOURS, "quality": 4.0},
        {**FOURS, "quality": True},
        {**FOURS, "other": 4},
        dict.fromkeys(list(FOURS)[1:], 4),
    ],
)
def test_ratings_that_are_none_are_refused_and_not_kept(tmp_path, ratings):
    study = make_study(tmp_path)
    answers = Answers(tmp_path, study)
    answers.join("P1", {})
    with pytest.raises(Refused):
        answers.answer("P1", answers.progress("P1")[2], ratings, plays=1)
    assert load_answers(tmp_path, study)["P1"].ratings == {}


def test_only_the_next_stimulus_can_be_rated_once_and_after_it_was_heard(tmp_path):
    study = make_study(tmp_path)
    answers = Answers(tmp_path, study)
    answers.join("P1", {})
    first, second, *_ = study.order(0)
    for stimulus, plays, status in ((second, 1, 409), ("unknown", 1, 404), (first, 0, 400), (first, 10**6, 400)):
        with pytest.raises(Refused) as refused:
            answers.answer("P1", stimulus, FOURS, plays=plays)
        assert refused.value.status == status
    answers.answer("P1", first, FOURS, plays=3)
    with pytest.raises(Refused) as refused:
        answers.answer("P1", first, FOURS, plays=1)
    assert refused.value.status == 409
    assert len((tmp_path / ANSWERS).read_text().splitlines()) == 2


@pytest.mark.parametrize(("code", "background"), [("a", {}), ("<b>", {}), ("x" * 21, {}), ("P1", {"age": "99"})])
def test_strange_codes_and_choices_are_refused(tmp_path, code, background):
    answers = Answers(tmp_path, make_study(tmp_path))
    with pytest.raises(Refused):
        answers.join(code, background)
    assert (tmp_path / ANSWERS).read_bytes() == b""
