"""What a visitor is told when something is refused: a status of HTTP's and one of our errors, as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from stream_v2m.core.errors import AuthError, ConfigError, StreamV2MError

LONGEST = 200  # characters of what was got that are told back


class Fault(Exception):
    """A refusal.

    Args:
        status: of HTTP's, 400–599.
        retry_after: seconds after which it may be tried again.
    """

    def __init__(self, status: int, error: StreamV2MError, retry_after: int | None = None) -> None:
        self.status, self.error, self.retry_after = status, error, retry_after
        super().__init__(str(error))


def fault(status: int, what: str, *, retry_after: int | None = None, **told: Any) -> Fault:
    """A refusal in a few words; ``told`` is what ``StreamV2MError`` takes beside them."""
    kind = AuthError if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) else ConfigError
    return Fault(status, kind(what, **told), retry_after)


def described(error: StreamV2MError) -> dict[str, str | None]:
    """An error as JSON: ``what``, ``where``, ``got``, ``expected``, ``cure``."""
    told = {"what": error.what, "where": error.where, "got": error.got, "expected": error.expected, "cure": error.cure}
    return {name: None if value is None else _short(str(value)) for name, value in told.items()}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
