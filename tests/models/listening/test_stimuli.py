"""Stimuli are the film's very pictures with sounds of one loudness, and say nothing of where they come from."""

from __future__ import annotations

import json
import wave

import av
import numpy as np
import pytest

from models.listening.clip import fitted, height_for, read_sound
from models.listening.loudness import RATE_HZ, Level, amplified, common_loudness, measure
from models.listening.stimuli import prepare
from models.listening.study import KEY, STIMULI, Study
from models.listening.systems import parse_systems
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.models


def tone(seconds, amplitude, hz=997.0):
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    one = (amplitude * np.sin(2 * np.pi * hz * time)).astype(np.float32)
    return np.stack([one, one], axis=1)


def write_wav(path, sound):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((sound * 32767).astype("<i2").tobytes())


def test_a_tone_has_the_loudness_that_the_standard_gives_it():
    # BS.1770: a 997 Hz sine of 0 dB in one channel is -3.01 LUFS, in two 3.01 more
    level = measure(tone(3, 0.1))
    assert level.loudness == pytest.approx(-20.0, abs=0.05)
    assert level.peak == pytest.approx(-20.0, abs=0.05)
    assert measure(np.zeros((RATE_HZ, 2), np.float32)).loudness == -70.0
    assert measure(amplified(tone(3, 0.1), 6.0)).loudness == pytest.approx(-14.0, abs=0.05)


def test_a_peak_is_found_wherever_it_is():
    sound = tone(3, 0.01)
    sound[1000:1010] = 0.5
    assert measure(sound).peak == pytest.approx(-6.0, abs=1.5)


def test_all_are_as_loud_as_the_one_with_the_highest_peak_can_be():
    assert common_loudness({"a": Level(-14, -3), "b": Level(-30, -20)}) == -20.0
    # 25 dB between loudness and peak: at -20 LUFS it would reach +5 dB
    assert common_loudness({"a": Level(-14, -3), "b": Level(-30, -5)}) == -26.0
    with pytest.raises(ConfigError, match=r"b\.wav.*silent"):
        common_loudness({"a.wav": Level(-14, -3), "b.wav": Level(-70, -120)})


def test_a_sound_gets_the_films_length_and_fades_at_its_end():
    sound = np.ones((3 * RATE_HZ, 2), np.float32)
    cut = fitted(sound, 2.0)
    assert len(cut) == 2 * RATE_HZ
    assert cut[RATE_HZ - 1, 0] == 1.0 and cut[-RATE_HZ // 2, 0] == pytest.approx(0.5, abs=1e-3) and cut[-1, 0] == 0.0
    longer = fitted(sound, 5.0)
    assert longer[3 * RATE_HZ - 1, 0] == 1.0 and not longer[3 * RATE_HZ :].any()


def test_heights_keep_the_proportions_and_are_even():
    assert (height_for(1920, 1080), height_for(1080, 1920), height_for(100, 101)) == (360, 1138, 646)


@pytest.fixture
def sounds(tmp_path):
    return write_sounds(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study, made once."""
    folder = tmp_path_factory.mktemp("made")
    return folder / "study", prepare(folder / "study", FILMS, parse_systems(write_sounds(folder)))


def write_sounds(tmp_path):
    """Two systems of others, one loud and one soft, with a sound for each of two films."""
    for name, amplitude in (("loud", 0.8), ("soft", 0.02)):
        for seed, hz in ((1, 300), (2, 600)):
            write_wav(tmp_path / name / f"film-seed-{seed}-seconds-2.wav", tone(2.5, amplitude, hz))
    return [f"loud={tmp_path / 'loud'}", f"soft={tmp_path / 'soft'}", "swapped"]


FILMS = ("film:seed=1&seconds=2", "film:seed=2&seconds=2")


def test_a_study_is_every_film_with_every_system_at_one_loudness(made):
    out, study = made
    assert Study.load(out) == study
    files = sorted((out / STIMULI).iterdir())
    assert [path.stem for path in files] == sorted(stimulus.id for stimulus in study.stimuli)
    pitch = {}
    for stimulus in study.stimuli:
        path = out / STIMULI / f"{stimulus.id}.mp4"
        with av.open(str(path)) as container:
            picture, sound = container.streams.video[0], container.streams.audio[0]
            assert (picture.codec_context.name, picture.width, picture.height) == ("h264", 640, 360)
            assert (sound.codec_context.name, picture.frames) == ("aac", 60)
            assert float(picture.duration * picture.time_base) == pytest.approx(2.0, abs=0.01)
            assert float(sound.duration * sound.time_base) == pytest.approx(2.0, abs=0.03)
        heard = read_sound(path)
        assert measure(heard).loudness == pytest.approx(-20.0, abs=0.3)
        spectrum = np.abs(np.fft.rfft(heard[:RATE_HZ, 0]))
        pitch[stimulus.film[10], stimulus.system] = int(spectrum.argmax())
    assert pitch == {
        **{(film, system): hz for film, hz in (("1", 300), ("2", 600)) for system in ("loud", "soft")},
        ("1", "swapped"): 600,
        ("2", "swapped"): 300,
    }


def test_no_stimulus_says_where_it_comes_from(made):
    out, study = made
    for stimulus in study.stimuli:
        content = (out / STIMULI / f"{stimulus.id}.mp4").read_bytes()
        assert not any(word.encode() in content for word in ("loud", "soft", "swapped", "film-seed", "seed="))


def test_pictures_of_a_film_are_the_same_with_every_music(made):
    out, study = made
    packets = {}
    for stimulus in study.stimuli:
        with av.open(str(out / STIMULI / f"{stimulus.id}.mp4")) as container:
            own = [(packet.pts, bytes(packet)) for packet in container.demux(video=0)]
        assert packets.setdefault(stimulus.film, own) == own
    assert len(packets) == 2


def test_a_film_can_be_cut(tmp_path, sounds):
    out = tmp_path / "study"
    prepare(out, FILMS, parse_systems(sounds), seconds=1.0)
    assert {film["seconds"] for film in json.loads((out / KEY).read_text())["films"].values()} == {1.0}


def test_a_study_is_never_written_over(tmp_path, sounds):
    out = tmp_path / "study"
    out.mkdir()
    (out / KEY).write_text("{}")
    with pytest.raises(ConfigError, match="there is a study already"):
        prepare(out, FILMS, parse_systems(sounds))
    assert (out / KEY).read_text() == "{}" and len(list(out.iterdir())) == 1


def test_what_cannot_be_made_is_told(tmp_path, sounds):
    (tmp_path / "soft" / "film-seed-2-seconds-2.wav").write_bytes(b"no sound")
    with pytest.raises(ConfigError, match="cannot be read as sound"):
        prepare(tmp_path / "a", FILMS, parse_systems(sounds))
    (tmp_path / "soft" / "film-seed-2-seconds-2.wav").unlink()
    with pytest.raises(ConfigError, match="film-seed-2-seconds-2"):
        prepare(tmp_path / "b", FILMS, parse_systems(sounds))
    with pytest.raises(ConfigError, match="two films of one name"):
        prepare(tmp_path / "c", (FILMS[0], FILMS[0]), parse_systems(sounds))
    with pytest.raises(ConfigError, match="music of another film"):
        prepare(tmp_path / "d", FILMS[:1], parse_systems(sounds))
    with pytest.raises(ConfigError, match="is live"):
        prepare(tmp_path / "e", ("camera",), parse_systems(sounds[:1]))
    with pytest.raises(ConfigError, match="no such setting"):
        prepare(tmp_path / "f", FILMS, parse_systems(["ours=controls.nothing=1"]))
