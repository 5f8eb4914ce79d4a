"""The command that puts MIDI files beside real pieces, on a tiny corpus."""

from __future__ import annotations

import json

import mido
import numpy as np
import pytest

from models import musicality
from models.data.pop909_pieces import ACCOMPANIMENT, load_pieces

pytestmark = pytest.mark.models

BARS = 16


def write_midi(path, track, rng, chords=False):
    file = mido.MidiFile(ticks_per_beat=480)
    if chords:
        labels = ["C:maj", "G:7", "A:min", "F:maj"]
        texts = [mido.MetaMessage("text", text=labels[i % 4], time=1920 * (i > 0)) for i in range(BARS)]
        file.tracks.append(mido.MidiTrack(texts))
    messages = [mido.MetaMessage("track_name", name=track)]
    for _ in range(BARS * 4):
        pitch = int(rng.integers(48, 72))
        messages += [
            mido.Message("note_on", note=pitch, velocity=70),
            mido.Message("note_off", note=pitch, time=480),
        ]
    file.tracks.append(mido.MidiTrack(messages))
    file.save(path)


@pytest.fixture
def pop909(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(6):
        folder = tmp_path / "POP909" / f"{number:03}"
        folder.mkdir(parents=True)
        write_midi(folder / f"{folder.name}.mid", "PIANO", rng)
        beats = [f"{i * 0.5} {float(i % 2 == 0)} {float(i % 4 == 0)}" for i in range(BARS * 4 + 1)]
        (folder / "beat_midi.txt").write_text("\n".join(beats))
        chords = [f"{i * 2} {i * 2 + 2} {'CFG'[i % 3]}:maj" for i in range(BARS)]
        (folder / "chord_midi.txt").write_text("\n".join(chords))
    return tmp_path / "POP909"


def test_real_pieces_stand_on_their_annotated_beats(pop909):
    (piece, *others) = load_pieces(pop909, np.random.default_rng(0), tracks=ACCOMPANIMENT)
    assert len(others) == 5
    assert piece.beat[:4].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert piece.bars[:3].tolist() == [0.0, 4.0, 8.0] and piece.bar_starts[1] == 2.0
    assert piece.chord_starts[:2].tolist() == [0.0, 2.0] and piece.chords[0] == 1


def test_the_report_has_every_figure_of_the_files_and_of_the_real_pieces(pop909, tmp_path):
    played = tmp_path / "played.mid"
    write_midi(played, "arpeggio", np.random.default_rng(9), chords=True)
    short = mido.MidiFile(played)
    short.tracks = [mido.MidiTrack(track[: len(track) // 2]) for track in short.tracks]
    short.save(played)
    report = tmp_path / "report.json"
    code = musicality.main([str(played), "--pop909", str(pop909), "--sample", "3", "--report", str(report)])
    found = json.loads(report.read_text())
    assert code == 0 and found["real_pieces"] == 3
    assert found["seconds"] == pytest.approx(BARS)
    for name in ("h1", "h4", "gs", "cpi", "si_short", "si_mid"):
        assert np.isfinite(found["files"][str(played)][name]) and np.isfinite(found["pop909"][name]["mean"])
    assert found["pop909"]["gs"]["mean"] == pytest.approx(1.0)
    assert 0 <= found["different_bins"]["played"] <= 1
    beside, real = found["folders"][str(tmp_path)]["h4"], found["pop909"]["h4"]
    assert beside["mean"] == found["files"][str(played)]["h4"]
    assert beside["deviations"] == pytest.approx((beside["mean"] - real["mean"]) / real["std"])


def test_a_file_without_notes_is_refused(pop909, tmp_path, capsys):
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(tmp_path / "empty.mid")
    assert musicality.main([str(tmp_path / "empty.mid"), "--pop909", str(pop909)]) == 2
    assert "has no notes" in capsys.readouterr().err
