"""FluidSynth as it really is: files rendered and measured, live sound on JACK's dummy driver."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import pytest

from stream_v2m.core.errors import PortError
from stream_v2m.core.values import MidiEvent
from stream_v2m.midi import live_limiter
from stream_v2m.midi.live_limiter import engage_limiter, settings_for_limiter
from stream_v2m.midi.recorder import Recorder
from stream_v2m.midi.render import render_wav, sampler
from stream_v2m.midi.soundfont import find_soundfont
from stream_v2m.midi.synth import Engine, SynthPort, SynthSettings, available, load_library
from tests.support.jack import jack_server
from tests.support.require import missing, require

_MISSING = available()
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(_MISSING is not None and "CI" not in os.environ, reason=str(_MISSING)),
]

RATE = 22_050
QUICK = SynthSettings(rate=RATE)
CEILING = 10 ** (-1 / 20)
SMALL = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
SILENT = -60.0  # dB of the peak


@pytest.fixture(scope="module")
def font() -> Path:
    return SMALL if SMALL.exists() else find_soundfont()


def record(path: Path, *notes: tuple[float, float, int], program: int = 16) -> Path:
    """A MIDI file of (onset, end, pitch) on a drawbar organ, whose tone is steady."""
    recorder = Recorder(path)
    recorder.began(0.0)
    recorder.sent([MidiEvent(0.0, 0, bytes((0xC0, program)))])
    recorder.sent([MidiEvent(onset, 0, bytes((0x90, pitch, 100)), end) for onset, end, pitch in notes])
    recorder.ended(0.0)
    return path


def read(path: Path) -> np.ndarray:
    """Sound as float64 [n, 2], full scale 1."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32768


def level(sound: np.ndarray, start: float, end: float) -> float:
    """Peak in dB of full scale."""
    return 20 * float(np.log10(np.abs(sound[round(start * RATE) : round(end * RATE)]).max() + 1e-9))


def test_a_note_sounds_at_its_time_and_its_pitch(tmp_path, font):
    dry = SynthSettings(rate=RATE, reverb=0.0)
    render_wav(record(tmp_path / "a.mid", (1.0, 2.0, 69)), tmp_path / "a.wav", soundfont=font, settings=dry)
    sound = read(tmp_path / "a.wav")
    assert level(sound, 0.0, 0.995) < SILENT
    assert level(sound, 1.0, 1.05) > -30
    tone = sound[round(1.2 * RATE) : round(1.8 * RATE), 0]
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone))))
    loudest = np.fft.rfftfreq(len(tone), 1 / RATE)[spectrum.argmax()]
    assert loudest / 440 == pytest.approx(0.5, abs=0.01) or loudest / 440 == pytest.approx(1, abs=0.01)


def tutti() -> list[tuple[float, float, int]]:
    """A chord of forty notes, repeated."""
    return [(start, start + 0.4, 40 + pitch) for start in (0.5, 1.0) for pitch in range(40)]


def test_a_tutti_stays_below_the_ceiling_and_does_not_make_a_soft_note_softer(tmp_path, font):
    alone, together = [(0.0, 0.3, 60)], [(0.0, 0.3, 60), *tutti()]
    sounds = []
    for notes in (alone, together):
        render_wav(record(tmp_path / "a.mid", *notes), tmp_path / "a.wav", soundfont=font, settings=QUICK)
        sounds.append(read(tmp_path / "a.wav"))
    assert level(sounds[0], 0, 0.4) < -1.5
    assert level(sounds[1], 0.5, 1.5) == pytest.approx(-1.0, abs=0.3)
    assert np.abs(sounds[1]).max() <= CEILING + 1 / 32768
    assert level(sounds[1], 0, 0.3) == pytest.approx(level(sounds[0], 0, 0.3), abs=0.01)


def test_without_the_limiter_a_tutti_is_cut_off(tmp_path, font):
    bare = SynthSettings(rate=RATE, limiter=False)
    render_wav(record(tmp_path / "a.mid", *tutti()), tmp_path / "a.wav", soundfont=font, settings=bare)
    assert (np.abs(read(tmp_path / "a.wav")) >= 32767 / 32768).sum() > 100


def test_the_gain_is_in_decibels(tmp_path, font):
    midi, levels = record(tmp_path / "a.mid", (0.0, 0.5, 60)), []
    for gain in (0.0, -12.0):
        settings = SynthSettings(rate=RATE, gain_db=gain)
        render_wav(midi, tmp_path / "a.wav", soundfont=font, settings=settings)
        levels.append(level(read(tmp_path / "a.wav"), 0, 0.5))
    assert levels[0] - levels[1] == pytest.approx(12, abs=0.1)


def test_the_sound_ends_when_it_has_faded_and_not_before(tmp_path, font):
    render_wav(record(tmp_path / "a.mid", (0.0, 1.0, 60)), tmp_path / "a.wav", soundfont=font, settings=QUICK)
    sound = read(tmp_path / "a.wav")
    end = len(sound) / RATE
    assert 1.1 < end < 6.1
    assert level(sound, 1.05, 1.15) > SILENT
    assert level(sound, end - 0.05, end) < SILENT


