"""A source's word on the command line: what may be said of it where others read."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

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
    parts = urlsplit(word)
    host = parts.netloc.rpartition("@")[2]
    return (host + parts.path).rstrip("/") or parts.scheme


def _bare(address: str) -> str:
    scheme, _, rest = address.partition("://")
    place, mark, query = rest.partition("#")[0].partition("?")
    authority, slash, path = place.partition("/")
    keys = [key for key, _ in parse_qsl(query, keep_blank_values=True)]
    masked = mark + "&".join(f"{key}={_MASK}" for key in keys)
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}{masked}"
