"""What holds for all tests: every module carries exactly one category marker."""

from __future__ import annotations

from collections.abc import Generator

import pytest

CATEGORIES = ("unit", "models", "integration", "e2e", "bench")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse a module of tests without a category, or with two."""
    report = yield
    if isinstance(collector, pytest.Module) and report.passed:
        named = [mark.name for mark in collector.own_markers if mark.name in CATEGORIES]
        if len(named) != 1:
            report.outcome = "failed"
            report.longrepr = (
                f"{collector.nodeid}: expected exactly one category marker, got {named or 'none'}; "
                f"write e.g. `pytestmark = pytest.mark.unit` (one of {', '.join(CATEGORIES)})"
            )
    return report
