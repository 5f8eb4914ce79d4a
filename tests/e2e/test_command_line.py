import os
import subprocess
import sys
import tomllib
from pathlib import Path

import mido
import pytest

pytestmark = pytest.mark.e2e

SHORT = "film:seconds=12"


def stream_v2m(*arguments: str, cwd: Path, fails: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does; the environment's settings are not the test's."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STREAM_V2M_")}
    command = [sys.executable, "-m", "stream_v2m.cli.main", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode != 0) == fails, done.stderr
    return done


def notes(path: Path) -> dict[str, list[tuple[int, int, int]]]:
    """Onset, duration in ticks and pitch of each track's notes; every note-on must have its note-off."""
    played: dict[str, list[tuple[int, int, int]]] = {}
    for track in mido.MidiFile(path).tracks:
        now, sounding, found = 0, {}, []
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                assert message.note not in sounding, "struck while it sounds"
                sounding[message.note] = now
            elif message.type in ("note_on", "note_off"):
                onset = sounding.pop(message.note)
                found.append((onset, now - onset, message.note))
        assert not sounding, "left sounding"
        played[track.name] = found
    return played


def test_the_same_film_and_seed_give_the_same_bytes_and_another_seed_other_music(tmp_path: Path):
    for name, seed in (("one", "3"), ("two", "3"), ("other", "4")):
        stream_v2m("render", SHORT, f"{name}.mid", "--seed", seed, cwd=tmp_path)
    one, two, other = ((tmp_path / f"{name}.mid").read_bytes() for name in ("one", "two", "other"))
    assert one == two
    assert one != other


def test_a_render_has_every_part_on_the_beat_and_its_picture(tmp_path: Path):
    stream_v2m("render", SHORT, "out.mid", "--plot", "out.png", cwd=tmp_path)
    played = notes(tmp_path / "out.mid")
    assert {"bass", "pad", "arpeggio"} <= set(played)
    ticks = mido.MidiFile(tmp_path / "out.mid").ticks_per_beat
    assert played["pad"]
    assert all(onset % ticks == 0 for onset, _, _ in played["pad"])
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_tempo_and_key_are_obeyed(tmp_path: Path):
    stream_v2m("render", SHORT, "out.mid", "--bpm", "90", "--key", "Eb minor", cwd=tmp_path)
    conductor = mido.MidiFile(tmp_path / "out.mid").tracks[0]
    assert [message.tempo for message in conductor if message.type == "set_tempo"] == [mido.bpm2tempo(90)]
    chords = [message.text for message in conductor if message.type == "text"]
    assert chords
    assert all(text.split(":")[0] in {"Eb", "F", "Gb", "Ab", "Bb", "B", "Db"} for text in chords)


def test_playing_to_a_file_alone_takes_no_port_and_ends_on_time(tmp_path: Path):
    stream_v2m("play", "film:", "--to", "file:take.mid", "--seconds", "6", "--quiet", cwd=tmp_path)
    assert notes(tmp_path / "take.mid")["pad"]
    assert 5 < mido.MidiFile(tmp_path / "take.mid").length < 12


def test_what_is_served_is_kept_as_a_take_too(tmp_path: Path):
    served = ("serve", "film:", "--port", "0", "--to", "file:take.mid", "--seconds", "5", "--quiet")
    stream_v2m(*served, "--take", "gig", "--set", f"takes.folder={str(tmp_path)!r}", cwd=tmp_path)
    assert notes(tmp_path / "gig" / "take.mid")["pad"]


def test_a_fault_of_the_user_is_one_line_that_says_the_cure(tmp_path: Path):
    for arguments, words in (
        (("render", "missing.mp4", "out.mid"), "missing.mp4"),
        (("render", SHORT, "no/such/folder/out.mid"), "no/such/folder"),
        (("render", SHORT, "out.mid", "--key", "H"), "controls.key"),
        (("render", SHORT, "out.mid", "--style", "polka"), "arpeggio"),
        (("render", SHORT, "out.mid", "--set", "controls.tempo=3"), "controls.tempo"),
        (("render", "camera", "out.mid"), "play"),
    ):
        done = stream_v2m(*arguments, cwd=tmp_path, fails=True)
        assert done.stderr.startswith("stream-v2m: "), done.stderr
        assert done.stderr.count("\n") == 1
        assert words in done.stderr
    assert not list(tmp_path.iterdir()), "something was left behind"


def test_the_printed_configuration_can_be_read_again(tmp_path: Path):
    first = stream_v2m("config", "--set", "controls.bpm=97", "--set", "step.period_beats=4", cwd=tmp_path).stdout
    assert tomllib.loads(first)["controls"]["bpm"] == 97
    (tmp_path / "my.toml").write_text(first)
    assert stream_v2m("config", "--config", "my.toml", cwd=tmp_path).stdout == first
