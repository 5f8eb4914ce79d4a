"""A source's word on the command line: what may be said of it where others read."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://\S*")
_MASK = "…"


def redacted(text: str) -> str:
    """The text, with the user and password of every address in it left out, and the values of its query.

    Which value of a query is a secret nobody can tell (``?token=``, ``?k=``, ``?streamid=``), so none is shown.
    Nor is a fragment.
    """
    return _ADDRESS.sub(lambda found: _bare(found.group()), text)


def name_of(word: str) -> str:
    """What to call a source whose word has no name: the word itself, or host and path of an address."""
    if not _ADDRESS.fullmatch(word):
        return word
    scheme, place, _ = _parts(word)
    return place.rstrip("/") or scheme


def _bare(address: str) -> str:
    scheme, place, query = _parts(address)
    keys = [key for key, _ in parse_qsl(query, keep_blank_values=True)]
    masked = "?" + "&".join(f"{key}={_MASK}" for key in keys) if keys else ""
    return f"{scheme}://{place}{masked}"


def _parts(address: str) -> tuple[str, str, str]:
    """Scheme, host with path, and query. Everything before the last @ is taken for a password, with / and ? in it."""
    scheme, _, rest = address.partition("://")
    place, _, query = rest.rpartition("@")[2].partition("#")[0].partition("?")
    return scheme, place, query
