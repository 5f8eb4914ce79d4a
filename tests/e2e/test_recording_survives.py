"""A recording that is cut off is there again the next time; one that ends leaves nothing but its file."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mido
import pytest

from stream_v2m.cli.insurance import insured, recover
from stream_v2m.cli.run import recorder_of
from stream_v2m.config import Config
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film

pytestmark = pytest.mark.e2e

PATIENCE = 60.0  # seconds that a busy machine may take until the first note
LOOK_EVERY = 0.05  # seconds


class Cut(Exception):
    """The performance dies."""


def perform(path: Path, *, seconds: float, dies: bool = False, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Record the synthetic film; one that dies never comes to write its file."""
    config = Config()

    async def main() -> None:
        recorder = recorder_of(config, path)
        if dies:
            recorder.ended = lambda at: None  # type: ignore[method-assign]
        with insured(config, "film:", recorder, notice=pytest.fail) as log:
            session = Session(
                config,
                Film(config.source, seconds=seconds),
                Outputs(),
                clock=VirtualClock(),
                worker=lambda _: InlineWorker(),
                witnesses=[recorder, log],
            )
            await session.run()
            meanwhile()
            if dies:
                raise Cut

    run_virtual(main())


def notes(path: Path) -> list[mido.Message]:
    return [message for message in mido.MidiFile(path) if message.type in ("note_on", "note_off")]


def test_a_recording_that_ends_leaves_its_file_and_nothing_else(tmp_path):
    perform(tmp_path / "gig.mid", seconds=4)
    assert [path.name for path in tmp_path.iterdir()] == ["gig.mid"]
    assert recover(tmp_path / "gig.mid") is None


def test_a_recording_that_another_took_for_one_cut_off_ends_with_its_file_too(tmp_path):
    path = tmp_path / "gig.mid"
    perform(path, seconds=4, meanwhile=lambda: recover(path))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["gig-recovered.mid", "gig.mid"]


def test_what_was_cut_off_is_recovered_note_for_note_and_nothing_is_written_over(tmp_path):
    whole, cut = tmp_path / "whole.mid", tmp_path / "gig (live).mid"
    perform(whole, seconds=4)
    cut.write_bytes(b"an earlier one")
    for _ in range(2):
        with pytest.raises(Cut):
            perform(cut, seconds=4, dies=True)
        assert (tmp_path / "gig (live).mid.part" / "take.jsonl").is_file()
        said = recover(cut)
        assert said is not None and "gig (live)-recovered" in said
    assert cut.read_bytes() == b"an earlier one"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "gig (live)-recovered-2.mid",
        "gig (live)-recovered.mid",
        "gig (live).mid",
        "whole.mid",
    ]
    assert notes(tmp_path / "gig (live)-recovered.mid") == notes(whole)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_program_has_its_notes_recovered_by_the_next_one(tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STREAM_V2M_")}
    command = [sys.executable, "-m", "stream_v2m.cli.main", "play", "film:", "--to", "file:gig.mid", "--quiet"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        log, end = tmp_path / "gig.mid.part" / "take.jsonl", time.perf_counter() + PATIENCE
        while not (log.is_file() and b'"midi":"9' in log.read_bytes()):
            assert time.perf_counter() < end and process.poll() is None, "no note came"
            time.sleep(LOOK_EVERY)
    finally:
        process.kill()
        process.wait()
    assert not (tmp_path / "gig.mid").exists()
    done = subprocess.run(
        [*command, "--seconds", "2"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert "gig-recovered.mid" in done.stderr
    assert notes(tmp_path / "gig-recovered.mid")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gig-recovered.mid", "gig.mid"]
