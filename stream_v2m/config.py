"""The whole configuration of a performance: every section stands beside the code that it configures."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.control.health import HealthConfig
from stream_v2m.control.logs import LogConfig
from stream_v2m.control.mqtt_config import MqttConfig
from stream_v2m.control.osc_config import OscConfig
from stream_v2m.control.server_config import ServerConfig
from stream_v2m.core.config import Settings
from stream_v2m.core.controls import Controls
from stream_v2m.core.resources import configs_folder, user_folder
from stream_v2m.inference.providers import AUTO
from stream_v2m.inference.sampling import SamplerConfig
from stream_v2m.midi.clock_out import ClockConfig
from stream_v2m.midi.controllers import ControllersConfig
from stream_v2m.midi.player import PlayerConfig
from stream_v2m.midi.synth_config import SynthConfig
from stream_v2m.music.sequencer import MusicConfig
from stream_v2m.music.style import SUFFIX, Style, list_styles, load_style
from stream_v2m.sources.source import SourceConfig
from stream_v2m.sources.webrtc_config import WebRTCConfig
from stream_v2m.stages.compose import StepConfig
from stream_v2m.stages.lead import INTERNAL, TempoConfig
from stream_v2m.stages.listen import ControlConfig
from stream_v2m.takes.shelf import TakesConfig
from stream_v2m.vision.affect import AffectConfig
from stream_v2m.vision.observer import VisionConfig


class ModelConfig(BaseModel):
    """Which models, and what runs them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str = Field(AUTO, description="auto, cpu, cuda, tensorrt, coreml, directml, openvino")
    strict_provider: bool = Field(False, description="refuse to run on another provider than was asked for")
    threads: int = Field(1, ge=1, le=64, description="threads a model may use")
    amt: Path | None = Field(None, description="the AMT's ONNX file; the shipped one if not given")
    dynamics: Path | None = Field(None, description="the GRU's ONNX file; the shipped one if not given")


class Config(Settings):
    """Every setting of a performance."""

    controls: Controls = Controls()
    source: SourceConfig = SourceConfig()
    vision: VisionConfig = VisionConfig()
    affect: AffectConfig = AffectConfig()
    step: StepConfig = StepConfig()
    models: ModelConfig = ModelConfig()
    sampler: SamplerConfig = SamplerConfig()
    music: MusicConfig = MusicConfig()
    tempo: TempoConfig = TempoConfig()
    clock: ClockConfig = ClockConfig()
    control: ControlConfig = ControlConfig()
    controllers: ControllersConfig = ControllersConfig()
    player: PlayerConfig = PlayerConfig()
    synth: SynthConfig = SynthConfig()
    takes: TakesConfig = TakesConfig()
    mqtt: MqttConfig = MqttConfig()
    osc: OscConfig = OscConfig()
    log: LogConfig = LogConfig()
    health: HealthConfig = HealthConfig()
    serve: ServerConfig = ServerConfig()
    webrtc: WebRTCConfig = WebRTCConfig()


def alone(config: Config) -> Config:
    """The same performance without anything that comes in beside the picture: no inputs, no other leader."""
    tempo = config.tempo.model_copy(update={"sync": INTERNAL})
    return config.model_copy(update={"tempo": tempo, "control": ControlConfig()})


def find_style(name_or_path: str) -> Style:
    """The style called so, the user's own before the shipped one, or the style in a file.

    Raises:
        ConfigError: there is no such style, or its file is wrong.
    """
    return load_style(name_or_path, style_path(name_or_path).parent)


def style_path(name_or_path: str) -> Path:
    """Where a style's file is, or would be."""
    if name_or_path.endswith(SUFFIX):
        return Path(name_or_path)
    own, shipped = (folder / f"{name_or_path}{SUFFIX}" for folder in style_folders())
    return own if own.is_file() else shipped


def style_names() -> list[str]:
    """Every style that has a name."""
    return sorted({name for folder in style_folders() for name in list_styles(folder)})


def style_folders() -> tuple[Path, Path]:
    """Where styles are: the user's own, and those that are shipped."""
    return user_folder() / "styles", configs_folder() / "styles"


def calibration_file() -> Path:
    """What was measured of this machine's cameras and outputs: settings like all others."""
    return user_folder() / "calibration.toml"


def user_files() -> list[Path]:
    """What was measured here, then the user's own settings; every other file and the command line go before them."""
    return [path for path in (calibration_file(), user_folder() / "config.toml") if path.is_file()]
