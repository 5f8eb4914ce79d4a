"""Estimators in a whole performance, with a CLIP export that is none: on a virtual clock, and in threads."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from stream_v2m.config import Config
from stream_v2m.core.clock import Clock, MonotonicClock, VirtualClock, run_virtual
from stream_v2m.core.commands.table import parse_command
from stream_v2m.core.features import SEMANTIC, Condition
from stream_v2m.core.state import State
from stream_v2m.core.values import Affect, FeatureWindow, StepPlan
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import InlineWorker, ThreadWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig

pytest.importorskip("onnx", reason="graphs are made with onnx, of the [train] extra")

from tests.support.clip import write_clip

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("stream_v2m.inference.clip_files.data_folder", lambda: tmp_path)
    folder = tmp_path / "clip"
    write_clip(folder, "glad", emotion="exciting", semantics=True)
    write_clip(folder, "glum", emotion="sad")
    return folder


class Heard(Witness):
    """Keeps what was felt and planned, and gives commands at moments."""

    def __init__(self, commands: dict[float, dict[str, str]]) -> None:
        self.commands, self.session = dict(commands), None
        self.affects: list[tuple[float, Affect | None]] = []
        self.windows: list[FeatureWindow | None] = []
        self.chords: list[str] = []

    def saw(self, frame, cues, affect, *, at: float) -> None:
        self.affects.append((frame.time, affect))
        for moment in [moment for moment in self.commands if moment <= frame.time]:
            self.session.command(parse_command("set_affect", self.commands.pop(moment)))

    def planned(self, plan: StepPlan, onset: float, duration: float, window: FeatureWindow | None) -> None:
        self.windows.append(window)
        self.chords.append(str(plan.chord))


def perform(
    estimator: str, *, seconds: float = 5.0, commands: dict[float, dict[str, str]] | None = None, live: bool = False
) -> tuple[Heard, State]:
    heard = Heard(commands or {})

    async def play() -> State:
        clock: Clock = MonotonicClock() if live else VirtualClock()
        heard.session = Session(
            Config.load(assignments=[f"affect.estimator={estimator}"]),
            Film(SourceConfig(), seed=0, seconds=seconds, rate_hz=10.0),
            Outputs(),
            clock=clock,
            worker=ThreadWorker if live else lambda name: InlineWorker(),
            witnesses=[heard],
        )
        await heard.session.run()
        return heard.session.board.state

    return heard, asyncio.run(play()) if live else run_virtual(play())


def test_the_estimator_steers_and_fills_the_semantics_if_it_has_them():
    heard, state = perform("clip:glad")
    (clip,) = state.estimators
    assert (clip.name, clip.model, clip.precision, clip.provider) == ("clip:glad", "tiny random", "float32", "cpu")
    assert clip.semantics and state.semantics
    assert clip.rate_hz == pytest.approx(4.0) and clip.age is not None and clip.age < 0.3
    window = heard.windows[-1]
    assert window is not None and window.affect is not None and window.affect.emotion == "exciting"
    assert window.present[Condition.SEMANTIC] and np.abs(window.features[SEMANTIC]).max() > 0
    heard, state = perform("clip:glum")
    assert heard.windows[-1].affect.emotion == "sad" and not heard.windows[-1].present[Condition.SEMANTIC]
    assert not state.semantics


def test_a_rendered_performance_is_the_same_every_time():
    one, other = (perform("color,clip:glad", commands={2.0: {"estimator": "clip:glum"}})[0] for _ in range(2))
    assert one.affects == other.affects
    assert one.chords == other.chords


def test_estimators_are_exchanged_live_without_a_jump_and_back():
    changes = {2.0: {"estimator": "clip:glum"}, 5.0: {"estimator": "color,clip:glad"}}
    heard, state = perform("clip:glad", seconds=8.0, commands=changes)
    assert state.estimator == "color,clip:glad" and state.notices == ()
    known = [(time, affect) for time, affect in heard.affects if affect is not None]
    times = np.array([time for time, _ in known])
    path = np.array([(affect.valence, affect.arousal, *affect.probabilities) for _, affect in known])
    speeds = np.abs(np.diff(path, axis=0)) / np.diff(times)[:, None]
    assert speeds.max() < 2 / 0.8  # the greatest difference, by the time constant of the smoothing
    emotions = {round(time): affect.emotion for time, affect in known}
    assert (emotions[2], emotions[5]) == ("exciting", "sad")


def test_in_threads_the_same_parts_play_and_say_what_they_cost():
    heard, state = perform("color,clip:glum", seconds=2.0, live=True)
    color, clip = state.estimators
    assert clip.cost_ms > 0 and 0 < clip.rate_hz <= 4.0
    assert color.share + clip.share == pytest.approx(1.0)
    assert any(affect is not None for _, affect in heard.affects)


def test_the_command_line_compares_every_estimator_and_draws_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from rich.console import Console

    from stream_v2m.cli.affect import affect

    plot = tmp_path / "moods.png"
    affect(Config(), "film:seconds=12&rate=6", plot=plot, as_json=True, seconds=5.0, console=Console())
    record = json.loads(capsys.readouterr().out)
    assert set(record["estimators"]) == {"color", "clip:glad", "clip:glum", "color,clip:glad", "meant"}
    assert record["estimators"]["clip:glum"]["leading"] == {"sad": 1.0}
    assert len(record["agreements"]) == 10
    assert {len(each["path"]) for each in record["estimators"].values()} == {len(record["times"])}
    assert plot.read_bytes().startswith(b"\x89PNG") and plot.stat().st_size > 20_000
