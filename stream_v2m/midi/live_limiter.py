"""What keeps live sound below full scale: FluidSynth's own limiter, LADSPA plug-ins in it, or else headroom."""

from __future__ import annotations

import os
from collections.abc import Callable
from ctypes import byref, c_char_p, c_float, c_int, c_void_p
from pathlib import Path
from types import ModuleType
from typing import Any

CEILING_DB = -1.0  # of full scale
RELEASE = 0.1  # seconds
HEADROOM_DB = 8.0  # without a limiter so much softer: the loudest shipped style peaks 5 dB above full scale at 0 dB

# FluidSynth 2.6 and later, where it was built with it; the last stage, after the hall.
_OWN: dict[str, int | float] = {
    "synth.limiter.active": 1,
    "synth.limiter.output-limit": 10 ** (CEILING_DB / 20),
    "synth.limiter.release": RELEASE * 1000,
    "synth.limiter.link-channels": 1.0,
}
_HOST: dict[str, int | float] = {"synth.ladspa.active": 1}

# From Steve Harris' swh-plugins. FluidSynth runs plug-ins before its own hall, which would then add to
# what was limited; so the hall becomes a plug-in too, set to sound as FluidSynth's.
_LIMITER = "fast_lookahead_limiter_1913.so"
_HALL = "gverb_1216.so"
_HALL_CONTROLS = {
    "Roomsize": 20.0,  # metres
    "Reverb time": 1.9,  # seconds
    "Damping": 0.4,
    "Input bandwidth": 0.75,
    "Dry signal level": -70.0,
    "Early reflection level": -10.0,
    "Tail level": 0.0,
}
_HALL_GAIN = 0.5  # as loud as FluidSynth's at the same level
_THROUGH = {"Input 1": "Main:L", "Input 2": "Main:R", "Output 1": "Main:L", "Output 2": "Main:R"}
_CURE = "apt install swh-plugins (Fedora: dnf install ladspa-swh-plugins, Arch: pacman -S swh-plugins)"
_FOLDERS = ("/usr/lib/ladspa", "/usr/lib64/ladspa", "/usr/local/lib/ladspa", "/usr/local/lib64/ladspa")


def settings_for_limiter(library: ModuleType) -> dict[str, int | float]:
    """The settings that a synthesizer must be made with, so that ``engage_limiter`` finds something."""
    if _knows(library, "synth.limiter.active"):
        return _OWN
    return _HOST if _plugins() and _knows(library, "synth.ladspa.active") else {}


def engage_limiter(library: ModuleType, synth: Any, *, reverb: float) -> str:
    """Limit what a pyFluidSynth ``Synth`` plays at its present sample rate; say in a few words how.

    Args:
        reverb: level of the hall, 0–1.
    """
    if synth.get_setting("synth.limiter.active"):
        return "limiter"
    plugins = _plugins()
    if plugins and _Host(library, synth.synth).insert(*plugins, reverb=reverb):
        library.fluid_settings_setint(synth.settings, b"synth.reverb.active", 0)
        return "LADSPA limiter"
    synth.setting("synth.gain", synth.get_setting("synth.gain") * 10 ** (-HEADROOM_DB / 20))
    return f"no limiter, {HEADROOM_DB:g} dB softer"


def missing_limiter(library: ModuleType) -> str | None:
    """Why live sound will be softer here than it could be, with the cure; None where a limiter is found."""
    if settings_for_limiter(library):
        return None
    cure = _CURE if _knows(library, "synth.ladspa.active") else "use FluidSynth 2.6 or later, built with its limiter"
    return f"no limiter for live sound, which is {HEADROOM_DB:g} dB softer therefore; {cure}"


class _Host:
    """FluidSynth's host for LADSPA plug-ins; they run in its audio thread, and no Python does."""

    def __init__(self, library: ModuleType, synth: c_void_p) -> None:
        self._library = library
        get = self._function("fluid_synth_get_ladspa_fx", c_void_p, c_void_p)
        self._fx = get(synth) if get else None

    def insert(self, hall: Path, limiter: Path, *, reverb: float) -> bool:
        """Run what is played through the hall and the limiter; False, and nothing changed, where that is refused."""
        if not self._fx:
            return False
        done = (
            self._effect("hall", hall, {"Input": "Reverb:Send", "Left output": "Main:L", "Right output": "Main:R"})
            and self._control("hall", _HALL_CONTROLS)
            and self._call("fluid_ladspa_effect_set_mix", b"hall", 1, _HALL_GAIN * reverb)  # added, not instead
            and self._effect("limiter", limiter, _THROUGH)
            and self._control("limiter", {"Input gain": 0.0, "Limit": CEILING_DB, "Release time": RELEASE})
            and self._call("fluid_ladspa_activate")
        )
        if not done:
            self._call("fluid_ladspa_reset")
        return done

    def _effect(self, name: str, plugin: Path, links: dict[str, str]) -> bool:
        return self._call("fluid_ladspa_add_effect", name.encode(), os.fsencode(plugin), None) and all(
            self._call("fluid_ladspa_effect_link", name.encode(), port.encode(), host.encode())
            for port, host in links.items()
        )

    def _control(self, name: str, values: dict[str, float]) -> bool:
        return all(
            self._call("fluid_ladspa_effect_set_control", name.encode(), control.encode(), value)
            for control, value in values.items()
        )

    def _call(self, name: str, *arguments: bytes | int | float | None) -> bool:
        kinds = [{int: c_int, float: c_float}.get(type(argument), c_char_p) for argument in arguments]
        function = self._function(name, c_int, c_void_p, *kinds)
        return function is not None and function(self._fx, *arguments) == self._library.FLUID_OK

    def _function(self, name: str, result: Any, *kinds: Any) -> Callable[..., Any] | None:
        """A function of the library that pyFluidSynth does not know; None in a library without it."""
        places = [(f"argument{place}", kind, 1) for place, kind in enumerate(kinds)]
        found: Callable[..., Any] | None = self._library.cfunc(name, result, *places)
        return found


def _knows(library: ModuleType, setting: str) -> bool:
    settings = library.new_fluid_settings()
    value = c_int()
    try:
        return bool(library.fluid_settings_getint(settings, setting.encode(), byref(value)) == library.FLUID_OK)
    finally:
        library.delete_fluid_settings(settings)


def _plugins() -> tuple[Path, Path] | None:
    """The files of hall and limiter, where LADSPA keeps them."""
    folders = [folder for folder in os.environ.get("LADSPA_PATH", "").split(os.pathsep) if folder] or _FOLDERS
    both = [(Path(folder, _HALL), Path(folder, _LIMITER)) for folder in folders]
    return next((files for files in both if all(file.is_file() for file in files)), None)
