"""From what stands on the command line to a source: ``film:``, ``camera``, an address, a path …"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.source import Source, SourceConfig
from stream_v2m.sources.word import redacted


def open_source(spec: str, config: SourceConfig) -> Source:
    """A source, not yet opened.

    Args:
        spec: ``film:`` or ``film:seed=3&size=1280x720&rate=30&seconds=60``; ``camera``, ``camera:1`` or
            ``camera:NAME``; ``screen:``; ``webrtc:``; ``images:FOLDER`` or ``images:GLOB``; an address on the
            network (``rtsp://``, ``rtmp://``, ``rtmp-listen://``, ``srt://``, ``udp://``, ``http://`` …); else the
            path of a film.

    Raises:
        SourceError: it cannot be understood; what it names is looked for when the source opens.
    """
    return source_maker(spec, config)()


def source_maker(
    spec: str, config: SourceConfig, publishing: Callable[[], Callable[[], Source]] | None = None
) -> Callable[[], Source]:
    """What makes the source again and again: a camera that was found once is looked for by its name.

    Args:
        publishing: lets visitors publish a picture, and gives what makes its source; none: they cannot.

    Raises:
        SourceError: the spec cannot be understood.
    """
    kind, colon, rest = spec.partition(":")
    if kind == "film" and colon:
        from stream_v2m.sources.film import Film

        options = _film_options(spec, rest)
        return lambda: Film(config, **options)
    if kind == "camera":
        from stream_v2m.sources.camera import Camera

        known: list[str] = []
        return lambda: Camera(rest, config, known=known)
    if kind == "screen" and colon:
        from stream_v2m.sources.screen import Screen

        Screen(rest, config)
        return lambda: Screen(rest, config)
    if kind == "images" and colon:
        from stream_v2m.sources.images import Images

        return lambda: Images(rest, config)
    if spec == "webrtc:":
        if publishing is None:
            raise SourceError("nobody can send one here", where=spec, cure="`stream-v2m serve webrtc:`")
        return publishing()
    if rest.startswith("//"):
        return _network_maker(kind.lower(), spec, config)
    from stream_v2m.sources.media import MediaFile

    return lambda: MediaFile(Path(spec).expanduser(), config)


def _network_maker(scheme: str, spec: str, config: SourceConfig) -> Callable[[], Source]:
    from stream_v2m.sources.http import HttpStream
    from stream_v2m.sources.network import SCHEMES, NetworkStream
    from stream_v2m.sources.rtmp_listen import RtmpListener
    from stream_v2m.sources.srt import SrtStream

    kinds: dict[str, Callable[[str, SourceConfig], Source]] = dict.fromkeys(SCHEMES, NetworkStream)
    kinds |= {"http": HttpStream, "https": HttpStream, "rtmp-listen": RtmpListener, "srt": SrtStream}
    if scheme not in kinds:
        known = ", ".join(f"{each}://" for each in kinds)
        raise SourceError("no such kind of address", where=redacted(spec), expected=f"one of {known}")
    kind = kinds[scheme]
    kind(spec, config)
    return lambda: kind(spec, config)


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
