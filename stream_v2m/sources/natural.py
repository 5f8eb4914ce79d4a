"""The order in which people count: picture 2 before picture 10."""

from __future__ import annotations

import re


def natural(name: str) -> list[tuple[int, str]]:
    """A key to sort names by: digits by their number, the rest without regard to case."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]
