"""A clock that is set by hand."""

from __future__ import annotations


class StandingClock:
    """Shows ``moment`` until it is set to another; nobody can sleep by it."""

    def __init__(self, moment: float = 0.0) -> None:
        self.moment = moment

    def now(self) -> float:
        return self.moment

    def wall(self, moment: float) -> float:
        return moment

    async def sleep_until(self, moment: float) -> None:
        raise AssertionError("nobody sleeps here")