def test_reverb_makes_the_tail_longer(tmp_path, font):
    midi = record(tmp_path / "a.mid", (0.0, 0.5, 60))
    lengths = []
    for reverb in (0.0, 0.8):
        render_wav(midi, tmp_path / "a.wav", soundfont=font, settings=SynthSettings(rate=RATE, reverb=reverb))
        lengths.append(len(read(tmp_path / "a.wav")))
    assert lengths[1] > lengths[0] + 0.3 * RATE


def test_the_same_file_gives_the_same_bytes(tmp_path, font):
    midi = record(tmp_path / "a.mid", *((0.1 * n, 0.1 * n + 0.3, 50 + n) for n in range(20)), program=0)
    render_wav(midi, tmp_path / "a.wav", soundfont=font, settings=QUICK)
    render_wav(midi, tmp_path / "b.wav", soundfont=font, settings=QUICK)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_a_file_without_a_note_gives_silence(tmp_path, font):
    render_wav(record(tmp_path / "a.mid"), tmp_path / "a.wav", soundfont=font, settings=QUICK)
    assert not read(tmp_path / "a.wav").any()


def test_a_note_without_an_end_is_let_fade(tmp_path, font):
    midi = mido.MidiFile()
    midi.add_track().extend([mido.Message("program_change", program=16), mido.Message("note_on", note=60, time=480)])
    midi.save(tmp_path / "a.mid")
    render_wav(tmp_path / "a.mid", tmp_path / "a.wav", soundfont=font, settings=QUICK)
    assert len(read(tmp_path / "a.wav")) < 4 * RATE


def test_what_is_no_midi_file_is_refused_and_leaves_nothing(tmp_path, font):
    (tmp_path / "a.mid").write_bytes(b"MThd\x00\x00")
    with pytest.raises(PortError, match=r"a\.mid: cannot be read as a MIDI file"):
        render_wav(tmp_path / "a.mid", tmp_path / "a.wav", soundfont=font)
    assert [file.name for file in tmp_path.iterdir()] == ["a.mid"]


def test_a_folder_that_is_missing_is_refused_before_the_work(tmp_path, font):
    with pytest.raises(PortError, match="no such folder"):
        render_wav(tmp_path / "unread.mid", tmp_path / "missing" / "a.wav", soundfont=font)


def test_a_font_that_cannot_be_loaded_is_refused(tmp_path):
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    midi = record(tmp_path / "a.mid", (0.0, 1.0, 60))
    with pytest.raises(PortError, match=r"broken\.sf2: the sound font cannot be loaded"):
        render_wav(midi, tmp_path / "a.wav", soundfont=broken)
    compressed = broken.rename(tmp_path / "broken.sf3")
    with pytest.raises(PortError, match=r"broken\.sf3: the sound font cannot be loaded; .*libsndfile.*SF2"):
        render_wav(midi, tmp_path / "a.wav", soundfont=compressed)


def test_without_a_sound_card_the_error_says_the_cure_and_the_library_says_nothing(font, capfd):
    with pytest.raises(PortError, match=r"no sound card answers.*play to a MIDI port or a file"):
        SynthPort(font, SynthSettings(driver="nosuch"))
    assert capfd.readouterr() == ("", "")


def test_without_pyfluidsynth_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    assert "pip install 'stream-v2m[synth]'" in str(available())


