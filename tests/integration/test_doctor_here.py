"""The doctor on the machine that the tests run on."""

from __future__ import annotations

import pytest

from stream_v2m.cli import doctor

pytestmark = pytest.mark.integration


def test_where_the_tests_run_a_film_can_be_rendered_and_all_is_looked_at():
    findings = {finding.topic: finding for finding in doctor.examine()}
    assert not [finding for finding in findings.values() if finding.verdict == "fail"]
    assert "CPU" in findings["runtime"].text
    assert "h264" in findings["video"].text
    assert all(finding.cure for finding in findings.values() if finding.verdict == "warn")
