"""One slot between threads: a put never waits, the newest wins, what nobody took is counted."""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Holds the newest item; any thread may put, one takes."""

    def __init__(self) -> None:
        self.put_count = 0
        self.dropped = 0
        self._item: T | None = None
        self._closed = False
        self._changed = Condition()

    def put(self, item: T) -> None:
        """Replace whatever is in the slot; nothing after ``close``."""
        with self._changed:
            if self._closed:
                return
            self.put_count += 1
            self.dropped += self._item is not None
            self._item = item
            self._changed.notify()

    def take(self) -> T | None:
        """Take the item, waiting for one; None once the slot is closed, whatever is left in it."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._item is not None)
            item, self._item = self._item, None
            return None if self._closed else item

    def close(self) -> None:
        """Let a taker that waits go; from any thread, as often as one likes."""
        with self._changed:
            self._closed = True
            self._item = None
            self._changed.notify_all()
