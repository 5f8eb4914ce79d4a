"""Which limiter is taken, by what the library and the system have; the library here is a stand-in."""

from __future__ import annotations

from typing import Any

import pytest

from stream_v2m.midi import live_limiter
from stream_v2m.midi.live_limiter import engage_limiter, missing_limiter, settings_for_limiter

pytestmark = pytest.mark.unit


class Library:
    """As much of pyFluidSynth's module as is asked here; it has the settings that it is given."""

    FLUID_OK = 0

    def __init__(self, *known: str, refuses: str = "", exports: bool = True) -> None:
        self.known, self.refuses, self.exports = known, refuses, exports
        self.calls: list[tuple[Any, ...]] = []
        self.settings = 0

    def new_fluid_settings(self) -> object:
        self.settings += 1
        return object()

    def delete_fluid_settings(self, _: object) -> None:
        self.settings -= 1

    def fluid_settings_getint(self, _: object, name: bytes, __: object) -> int:
        return 0 if name.decode() in self.known else -1

    def fluid_settings_setint(self, _: object, name: bytes, value: int) -> int:
        self.calls.append((name.decode(), value))
        return 0

    def cfunc(self, name: str, *_: Any) -> Any:
        def call(*arguments: Any) -> int:
            self.calls.append((name, *arguments[1:]))
            if name == "fluid_synth_get_ladspa_fx":
                return 1
            return -1 if name == self.refuses else 0

        return call if self.exports else None


class Synth:
    """A pyFluidSynth ``Synth`` with settings that can be read back."""

    def __init__(self, **given: float) -> None:
        self.synth = self.settings = object()
        self.values: dict[str, float] = {
            "synth.gain": 2.0,
            **{name.replace("_", "."): to for name, to in given.items()},
        }

    def get_setting(self, name: str) -> float | None:
        return self.values.get(name)

    def setting(self, name: str, value: float) -> None:
        self.values[name] = value


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    for name in (live_limiter._LIMITER, live_limiter._HALL):
        (tmp_path / name).touch()
    monkeypatch.setenv("LADSPA_PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def no_plugins(tmp_path, monkeypatch):
    monkeypatch.setenv("LADSPA_PATH", str(tmp_path))


def called(library: Library, name: str) -> list[tuple[Any, ...]]:
    return [call[1:] for call in library.calls if call[0] == name]


def test_fluidsynth_s_own_limiter_goes_before_plug_ins(plugins):
    library = Library("synth.limiter.active", "synth.ladspa.active")
    settings = settings_for_limiter(library)
    assert settings["synth.limiter.active"] == 1
    assert settings["synth.limiter.output-limit"] == pytest.approx(0.891, abs=0.001)
    assert "synth.ladspa.active" not in settings
    assert engage_limiter(library, Synth(synth_limiter_active=1), reverb=0.5) == "limiter"
    assert library.calls == []
    assert library.settings == 0


def test_plug_ins_limit_behind_a_hall_of_their_own(plugins):
    library = Library("synth.ladspa.active")
    assert settings_for_limiter(library) == {"synth.ladspa.active": 1}
    assert engage_limiter(library, Synth(), reverb=0.5) == "LADSPA limiter"
    effects = [call[0] for call in called(library, "fluid_ladspa_add_effect")]
    assert effects == [b"hall", b"limiter"]
    assert (b"limiter", b"Output 1", b"Main:L") in called(library, "fluid_ladspa_effect_link")
    assert (b"limiter", b"Limit", -1.0) in called(library, "fluid_ladspa_effect_set_control")
    assert library.calls[-2:] == [("fluid_ladspa_activate",), ("synth.reverb.active", 0)]


def test_the_hall_is_as_loud_as_the_reverb_says_and_added_to_what_sounds(plugins):
    gains = []
    for reverb in (0.0, 0.5, 1.0):
        library = Library("synth.ladspa.active")
        engage_limiter(library, Synth(), reverb=reverb)
        ((name, mixed, gain),) = called(library, "fluid_ladspa_effect_set_mix")
        assert (name, mixed) == (b"hall", 1)
        gains.append(gain)
    assert gains[0] == 0
    assert gains[2] == 2 * gains[1] > 0


@pytest.mark.parametrize(
    "library",
    [
        Library("synth.ladspa.active", refuses="fluid_ladspa_add_effect"),
        Library("synth.ladspa.active", refuses="fluid_ladspa_effect_set_control"),
        Library("synth.ladspa.active", refuses="fluid_ladspa_activate"),
        Library("synth.ladspa.active", exports=False),
    ],
    ids=["plug-in", "control", "activation", "no host"],
)
def test_what_is_refused_leaves_the_hall_on_and_lowers_the_gain(plugins, library):
    synth = Synth()
    assert engage_limiter(library, synth, reverb=0.5) == "no limiter, 8 dB softer"
    assert synth.values["synth.gain"] == pytest.approx(0.796, abs=0.001)
    assert called(library, "synth.reverb.active") == []
    assert not library.exports or library.calls[-1] == ("fluid_ladspa_reset",)


def test_without_anything_it_is_softer(no_plugins):
    library, synth = Library("synth.ladspa.active"), Synth()
    assert settings_for_limiter(library) == {}
    assert engage_limiter(library, synth, reverb=0.5) == "no limiter, 8 dB softer"
    assert synth.values["synth.gain"] == pytest.approx(0.796, abs=0.001)


def test_the_advice_is_what_would_help_here(plugins, no_plugins, tmp_path):
    assert missing_limiter(Library("synth.ladspa.active")) is None
    for file in tmp_path.iterdir():
        file.unlink()
    assert "swh-plugins" in str(missing_limiter(Library("synth.ladspa.active")))
    assert "FluidSynth 2.6" in str(missing_limiter(Library()))
