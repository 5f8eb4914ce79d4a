"""Finding a General MIDI sound font, SF2 or SF3, where systems keep them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stream_v2m.core.errors import PortError

# Better first; whatever else is found comes after them, by name.
_KNOWN = ("default-GM", "default", "FluidR3_GM", "MuseScore_General", "GeneralUser", "TimGM6mb")
_SUFFIXES = (".sf2", ".sf3")

LIBRARY_CURE = {
    "linux": "apt install libfluidsynth3 (Fedora: dnf install fluidsynth-libs, Arch: pacman -S fluidsynth)",
    "darwin": "brew install fluid-synth",
    "win32": "choco install fluidsynth",
}.get(sys.platform, "install FluidSynth 2")
FONT_CURE = {
    "linux": "apt install fluid-soundfont-gm (Fedora: dnf install fluid-soundfont-gm, Arch: pacman -S soundfont-fluid)",
    "darwin": "put a General MIDI sound font into ~/Library/Audio/Sounds/Banks",
    "win32": "put a General MIDI sound font into C:\\ProgramData\\soundfonts",
}.get(sys.platform, "get a General MIDI sound font")


def find_soundfont(explicit: Path | str | None = None) -> Path:
    """The file given, or the best one in the usual folders.

    Raises:
        PortError: there is none, or what was given is none.
    """
    if explicit is not None:
        return _checked(Path(explicit).expanduser())
    found = [file for folder in _folders() for file in _soundfonts(folder)]
    if not found:
        raise PortError(
            "no sound font found",
            where=", ".join(map(str, _folders())),
            cure=f"{FONT_CURE}, or name a file: synth.soundfont",
        )
    return min(found, key=lambda file: (_rank(file), file.name))


def _checked(file: Path) -> Path:
    try:
        with file.open("rb") as opened:
            head = opened.read(12)
    except OSError as error:
        raise PortError(
            f"the sound font cannot be read ({error.strerror})",
            where=file,
            cure="name an SF2 or SF3 file that you may read",
        ) from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise PortError("is no sound font", where=file, expected="an SF2 or SF3 file")
    return file


def _folders() -> list[Path]:
    home = Path.home()
    folders = [home / ".local/share/soundfonts", home / ".local/share/sounds/sf2"]
    if sys.platform == "darwin":
        folders += [home / "Library/Audio/Sounds/Banks", Path("/Library/Audio/Sounds/Banks")]
        folders += [Path(prefix, "share", kind) for prefix in ("/opt/homebrew", "/usr/local") for kind in _SHARED]
    elif sys.platform == "win32":
        folders += [Path(os.environ.get("PROGRAMDATA", "C:/ProgramData"), "soundfonts"), Path("C:/soundfonts")]
    else:
        folders += [Path(prefix, "share", kind) for prefix in ("/usr/local", "/usr") for kind in _SHARED]
    return folders


_SHARED = ("soundfonts", "sounds/sf2", "sounds/sf3", "fluid-synth/sf2")


def _soundfonts(folder: Path) -> list[Path]:
    try:
        return [file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file()]
    except OSError:  # missing, or closed to us: as good as empty
        return []


def _rank(file: Path) -> int:
    return next((rank for rank, name in enumerate(_KNOWN) if file.stem.startswith(name)), len(_KNOWN))
