"""Real parts that a test needs: missing they skip it on a user's machine and fail it in continuous integration."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test that is running; with ``CI`` set, fail it."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and continuous integration must have it", pytrace=False)
    pytest.skip(reason)


def require(*programs: str) -> None:
    """Go on only if every program can be run."""
    absent = [program for program in programs if shutil.which(program) is None]
    if absent:
        missing(f"{', '.join(absent)} not installed")
