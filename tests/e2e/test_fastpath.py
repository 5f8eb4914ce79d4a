"""Zones, accents on a grid and chords on cuts in whole performances on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from stream_v2m.config import Config
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.gestures import SetZone
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import State
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Event, Frame
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import Source, SourceConfig, SourceInfo
from tests.support.scenes import Scene, Small, filmed

pytestmark = pytest.mark.e2e

HALF = 8.0  # seconds that either half of the picture moves
FIRST_BEAT = 1.0  # second


class Halves:
    """First the left half of the picture moves, then the right."""

    live, name = False, "halves"

    def open(self) -> SourceInfo:
        return SourceInfo(self.name, 160, 90, 15.0, 2 * HALF)

    def frames(self) -> Iterator[Frame]:
        scene, still = Scene(0), Scene(0).at()

        def picture_at(time: float) -> Small:
            picture, moved = still.copy(), scene.at(x=60 * time)
            if time < HALF:
                picture[:, :, :80] = moved[:, :, :80]
            else:
                picture[:, :, 80:] = moved[:, :, 80:]
            return picture

        for frame in filmed(picture_at, 2 * HALF, rate_hz=15.0):
            yield replace(frame, picture=lambda width, height: np.zeros((height, width, 3), np.uint8))

    def close(self) -> None:
        pass


def film() -> Film:
    return Film(SourceConfig(), seed=5, seconds=9.0, rate_hz=10.0)


def perform(source: Source, *config: str, commands: Sequence[Command] = ()) -> tuple[Trace, State]:
    async def main() -> tuple[Trace, State]:
        trace = Trace(title="")
        session = Session(
            Config.load([], config),
            source,
            Outputs(),
            clock=VirtualClock(),
            worker=lambda _: InlineWorker(),
            witnesses=[trace],
        )

        async def turn() -> None:
            for command in commands:
                session.command(command)
            await asyncio.Event().wait()

        await session.run(turn)
        return trace, session.board.state

    return run_virtual(main())


def beats(trace: Trace, part: str) -> list[float]:
    return sorted({round((note.onset - FIRST_BEAT) * 2, 3) for note in trace.notes if note.part == part})


def lead(trace: Trace, part: str) -> float:
    """By how much louder a part is while the left half moves than while the right does."""

    def velocity(begin: float, end: float) -> float:
        found = [note.velocity for note in trace.notes if note.part == part and begin <= note.onset < end]
        return sum(found) / len(found)

    return velocity(2.0, HALF) - velocity(HALF + 1, 2 * HALF)


ZONED = ["vision.zones=2x1", "controls.zones.bass=left", "controls.zones.arpeggio=right"]


def test_the_left_of_the_picture_plays_one_part_and_the_right_another_and_a_command_turns_them_round():
    trace, state = perform(Halves(), *ZONED)
    assert set(state.zones) == {"left", "right"}
    assert lead(trace, "bass") > lead(trace, "arpeggio") + 10
    round_ = [SetZone(part="bass", zone="right"), SetZone(part="arpeggio", zone="left")]
    turned, _ = perform(Halves(), *ZONED, commands=round_)
    assert lead(turned, "bass") < lead(turned, "arpeggio") - 10


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (SetZone(part="bass", zone="middle"), "middle: no such zone"),
        (SetZone(part="tuba", zone="left"), "tuba: no such part"),
    ],
)
def test_a_zone_or_a_part_that_is_not_there_is_refused(command: SetZone, words: str):
    with pytest.raises(ExceptionGroup) as caught:
        perform(Halves(), *ZONED, commands=[command])
    (error,) = caught.value.exceptions
    assert isinstance(error, ConfigError) and words in str(error)


def test_accents_fall_on_the_grid_and_a_cut_brings_its_chord_to_the_next_subdivision_again_and_again():
    plain, _ = perform(film())
    cuts = [(cue.time - FIRST_BEAT) * 2 for cue in plain.events if cue.event is Event.CUT]
    assert cuts
    assert not all(beat % 0.5 == 0 for beat in beats(plain, "stab"))  # at once
    settings = ["controls.accent_snap=0.5", "controls.chord_on_cut=1"]
    trace, _ = perform(film(), *settings)
    assert len(beats(trace, "stab")) == len(beats(plain, "stab"))
    assert all(beat % 0.5 == 0 for beat in beats(trace, "stab"))
    early = set(beats(trace, "pad")) - set(beats(plain, "pad"))
    assert early
    assert all(any(0 <= beat - moment < 0.5 + 0.1 for moment in cuts) for beat in early)
    again, _ = perform(film(), *settings)
    assert again.notes == trace.notes
    late, _ = perform(film(), *settings, "step.commit_ahead_s=0.2")
    assert early <= set(beats(late, "pad")) - set(beats(plain, "pad"))