def test_without_libfluidsynth_the_error_says_how_to_get_it(monkeypatch, tmp_path):
    (tmp_path / "fluidsynth.py").write_text("raise ImportError('nowhere')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fluidsynth", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert re.search(r"libfluidsynth is missing; (apt|brew|choco|install)", str(available()))


def test_the_player_process_is_spared_heavy_imports():
    heavy = {"numpy", "mido", "pydantic"}
    code = f"import sys, stream_v2m.midi.synth as s; s.load_library(); print({heavy} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


@pytest.fixture
def plugins() -> None:
    """The LADSPA plug-ins, in a library without a limiter of its own."""
    if settings_for_limiter(load_library()) != {"synth.ladspa.active": 1}:
        missing("LADSPA limiter not found: apt install swh-plugins")


@pytest.fixture
def no_plugins(monkeypatch, tmp_path) -> None:
    """No LADSPA plug-ins, in a library without a limiter of its own."""
    monkeypatch.setenv("LADSPA_PATH", str(tmp_path))
    if settings_for_limiter(load_library()):
        pytest.skip("this FluidSynth has a limiter of its own")


def play_tutti(engine: Engine | SynthPort) -> None:
    """All notes of an octave on all channels as loud as can be, far in the hall."""
    for channel in range(16):
        for controller in (7, 11, 91):
            engine.send(bytes((0xB0 | channel, controller, 127)))
        engine.send(bytes((0xC0 | channel, 8 * channel)))
        for pitch in range(60, 72):
            engine.send(bytes((0x90 | channel, pitch, 127)))


@pytest.mark.parametrize("reverb", [0.0, 0.5, 1.0])
def test_the_plug_ins_keep_a_tutti_with_its_hall_below_the_ceiling(plugins, font, reverb):
    engine = Engine(font, SynthSettings(reverb=reverb), more=settings_for_limiter(load_library()))
    assert engage_limiter(engine.library, engine.synth, reverb=reverb) == "LADSPA limiter"
    play_tutti(engine)
    sound = sampler(engine)(2 * 48_000)
    engine.close()
    assert 0.8 < np.abs(sound).max() <= CEILING * (1 + 1e-5)


def test_the_plug_ins_change_nothing_but_the_time_of_what_is_not_too_loud(plugins, font):
    dry, sounds = SynthSettings(reverb=0.0), []
    for limited in (False, True):
        engine = Engine(font, dry, more=settings_for_limiter(load_library()))
        if limited:
            engage_limiter(engine.library, engine.synth, reverb=0.0)
        engine.send(bytes((0xC0, 16)))
        engine.send(bytes((0x90, 60, 110)))
        sounds.append(sampler(engine)(24_000))
        engine.close()
    lookahead = 240
    assert 0.1 < np.abs(sounds[0]).max() < CEILING
    assert np.allclose(sounds[1][lookahead:], sounds[0][:-lookahead], atol=1e-7)


def test_the_hall_of_the_plug_ins_is_about_as_loud_as_fluidsynth_s(plugins, font):
    echoes = []
    for limited in (False, True):
        engine = Engine(font, SynthSettings(reverb=0.5), more=settings_for_limiter(load_library()))
        if limited:
            engage_limiter(engine.library, engine.synth, reverb=0.5)
        engine.send(bytes((0xB9, 91, 127)))
        engine.send(bytes((0x99, 37, 110)))  # a side stick, which is over when the echo comes
        echoes.append(float(np.square(sampler(engine)(48_000)[12_000:]).sum()))
        engine.close()
    assert 10 * np.log10(echoes[1] / echoes[0]) == pytest.approx(0, abs=3)


def test_without_plug_ins_it_is_softer_and_says_so(no_plugins, font):
    engine = Engine(font, more=settings_for_limiter(load_library()))
    before = engine.synth.get_setting("synth.gain")
    assert engage_limiter(engine.library, engine.synth, reverb=0.5) == "no limiter, 8 dB softer"
    assert engine.synth.get_setting("synth.gain") == pytest.approx(before * 10 ** (-8 / 20))
    engine.close()


def test_plug_ins_that_are_refused_leave_the_hall_and_lower_the_gain(plugins, font, monkeypatch, tmp_path):
    for name in (live_limiter._LIMITER, live_limiter._HALL):
        (tmp_path / name).write_bytes(b"no library")
    monkeypatch.setenv("LADSPA_PATH", str(tmp_path))
    engine = Engine(font, more=settings_for_limiter(load_library()))
    assert engage_limiter(engine.library, engine.synth, reverb=0.5) == "no limiter, 8 dB softer"
    assert engine.synth.get_setting("synth.reverb.active") == 1
    engine.close()


@pytest.mark.parametrize("font", [Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3")], ids=["sf3"])
def test_a_compressed_sound_font_sounds(tmp_path, font):
    if not font.exists():
        missing("no SF3 sound font: apt install musescore-general-soundfont-small")
    render_wav(record(tmp_path / "a.mid", (0.0, 0.5, 60)), tmp_path / "a.wav", soundfont=font, settings=QUICK)
    assert level(read(tmp_path / "a.wav"), 0, 0.5) > -40


@pytest.fixture
def jack() -> Iterator[None]:
    """A sound server that plays to nowhere, in real time."""
    with jack_server():
        yield


def connections() -> str:
    return subprocess.run(["jack_lsp", "-c"], capture_output=True, text=True, check=True).stdout


def test_live_notes_sound_through_the_sound_server_and_fade_at_the_end(jack, font, capfd):
    port = SynthPort(font, SynthSettings(driver="jack"))
    assert port.name.startswith(f"synth ({font.resolve().stem}, jack, ")
    assert "system:playback_1\n   fluidsynth" in connections()
    port.send(bytes((0xC0, 16)))
    port.send(bytes((0x90, 60, 100)))
    assert port.voices > 0
    port.send(bytes((0x80, 60, 0)))
    deadline = time.monotonic() + 10
    while port.voices and time.monotonic() < deadline:  # voices fade only while a server asks for sound
        time.sleep(0.01)
    assert port.voices == 0
    port.send(b"\xf8")
    port.close()
    assert "fluidsynth" not in connections()
    assert capfd.readouterr() == ("", "")


def test_a_live_tutti_leaves_the_sound_server_s_port_below_full_scale(jack, plugins, font, tmp_path):
    require("jack_rec")
    port = SynthPort(font, SynthSettings(driver="jack", reverb=1.0))
    assert port.name == f"synth ({font.resolve().stem}, jack, LADSPA limiter)"
    play_tutti(port)
    recorded = tmp_path / "a.wav"
    command = ["jack_rec", "-f", str(recorded), "-d", "2", "-b", "16", "fluidsynth:left", "fluidsynth:right"]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    port.close()
    with wave.open(str(recorded)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    assert 0.8 < np.abs(sound).max() <= CEILING + 2 / 32768
