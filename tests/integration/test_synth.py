"""FluidSynth as it really is: files rendered and measured, live sound on JACK's dummy driver."""

from __future__ import annotations

import os
import shutil
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
from stream_v2m.midi.recorder import Recorder, Track
from stream_v2m.midi.render import render_wav
from stream_v2m.midi.soundfont import find_soundfont
from stream_v2m.midi.synth import SynthPort, available

_MISSING = available()
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(_MISSING is not None and "CI" not in os.environ, reason=str(_MISSING)),
]

RATE = 22_050
SMALL = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
SILENT = -60.0  # dB of the peak


@pytest.fixture(scope="module")
def font() -> Path:
    return SMALL if SMALL.exists() else find_soundfont()


def record(path: Path, *notes: tuple[float, float, int], program: int = 16) -> Path:
    """A MIDI file of (onset, end, pitch) on a drawbar organ, whose tone is steady."""
    recorder = Recorder(path, tracks=[Track("organ", 1, program)], bpm=120.0)
    recorder.send(MidiEvent(onset, 0, bytes((0x90, pitch, 100)), end) for onset, end, pitch in notes)
    recorder.save()
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
    render_wav(record(tmp_path / "a.mid", (1.0, 2.0, 69)), tmp_path / "a.wav", soundfont=font, rate=RATE, reverb=0.0)
    sound = read(tmp_path / "a.wav")
    assert level(sound, 0.0, 0.995) < SILENT
    assert level(sound, 1.0, 1.05) > -30
    tone = sound[round(1.2 * RATE) : round(1.8 * RATE), 0]
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone))))
    loudest = np.fft.rfftfreq(len(tone), 1 / RATE)[spectrum.argmax()]
    assert loudest / 440 == pytest.approx(0.5, abs=0.01) or loudest / 440 == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("notes", [1, 12])
def test_soft_or_loud_the_peak_is_just_below_full_scale(tmp_path, font, notes):
    chord = [(0.0, 1.0, 48 + pitch) for pitch in range(notes)]
    render_wav(record(tmp_path / "a.mid", *chord), tmp_path / "a.wav", soundfont=font, rate=RATE)
    assert level(read(tmp_path / "a.wav"), 0, 10) == pytest.approx(-1.0, abs=0.01)


def test_the_sound_ends_when_it_has_faded_and_not_before(tmp_path, font):
    render_wav(record(tmp_path / "a.mid", (0.0, 1.0, 60)), tmp_path / "a.wav", soundfont=font, rate=RATE)
    sound = read(tmp_path / "a.wav")
    end = len(sound) / RATE
    assert 1.1 < end < 6.1
    assert level(sound, 1.05, 1.15) > SILENT
    assert level(sound, end - 0.05, end) < SILENT


def test_reverb_makes_the_tail_longer(tmp_path, font):
    midi = record(tmp_path / "a.mid", (0.0, 0.5, 60))
    lengths = []
    for reverb in (0.0, 0.8):
        render_wav(midi, tmp_path / "a.wav", soundfont=font, rate=RATE, reverb=reverb)
        lengths.append(len(read(tmp_path / "a.wav")))
    assert lengths[1] > lengths[0] + 0.3 * RATE


def test_the_same_file_gives_the_same_bytes(tmp_path, font):
    midi = record(tmp_path / "a.mid", *((0.1 * n, 0.1 * n + 0.3, 50 + n) for n in range(20)), program=0)
    render_wav(midi, tmp_path / "a.wav", soundfont=font, rate=RATE)
    render_wav(midi, tmp_path / "b.wav", soundfont=font, rate=RATE)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_a_file_without_a_note_gives_silence(tmp_path, font):
    render_wav(record(tmp_path / "a.mid"), tmp_path / "a.wav", soundfont=font, rate=RATE)
    assert not read(tmp_path / "a.wav").any()


def test_a_note_without_an_end_is_let_fade(tmp_path, font):
    midi = mido.MidiFile()
    midi.add_track().extend([mido.Message("program_change", program=16), mido.Message("note_on", note=60, time=480)])
    midi.save(tmp_path / "a.mid")
    render_wav(tmp_path / "a.mid", tmp_path / "a.wav", soundfont=font, rate=RATE)
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


def test_without_a_sound_card_the_error_says_the_cure_and_the_library_says_nothing(font, capfd):
    with pytest.raises(PortError, match=r"no sound card answers.*play to a MIDI port or a file"):
        SynthPort(font, driver="nosuch")
    assert capfd.readouterr() == ("", "")


def test_without_pyfluidsynth_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    assert "pip install 'stream-v2m[synth]'" in str(available())


def test_the_player_process_is_spared_heavy_imports():
    code = "import sys, stream_v2m.midi.synth as s; s.load_library(); print({'numpy', 'mido'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


@pytest.fixture
def jack(monkeypatch) -> Iterator[None]:
    """A sound server that plays to nowhere, in real time."""
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed: apt install jackd2")
    name = f"synth{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    command = ["jackd", "-n", name, "--no-realtime", "-d", "dummy", "-r", "48000", "-p", "128"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        waited = subprocess.run(["jack_wait", "-w", "-t", "10", "-s", name], capture_output=True)
        assert waited.returncode == 0, waited.stdout
        yield
    finally:
        server.terminate()
        server.wait(10)


def connections() -> str:
    return subprocess.run(["jack_lsp", "-c"], capture_output=True, text=True, check=True).stdout


def test_live_notes_sound_through_the_sound_server_and_fade_at_the_end(jack, font, capfd):
    port = SynthPort(font, driver="jack")
    assert port.name == f"synth ({font.resolve().stem}, jack)"
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
