"""What was measured is kept below the user's own settings, and made up for where nothing else is said."""

import tomllib

import pytest

from stream_v2m.cli.calibration import keep
from stream_v2m.config import Config
from stream_v2m.core.errors import ConfigError
from stream_v2m.midi.output import Output
from stream_v2m.sources.source import SourceConfig

pytestmark = pytest.mark.unit


def test_each_measurement_joins_the_others_and_one_can_be_forgotten(tmp_path):
    path = tmp_path / "new" / "calibration.toml"
    keep(path, "source", "HD Webcam", 0.0624)
    keep(path, "player", "port:FLUID Synth (12:0)", 0.021)
    keep(path, "player", "synth", 0.05)
    keep(path, "player", "synth", None)
    config = Config.load([path])
    assert config.source.latency_ms == {"HD Webcam": 62.4}
    assert config.player.latency_ms == {"port:FLUID Synth (12:0)": 21.0}


def test_the_users_own_settings_go_before_what_was_measured(tmp_path):
    measured, own = tmp_path / "calibration.toml", tmp_path / "config.toml"
    keep(measured, "player", "synth", 0.05)
    own.write_text("[player.latency_ms]\nsynth = 10\n")
    assert Config.load([measured, own]).player.latency_ms == {"synth": 10.0}


def test_a_file_that_somebody_broke_is_left_as_it_is(tmp_path):
    path = tmp_path / "calibration.toml"
    path.write_text("[player")
    with pytest.raises(ConfigError, match="measure again"):
        keep(path, "player", "synth", 0.05)
    assert path.read_text() == "[player"


def test_an_output_plays_earlier_by_its_latency_unless_it_says_its_own_offset():
    latency = {"synth": 50.0}
    assert Output.parse("synth", latency).offset == pytest.approx(-0.05)
    assert Output.parse("synth@clock", latency).offset == pytest.approx(-0.05)
    assert Output.parse("synth@+0ms", latency).offset == 0
    assert Output.parse("synth@-12ms", latency).offset == pytest.approx(-0.012)
    assert Output.parse("virtual", latency).offset == 0


def test_a_cameras_latency_is_found_by_its_own_name_wherever_it_is_plugged_in_and_by_the_name_it_was_given():
    config = SourceConfig(latency_ms={"HD Webcam": 60.0, "stage": 90.0})
    assert config.latency("HD Webcam (/dev/video2)", "camera") == pytest.approx(0.06)
    assert config.latency("HD Webcam (/dev/video2)", "stage") == pytest.approx(0.06)
    assert config.latency("another (/dev/video0)", "stage") == pytest.approx(0.09)
    assert config.latency("another (/dev/video0)", "camera") == 0


def test_the_file_is_toml_that_says_whose_it_is(tmp_path):
    path = tmp_path / "calibration.toml"
    keep(path, "source", "screen:", 0.0)
    assert path.read_text().startswith("# What `stream-v2m calibrate` has measured")
    assert tomllib.loads(path.read_text()) == {"source": {"latency_ms": {"screen:": 0.0}}}
