"""A busy performance ended without mercy, at random moments: nothing is left, whatever happened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench.kills import KINDS, WAIT_MS, kill_all
from tests.support.jack import jack_server

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with jack_server(WAIT_MS):
        yield


@pytest.mark.parametrize("kind", KINDS)
def test_no_note_no_pedal_and_no_clock_is_left_by_a_performance_that_is(kind: str) -> None:
    kills = list(kill_all([kind, kind], seed=len(kind)))
    assert [kill.left for kill in kills] == [(), ()]
