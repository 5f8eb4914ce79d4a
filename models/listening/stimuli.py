"""Makes a study: each film with the music of each system, equally loud, under names that tell nothing.

What is heard must be what is played, so this module performs as ``stream-v2m render`` does.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path

from models.listening.clip import fitted, height_for, read_sound, write_film, write_stimulus
from models.listening.loudness import amplified, common_loudness, measure
from models.listening.study import CONSENT, KEY, STIMULI, SUFFIX, Stimulus, Study
from models.listening.systems import System
from stream_v2m import __version__
from stream_v2m.cli.run import render
from stream_v2m.config import Config
from stream_v2m.core.errors import ConfigError
from stream_v2m.midi.soundfont import find_soundfont
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.source import SourceConfig

FILMS, MUSIC = "films", "music"
_USUAL_RATE_HZ = 25.0  # of a film that does not say
_MISSING_S = 1.0  # as much may a swapped music be too short
DEFAULT_CONSENT = """\
You will see short films with music made by computer programs, and rate each by five questions. Your ratings, the times
at which you gave them, and what you choose to tell about yourself are kept under a code, without your name. You may
stop at any time. To have your ratings deleted, tell us your code.

I am at least 18 years old and agree to take part.
"""


def prepare(
    out: Path,
    films: Sequence[str],
    systems: Sequence[System],
    *,
    seconds: float | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Study:
    """Make a study in ``out``.

    Args:
        films: sources as ``stream-v2m render`` takes them.
        systems: the first is the reference.
        seconds: of each film, from its beginning; all of it if not given.
        tell: called with a line of progress.

    Raises:
        ConfigError: there is a study already, a film or setting is wrong, a sound file is missing or silent.
        SourceError: a film cannot be read.
        PortError: no FluidSynth, no sound font.
    """
    if (out / KEY).exists():
        raise ConfigError("there is a study already", where=out, cure="choose another folder")
    configs = {each.name: Config.load((), each.settings) for each in systems if each.kind == "rendered"}
    clips = _clip_names(films)
    if len(clips) < 2 and any(system.kind == "swapped" for system in systems):
        raise ConfigError("needs the music of another film", where="swapped", got="1 film", expected="2 or more")
    for name in (FILMS, STIMULI, *(f"{MUSIC}/{system}" for system in configs)):
        (out / name).mkdir(parents=True, exist_ok=True)

    lengths = {}
    for clip, spec in clips.items():
        tell(f"film {clip}")
        lengths[clip] = _cut_film(spec, _film(out, clip), seconds)
    for name, config in configs.items():
        for clip in clips:
            tell(f"{name} plays to {clip}")
            render(config, str(_film(out, clip)), out / MUSIC / name / f"{clip}.mid", wav=_wav(out, name, clip))
    sounds = _sounds(out, systems, lengths)
    loudness, stimuli = _write(out, sounds, lengths, tell)
    study = Study(secrets.randbelow(2**32), tuple(clips), tuple(system.name for system in systems), stimuli)
    if not (out / CONSENT).exists():
        (out / CONSENT).write_text(DEFAULT_CONSENT, encoding="utf-8")
    study.save(
        out,
        films={clip: {"source": spec, "seconds": round(lengths[clip], 3)} for clip, spec in clips.items()},
        systems={system.name: system.description for system in systems},
        loudness_lufs=round(loudness, 2),
        soundfonts={name: find_soundfont(config.synth.soundfont).resolve().name for name, config in configs.items()},
        program=f"stream_v2m {__version__}",
    )
    return study


def _clip_names(films: Sequence[str]) -> dict[str, str]:
    """A name for each film, good for a file; and which film it is."""
    names = [re.sub(r"\W+", "-", spec if spec.startswith("film:") else Path(spec).stem).strip("-") for spec in films]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ConfigError("two films of one name", where="--films", got=", ".join(sorted(twice)))
    return dict(zip(names, films, strict=True))


def _film(out: Path, clip: str) -> Path:
    return out / FILMS / f"{clip}{SUFFIX}"


def _wav(out: Path, system: str, clip: str) -> Path:
    return out / MUSIC / system / f"{clip}.wav"


def _cut_film(spec: str, path: Path, seconds: float | None) -> float:
    """Write the film as it will be seen, by listeners and systems alike; gives its length."""
    source = open_source(spec, SourceConfig())
    if source.live:
        raise ConfigError("is live: everybody must see the same", where=spec, cure="record it first")
    info = source.open()
    frames = source.frames()
    if seconds is not None:
        frames = takewhile(lambda frame: frame.time < seconds, frames)
    try:
        height = height_for(info.width, info.height)
        return write_film(frames, path, height=height, rate_hz=info.rate_hz or _USUAL_RATE_HZ)
    finally:
        source.close()


def _sounds(out: Path, systems: Sequence[System], lengths: dict[str, float]) -> dict[tuple[str, str], Path]:
    """Where the music of each film and system is."""
    clips = list(lengths)
    found: dict[tuple[str, str], Path] = {}
    for system in systems:
        for place, clip in enumerate(clips):
            if system.kind == "swapped":
                other = clips[(place + 1) % len(clips)]
                if lengths[other] < lengths[clip] - _MISSING_S:
                    raise ConfigError(
                        f"the music of {other} is too short for {clip}",
                        where=system.name,
                        got=f"{lengths[other]:.1f} s",
                        expected=f"{lengths[clip]:.1f} s",
                        cure="films of one length; --seconds cuts them",
                    )
                found[clip, system.name] = found[other, systems[0].name]
            elif system.folder is not None:
                found[clip, system.name] = system.folder / f"{clip}.wav"
            else:
                found[clip, system.name] = _wav(out, system.name, clip)
    return found


def _write(
    out: Path, sounds: dict[tuple[str, str], Path], lengths: dict[str, float], tell: Callable[[str], None]
) -> tuple[float, tuple[Stimulus, ...]]:
    """Write the stimuli, all at the loudness that is returned, in LUFS."""
    levels = {pair: measure(fitted(read_sound(path), lengths[pair[0]])) for pair, path in sounds.items()}
    loudness = common_loudness({str(sounds[pair]): level for pair, level in levels.items()})
    tell(f"all sounds at {loudness:.1f} LUFS")
    stimuli = []
    for (clip, system), path in sounds.items():
        stimulus = Stimulus(secrets.token_hex(8), clip, system)
        sound = amplified(fitted(read_sound(path), lengths[clip]), loudness - levels[clip, system].loudness)
        write_stimulus(_film(out, clip), sound, out / STIMULI / f"{stimulus.id}{SUFFIX}")
        stimuli.append(stimulus)
    return loudness, tuple(stimuli)
