"""A listening test prepared from the command line with our own music, as FluidSynth plays it."""

from __future__ import annotations

import json
import os

import pytest

from models.listening.__main__ import main
from models.listening.clip import read_sound
from models.listening.loudness import measure
from models.listening.study import KEY, STIMULI, Study
from stream_v2m.midi.synth import available

_MISSING = available()
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(_MISSING is not None and "CI" not in os.environ, reason=str(_MISSING)),
]


def test_settings_make_other_music_to_the_same_film_at_one_loudness(tmp_path, capsys):
    out = tmp_path / "study"
    command = ["prepare", str(out), "--films", "film:seed=1&seconds=4"]
    assert main([*command, "--systems", "ours", "pads=controls.style=ambient,controls.cue_strength=0"]) == 0
    assert "2 stimuli" in capsys.readouterr().out
    key = json.loads((out / KEY).read_text())
    assert key["systems"]["pads"] == {"settings": ["controls.style=ambient", "controls.cue_strength=0"]}
    ours, pads = (read_sound(out / STIMULI / f"{each.id}.mp4") for each in Study.load(out).stimuli)
    assert measure(ours).loudness == pytest.approx(key["loudness_lufs"], abs=0.3)
    assert measure(pads).loudness == pytest.approx(key["loudness_lufs"], abs=0.3)
    assert abs(ours - pads).max() > 0.01
    assert main([*command, "--systems", "ours"]) == 2
    assert "there is a study already" in capsys.readouterr().err
