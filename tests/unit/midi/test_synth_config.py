"""The synthesizer's config section, and its way to the player's process."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from stream_v2m.midi.synth import USUAL, SynthSettings
from stream_v2m.midi.synth_config import SynthConfig

pytestmark = pytest.mark.unit


def test_by_default_it_sounds_as_usual():
    assert SynthConfig().settings() == USUAL


def test_it_reaches_another_process_as_json_unchanged():
    config = SynthConfig(soundfont=Path("/fonts/mine.sf3"), gain_db=-6, reverb=0.2, limiter=False, driver="alsa")
    sent = json.dumps(dataclasses.asdict(config.settings()))
    received = SynthSettings(**json.loads(sent))
    assert received == config.settings()
    assert received.soundfont == str(Path("/fonts/mine.sf3"))


@pytest.mark.parametrize("wrong", [{"reverb": 1.1}, {"gain_db": 40}, {"rate": 4000}, {"room": 0.5}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        SynthConfig(**wrong)


def test_every_option_is_described():
    assert all(field.description for field in SynthConfig.model_fields.values())
