"""From what stands on the command line to a source: ``film:``, ``camera``, ``images:…`` or a path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.source import Source, SourceConfig


def open_source(spec: str, config: SourceConfig, published: Callable[[], Source] | None = None) -> Source:
    """A source, not yet opened.

    Args:
        spec: ``film:`` or ``film:seed=3&size=1280x720&rate=30&seconds=60``; ``camera``, ``camera:1`` or
            ``camera:NAME``; ``images:FOLDER`` or ``images:GLOB``; ``webrtc:``; else the path of a film.
        published: makes the source of what visitors publish, where they can.

    Raises:
        SourceError: it cannot be understood; what it names is looked for when the source opens.
    """
    kind, colon, rest = spec.partition(":")
    if kind == "film" and colon:
        from stream_v2m.sources.film import Film

        return Film(config, **_film_options(spec, rest))
    if kind == "camera":
        from stream_v2m.sources.camera import Camera

        return Camera(rest, config)
    if kind == "images" and colon:
        from stream_v2m.sources.images import Images

        return Images(rest, config)
    if spec == "webrtc:":
        if published is None:
            raise SourceError("nobody can send one here", where=spec, cure="`stream-v2m serve webrtc:`")
        return published()
    if rest.startswith("//"):
        raise SourceError("addresses on the network cannot be read", where=spec, cure="save it to a file first")
    from stream_v2m.sources.media import MediaFile

    return MediaFile(Path(spec).expanduser(), config)


def _film_options(spec: str, text: str) -> dict[str, Any]:
    options = {}
    for item in filter(None, text.split("&")):
        key, _, value = item.partition("=")
        if key not in _FILM_KEYS:
            raise SourceError("unknown key", where=spec, got=key, expected=f"one of {', '.join(_FILM_KEYS)}")
        name, parse, expected = _FILM_KEYS[key]
        try:
            options[name] = parse(value)
        except ValueError as error:
            keys = ", ".join(f"{known} ({meaning})" for known, (_, _, meaning) in _FILM_KEYS.items())
            raise SourceError(
                f"{key} is wrong", where=spec, got=repr(value), expected=expected, cure=f"the keys are {keys}"
            ) from error
    return options


def _between(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        number = float(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return parse


def _seed(text: str) -> int:
    seed = int(text)
    if seed < 0:
        raise ValueError(text)
    return seed


def _size(text: str) -> tuple[int, int]:
    width, height = map(int, text.split("x"))
    if not (16 <= width <= 7680 and 16 <= height <= 4320):
        raise ValueError(text)
    return width, height


_FILM_KEYS: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "seed": ("seed", _seed, "a whole number from 0"),
    "size": ("size", _size, "WIDTHxHEIGHT from 16x16 to 7680x4320"),
    "rate": ("rate_hz", _between(1, 240), "1 to 240 frames a second"),
    "seconds": ("seconds", _between(1, 86_400), "1 to 86400"),
}
