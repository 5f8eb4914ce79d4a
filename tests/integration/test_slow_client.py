"""Somebody who listens to a performance and never reads: it costs a bounded count of news, and the music nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from stream_v2m.config import Config, alone
from stream_v2m.control.feed import CAPACITY, Feed
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.values import MusicEvent
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.factory import open_source

pytestmark = pytest.mark.integration

FILM = "film:seed=1&seconds=20&rate=12"


class Notes(Witness):
    """All that was written."""

    def __init__(self) -> None:
        self.music: list[MusicEvent] = []

    def played(self, events: Sequence[MusicEvent]) -> None:
        self.music += events


def perform(listeners: int) -> tuple[list[MusicEvent], list[tuple[int, bool]]]:
    """The music of a film, and what waits for each listener at its end: a count, and whether anything was lost."""
    config = alone(Config.load(assignments=["controls.style=techno"]))
    feed, notes = Feed(), Notes()

    async def run() -> list[tuple[int, bool]]:
        source = open_source(FILM, config.source)
        session = Session(
            config,
            source,
            Outputs(),
            clock=VirtualClock(),
            worker=lambda name: InlineWorker(),
            witnesses=[feed, notes],
        )
        with ExitStack() as stack:
            kinds = frozenset({"notes", "cue", "midi", "released"})
            boxes = [stack.enter_context(feed.listening(kinds)) for _ in range(listeners)]
            await session.run()
            return [(sum(1 for _ in iter(box.take, None)), box.lagged()) for box in boxes]

    waiting = run_virtual(run())
    return notes.music, waiting


def test_who_never_reads_keeps_a_bounded_count_of_news_and_changes_no_note() -> None:
    unheard, _ = perform(listeners=0)
    heard, waiting = perform(listeners=3)
    assert heard == unheard
    assert all(0 < count <= CAPACITY and lagged for count, lagged in waiting)
