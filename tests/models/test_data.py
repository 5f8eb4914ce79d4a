"""Sources of songs: what is read from each published form."""

from __future__ import annotations

import io
import json
import lzma
import tarfile

import numpy as np
import pytest

from models.config import TrainConfig
from models.data import billboard, corpus, isophonics, muvi, pop909
from models.data.views import Views, whole
from stream_v2m.core.chords import Chord
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.features import EMOTION, MOTION, SCENE_OFFSET, Condition
from stream_v2m.inference.contract import END, PAD, START
from tests.support.muvi_folder import write_muvi

pytestmark = pytest.mark.models

BASIS_RANK = 384


def label(text):
    return Chord.parse(text).index


def archive(path, files):
    with tarfile.open(path, "w:xz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


def test_the_published_folder_is_read_song_by_song_and_a_listed_song_without_files_is_left_out(tmp_path):
    write_muvi(tmp_path)
    (song,) = muvi.load_folder(tmp_path)
    assert (song.name, song.split, song.mode) == ("001", "val", "minor")
    assert song.by_seconds().tolist() == [label("A:min"), label("A:min"), label("F"), 0]
    assert song.picture is not None
    features = song.picture.features(np.arange(4))
    assert features[:, MOTION].tolist() == pytest.approx([0, 1.5, 3, 4.5])
    assert features[:, SCENE_OFFSET].tolist() == [0, 1, 2, 3]
    assert features[0, EMOTION].tolist() == pytest.approx([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert song.picture.density.tolist() == [5, 6, 7, 8]


def test_without_the_projection_semantics_are_absent_and_with_it_present(tmp_path):
    write_muvi(tmp_path)
    np.savez(tmp_path / "basis.npz", semantic_mean=np.ones(768), semantic_basis=np.eye(768, BASIS_RANK))
    for basis, present in ((None, 0), (tmp_path / "basis.npz", 1)):
        (song,) = muvi.load_folder(tmp_path, basis=basis)
        assert set(whole(song).present[:, Condition.SEMANTIC]) == {present}
        assert set(whole(song).present[:, Condition.EMOTION]) == {1}


def test_the_published_embeddings_are_projected_with_the_packed_files_basis(tmp_path):
    write_muvi(tmp_path)
    basis = np.eye(768, BASIS_RANK, dtype=np.float32)
    np.savez(tmp_path / "basis.npz", semantic_mean=np.ones(768, np.float32), semantic_basis=basis)
    (song,) = muvi.load_folder(tmp_path, basis=tmp_path / "basis.npz")
    assert song.picture is not None
    found = song.picture.features(np.arange(4))[:, :BASIS_RANK]
    assert found == pytest.approx(np.arange(4)[:, None] - np.ones((4, BASIS_RANK)), abs=0.02)


def test_pop909_gives_seconds_and_half_bars_in_the_models_key(tmp_path):
    beats = "".join(f"{0.5 * i} {int(i % 2 == 0)}.0 {int(i % 4 == 0)}.0\n" for i in range(32))
    chords = "".join(
        f"{2 * i}.0\t{2 * i + 2}.0\t{c}\n" for i, c in enumerate(["D:maj", "A:maj/3", "B:min7", "G:maj"] * 2)
    )
    path = archive(
        tmp_path / "pop909.tar.xz",
        {
            "POP909/001/chord_midi.txt": chords,
            "POP909/001/beat_midi.txt": beats,
            "POP909/001/key_audio.txt": "0.0\t16.0\tD:maj\n",
        },
    )
    (song,) = pop909.load(path)
    assert song.by_seconds()[:8].tolist() == [label(c) for c in ("C", "C", "G", "G", "A:min7", "A:min7", "F", "F")]
    assert song.beat_time is not None and song.beat_position is not None
    assert song.beat_time[:4].tolist() == [0, 1, 2, 3]
    assert song.beat_position[:4].tolist() == [0, 0.5, 0, 0.5]


def test_billboard_bars_share_their_lines_time_and_a_new_tonic_begins_a_new_song(tmp_path):
    line = "| G:maj | C:maj D:7 | . x | G:maj . . C:maj |"
    text = "# metre: 4/4\n# tonic: G\n\n0.0\tsilence\n1.0\tA, verse, " + line.replace(". x", "E:min") + ", (voice\n"
    text += "9.0\t| G:maj | x8\n25.0\t# end\n25.0\tend\n"
    text = text.replace("| G:maj | x8", "| G:maj | C:maj | x4")
    (song,) = billboard.load(archive(tmp_path / "billboard.tar.xz", {"b/0001/salami_chords.txt": text}))
    wanted = ["C", "C", "F", "G:7", "A:min", "A:min", "C", "C"]
    assert song.by_seconds()[:8].tolist() == [label(c) for c in wanted]
    assert song.beat_time is not None and len(song.beat_time) == 24
    assert song.end == pytest.approx(24.0)


def test_isophonics_songs_follow_their_key_changes(tmp_path):
    chords = [[i, i + 1.0, "G" if i < 10 else "A"] for i in range(20)]
    entry = {"source": "s", "title": "t", "chords": chords, "keys": [[0, 10, "G"], [10, 20, "A"]]}
    path = tmp_path / "isophonics.json.xz"
    path.write_bytes(lzma.compress(json.dumps([entry]).encode()))
    songs = isophonics.load(path)
    assert [set(song.label.tolist()) for song in songs] == [{label("C")}, {label("C")}]


def test_one_transcription_in_two_keys_is_kept_once(tmp_path):
    entries = [
        {"source": "s", "title": t, "chords": [[i, i + 1.0, c[i % 3]] for i in range(12)], "keys": []}
        for t, c in (("a", ["C", "F", "G:7"]), ("b", ["D", "G", "A:7"]), ("c", ["C", "G", "F"]))
    ]
    path = tmp_path / "isophonics.json"
    path.write_text(json.dumps(entries))
    assert [song.name for song in corpus.load([path])] == ["000.0", "002.0"]


def test_prepared_songs_are_the_songs(tmp_path):
    chords = [[i, i + 1.0, "G" if i % 2 else "D:7"] for i in range(20)]
    path = tmp_path / "isophonics.json"
    path.write_text(json.dumps([{"source": "s", "title": "t", "chords": chords, "keys": [[0, 20, "G"]]}]))
    first, again = (corpus.load([path], cache=tmp_path / "prepared")[0] for _ in range(2))
    assert (tmp_path / "prepared").is_dir()
    assert first.by_seconds().tolist() == again.by_seconds().tolist() == isophonics.load(path)[0].by_seconds().tolist()


def test_data_of_unknown_kind_is_the_users_error(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ConfigError, match="cannot tell"):
        corpus.load([tmp_path / "notes.txt"])


def test_a_whole_song_begins_with_start_and_ends_with_end(tmp_path):
    write_muvi(tmp_path)
    sequence = whole(muvi.load_folder(tmp_path)[0])
    chords = [label("A:min"), label("A:min"), label("F"), 0]
    assert sequence.previous.tolist() == [START, *chords]
    assert sequence.target.tolist() == [*chords, END]
    assert sequence.music[:, 1].tolist()[:4] == [5, 6, 7, 8] and np.isnan(sequence.music[4, 1])


def test_drawn_sequences_have_the_asked_length_and_a_wrong_key_is_never_called_known(tmp_path):
    write_muvi(tmp_path, split="train", chords=("A:min", "D:min", "E:7", "A:min") * 5)
    songs = muvi.load_folder(tmp_path)
    config = TrainConfig(length=12, transpose=1.0, shift=0.5)
    views = Views(songs, config, np.random.default_rng(0))
    home = {label(c) for c in ("A:min", "D:min", "E:7")} | {END, PAD}
    for sequence in [views.draw() for _ in range(20)]:
        assert len(sequence.target) == 12
        assert sequence.present[:, Condition.KEY].max() == 0
        assert set(sequence.target.tolist()) - home
