"""Whether visitors may publish: where a source waits for them, and nowhere else."""

from __future__ import annotations

import pytest

from stream_v2m.cli.publishing import Publishing
from stream_v2m.config import Config
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import SourceError
from stream_v2m.sources.source import SourceConfig
from stream_v2m.sources.supply import Supply

pytestmark = pytest.mark.unit


@pytest.fixture
def publishing() -> Publishing:
    return Publishing(Config(), MonotonicClock())


def test_a_performance_without_such_a_source_takes_nothing(publishing: Publishing) -> None:
    Supply.parse(["film:"], SourceConfig(), publishing.open)
    assert publishing.routes() == []


def test_a_source_that_waits_for_visitors_opens_the_way_and_is_made_anew_each_time(publishing: Publishing) -> None:
    supply = Supply.parse(["film:", "visitor=webrtc:"], SourceConfig(), publishing.open)
    assert supply.names == ("film:", "visitor")
    first, second = supply.make("visitor"), supply.make("visitor")
    assert first is not second
    assert first.live
    assert {(route.method, route.path) for route in publishing.routes()} >= {
        ("POST", "/whip"),
        ("DELETE", "/whip/{id}"),
    }


def test_what_anybody_may_ask_for_without_a_token_changes_nothing(publishing: Publishing) -> None:
    publishing.open()
    assert {route.method for route in publishing.routes() if route.public} == {"OPTIONS"}


def test_where_nothing_is_served_nobody_can_publish() -> None:
    with pytest.raises(SourceError, match=r"nobody can send one here.*serve webrtc:"):
        Supply.parse(["webrtc:"], SourceConfig())
