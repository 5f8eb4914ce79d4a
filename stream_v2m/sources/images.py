"""Numbered pictures in a folder, played as a film."""

from __future__ import annotations

from collections.abc import Iterator
from glob import glob
from itertools import count
from pathlib import Path
from threading import Event

import av
from av import FFmpegError, VideoFrame

from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources.natural import natural
from stream_v2m.sources.picture import FrameMaker, upright_size
from stream_v2m.sources.source import SourceConfig, SourceInfo

_SUFFIXES = (".avif", ".bmp", ".exr", ".gif", ".jpeg", ".jpg", ".jxl", ".png", ".ppm", ".tga", ".tif", ".tiff", ".webp")


class Images:
    """Pictures in natural order at ``image_rate_hz``; each may have its own size and format.

    Args:
        where: a folder, of which every picture is played, or a glob such as ``shots/*.png``.
    """

    live = False

    def __init__(self, where: str, config: SourceConfig) -> None:
        self.name = f"images:{where}"
        self._where, self._config = where, config
        self._closed = Event()
        self._paths: list[Path] = []

    def open(self) -> SourceInfo:
        """Find the pictures and decode the first.

        Raises:
            SourceError: there are none, the first cannot be decoded, or they are over before ``seek_s``.
        """
        found = _find(self._where)
        if not found:
            raise SourceError("no pictures", where=self._where, expected="a folder of pictures or a glob such as *.png")
        skipped = round(self._config.seek_s * self._config.image_rate_hz)
        self._paths = found[skipped:]
        if not self._paths:
            raise SourceError(
                "the pictures are over before they begin",
                where=self._where,
                got=f"seek_s = {self._config.seek_s:g}",
                expected=f"less than {len(found) / self._config.image_rate_hz:g}",
            )
        rate_hz = self._config.image_rate_hz
        duration = None if self._config.loop else len(self._paths) / rate_hz
        return SourceInfo(self.name, *upright_size(_decode(self._paths[0])), rate_hz, duration)

    def frames(self) -> Iterator[Frame]:
        """Decode each in turn.

        Raises:
            SourceError: one cannot be decoded, or has gone.
        """
        maker = FrameMaker()
        for number in count():
            lap, place = divmod(number, len(self._paths))
            if self._closed.is_set() or (lap and not self._config.loop):
                return
            yield maker.frame(number / self._config.image_rate_hz, _decode(self._paths[place]))

    def close(self) -> None:
        """End ``frames``."""
        self._closed.set()


def _find(where: str) -> list[Path]:
    folder = Path(where).expanduser()
    if folder.is_dir():
        paths = [path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES]
    else:
        paths = [Path(name) for name in glob(str(folder), recursive=True)]  # noqa: PTH207 (Path.glob takes no absolute one)
    return sorted((path for path in paths if path.is_file()), key=lambda path: natural(str(path)))


def _decode(path: Path) -> VideoFrame:
    try:
        # absolute, for FFmpeg takes "shot:1.png" for an address
        with av.open(str(path.absolute()), "r") as container:
            picture = next(container.decode(video=0), None) if container.streams.video else None
    except (FFmpegError, OSError) as error:
        raise SourceError("cannot be decoded", where=path, got=error.strerror or str(error)) from error
    if picture is None:
        raise SourceError("cannot be decoded", where=path, got="no picture")
    return picture
