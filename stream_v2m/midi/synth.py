"""Sound without an instrument: FluidSynth plays what is sent, through a sound font and the sound card."""

from __future__ import annotations

import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from stream_v2m.core.errors import PortError
from stream_v2m.midi.quiet import quiet
from stream_v2m.midi.soundfont import CURE, find_soundfont

# In the order of trying: a JACK server is there only where somebody wants it; PipeWire answers to all of them.
DRIVERS = {"linux": ("jack", "pipewire", "pulseaudio", "alsa"), "darwin": ("coreaudio",), "win32": ("wasapi", "dsound")}
RATE = 48_000  # what most sound cards run at; the JACK driver takes over the server's
PERIOD, PERIODS = 256, 4  # 21 ms of buffer where the driver asks us
GAIN = 0.6
ROOM: dict[str, float] = {"roomsize": 0.6, "damping": 0.4, "width": 0.8, "level": 0.7}  # a small hall
REVERB_SEND = 91
FADE_STEPS, FADE_STEP_S = 40, 0.02  # wait at most this long for released notes to fade
LOG_LEVELS = 5


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
        raise PortError("libfluidsynth is missing", where="synth", cure=CURE) from error
    except OSError as error:
        raise PortError(f"libfluidsynth cannot be loaded ({error})", where="synth", cure=CURE) from error
    module: ModuleType = fluidsynth
    for level in range(LOG_LEVELS):
        module._fl.fluid_set_log_function(level, None, None)
    return module


class Engine:
    """A synthesizer with a sound font, fed with MIDI messages; who owns it takes its sound away.

    Raises:
        PortError: the library is missing, or the sound font cannot be loaded.
    """

    def __init__(self, soundfont: Path, *, rate: int = RATE, gain: float = GAIN, reverb: float = 0.3) -> None:
        assert 0 <= reverb <= 1 and gain >= 0
        self.library: Any = load_library()
        settings = {"synth.chorus.active": 0, "audio.period-size": PERIOD, "audio.periods": PERIODS}
        self.synth = self.library.Synth(gain=gain, samplerate=float(rate), channels=16, **settings)
        self.handle = self.synth.synth
        if self.synth.sfload(str(soundfont), 1) < 0:
            self.close()
            raise PortError("the sound font cannot be loaded", where=soundfont, cure="try another SF2 file")
        self.synth.set_reverb(**ROOM)
        for channel in range(16):
            self.synth.cc(channel, REVERB_SEND, round(127 * reverb))

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


class SynthPort:
    """An output that sounds by itself.

    Args:
        driver: FluidSynth's name of an audio system; None tries what the platform has.
        gain: 0–10; the default leaves room for a loud tutti.
        reverb: how much of each channel goes to the hall, 0–1.

    Raises:
        PortError: the library, the sound font or a sound card is missing.
    """

    def __init__(
        self, soundfont: Path | None = None, *, driver: str | None = None, gain: float = GAIN, reverb: float = 0.3
    ) -> None:
        font = find_soundfont(soundfont)
        self._engine = Engine(font, gain=gain, reverb=reverb)
        names = (driver,) if driver else DRIVERS.get(sys.platform, ("alsa",))
        try:
            self._driver, opened = self._start(names)
        except PortError:
            self._engine.close()
            raise
        self.name = f"synth ({font.resolve().stem}, {opened})"

    def _start(self, names: tuple[str, ...]) -> tuple[int, str]:
        """The first audio driver that opens.

        pyFluidSynth's own ``start`` opens a MIDI input too, which nobody asked for.
        """
        library, settings = self._engine.library, self._engine.synth.settings
        library.fluid_settings_setint(settings, b"audio.jack.autoconnect", 1)
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
