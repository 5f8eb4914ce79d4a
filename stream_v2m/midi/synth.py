"""Sound without an instrument: FluidSynth plays what is sent, through a sound font and the sound card."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from stream_v2m.core.errors import PortError
from stream_v2m.midi.live_limiter import engage_limiter, settings_for_limiter
from stream_v2m.midi.quiet import quiet
from stream_v2m.midi.soundfont import LIBRARY_CURE, find_soundfont

# In the order of trying: a JACK server is there only where somebody wants it; PipeWire answers to all of them.
DRIVERS = {"linux": ("jack", "pipewire", "pulseaudio", "alsa"), "darwin": ("coreaudio",), "win32": ("wasapi", "dsound")}
PERIOD, PERIODS = 256, 4  # 21 ms of buffer where the driver asks us
GAIN = 2.0  # FluidSynth's, at 0 dB: the shipped styles then lie between -15 and -19 LUFS with FluidR3
ROOM: dict[str, float] = {"roomsize": 0.6, "damping": 0.4, "width": 0.8}  # a small hall
REVERB_SEND, USUAL_SEND = 91, 40  # General MIDI 2, for channels that say nothing themselves
FADE_STEPS, FADE_STEP_S = 40, 0.02  # wait at most this long for released notes to fade
LOG_LEVELS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthSettings:
    """How FluidSynth shall sound; ``synth_config.SynthConfig`` says what each means and may be.

    Plain, so that it travels to the player's process without pydantic.
    """

    soundfont: str | None = None
    gain_db: float = 0.0
    reverb: float = 0.5
    limiter: bool = True
    driver: str | None = None
    rate: int = 48_000


USUAL = SynthSettings()


def available(soundfont: Path | None = None) -> str | None:
    """Why nothing can be heard or rendered here, with the cure; None if it can (a sound card is not looked for)."""
    try:
        load_library()
        find_soundfont(soundfont)
    except PortError as error:
        return str(error)
    return None


def load_library() -> ModuleType:
    """pyFluidSynth with libfluidsynth, which keeps silent on the terminal.

    Raises:
        PortError: one of the two is missing.
    """
    try:
        with redirect_stdout(None):  # with CI set it tells where it found the library
            import fluidsynth
    except ImportError as error:
        if error.name == "fluidsynth":
            raise PortError("pyFluidSynth is missing", where="synth", cure="pip install 'stream-v2m[synth]'") from error
        raise PortError("libfluidsynth is missing", where="synth", cure=LIBRARY_CURE) from error
    except OSError as error:
        raise PortError(f"libfluidsynth cannot be loaded ({error})", where="synth", cure=LIBRARY_CURE) from error
    module: ModuleType = fluidsynth
    for level in range(LOG_LEVELS):
        module._fl.fluid_set_log_function(level, None, None)
    return module


class Engine:
    """A synthesizer with a sound font, fed with MIDI messages; who owns it takes its sound away.

    Args:
        more: settings of FluidSynth's that are given at its making.

    Raises:
        PortError: the library is missing, or the sound font cannot be loaded.
    """

    def __init__(
        self, soundfont: Path, settings: SynthSettings = USUAL, *, more: Mapping[str, int | float] | None = None
    ) -> None:
        self.library: Any = load_library()
        self.synth = self.library.Synth(
            gain=GAIN * 10 ** (settings.gain_db / 20),
            samplerate=float(settings.rate),
            channels=16,
            **{"synth.chorus.active": 0, "synth.reverb.active": int(settings.reverb > 0), **(more or {})},
        )
        self.handle = self.synth.synth
        if self.synth.sfload(str(soundfont), 1) < 0:
            self.close()
            raise _unloadable(soundfont)
        self.synth.set_reverb(**ROOM, level=settings.reverb)
        for channel in range(16):
            self.synth.cc(channel, REVERB_SEND, USUAL_SEND)

    def send(self, message: bytes) -> None:
        """Play one MIDI message; what no synthesizer answers to (clock, system exclusive) is passed over."""
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind == 0x90:  # by velocity 0 the library ends a note
            self.library.fluid_synth_noteon(self.handle, channel, message[1], message[2])
        elif kind == 0x80:
            self.library.fluid_synth_noteoff(self.handle, channel, message[1])
        elif kind == 0xB0:
            self.library.fluid_synth_cc(self.handle, channel, message[1], message[2])
        elif kind == 0xC0:
            self.library.fluid_synth_program_change(self.handle, channel, message[1])
        elif kind == 0xE0:
            self.library.fluid_synth_pitch_bend(self.handle, channel, message[1] | message[2] << 7)

    def release_all(self) -> None:
        """Let every note fade."""
        for channel in range(16):
            self.library.fluid_synth_all_notes_off(self.handle, channel)

    @property
    def voices(self) -> int:
        """How many voices sound, fading ones too."""
        return int(self.synth.get_active_voice_count())

    def close(self) -> None:
        """Free everything; the sound stops."""
        self.synth.delete()


def _unloadable(soundfont: Path) -> PortError:
    cure = "try another SF2 file"
    if soundfont.suffix.lower() == ".sf3":
        cure = "this FluidSynth may lack libsndfile, which SF3 needs: try an SF2 file"
    return PortError("the sound font cannot be loaded", where=soundfont, cure=cure)


class SynthPort:
    """An output that sounds by itself; its name says with what sound font, on what, and what limits it.

    Args:
        soundfont: goes before that of the settings.

    Raises:
        PortError: the library, the sound font or a sound card is missing.
    """

    def __init__(self, soundfont: Path | None = None, settings: SynthSettings = USUAL) -> None:
        font = find_soundfont(soundfont or settings.soundfont)
        driver = {"audio.period-size": PERIOD, "audio.periods": PERIODS, "audio.jack.autoconnect": 1}
        limiter = settings_for_limiter(load_library()) if settings.limiter else {}
        self._engine = Engine(font, settings, more={**driver, **limiter})
        names = (settings.driver,) if settings.driver else DRIVERS.get(sys.platform, ("alsa",))
        try:
            self._driver, opened = self._start(names)
        except PortError:
            self._engine.close()
            raise
        limited = "no limiter"
        if settings.limiter:  # only now: a plug-in must know the sample rate, which the driver decides
            limited = engage_limiter(self._engine.library, self._engine.synth, reverb=settings.reverb)
        self.api = opened
        self.name = f"synth ({font.resolve().stem}, {opened}, {limited})"

    def _start(self, names: tuple[str, ...]) -> tuple[int, str]:
        """The first audio driver that opens.

        pyFluidSynth's own ``start`` opens a MIDI input too, which nobody asked for.
        """
        library, settings = self._engine.library, self._engine.synth.settings
        with quiet():
            for name in names:
                if library.fluid_settings_setstr(settings, b"audio.driver", name.encode()) != library.FLUID_OK:
                    continue
                driver = library.new_fluid_audio_driver(settings, self._engine.handle)
                if driver:
                    return driver, name
        raise PortError(
            "no sound card answers",
            where="synth",
            expected=f"one of {', '.join(names)}",
            cure="start the sound system, or play to a MIDI port or a file instead",
        )

    def send(self, message: bytes) -> None:
        """Play one MIDI message now."""
        self._engine.send(message)

    @property
    def voices(self) -> int:
        """How many voices sound, fading ones too."""
        return self._engine.voices

    def close(self) -> None:
        """Let what sounds fade, at most for a second, and give the sound card back."""
        self._engine.release_all()
        for _ in range(FADE_STEPS):
            if self._engine.voices == 0:
                break
            time.sleep(FADE_STEP_S)
        self._engine.library.delete_fluid_audio_driver(self._driver)
        self._engine.close()
