"""Where files are: those that ship with the package, in the wheel or in a checkout, and the user's own."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_NAME = "stream-v2m"
_PACKAGE = Path(__file__).parent.parent


def configs_folder() -> Path:
    """Presets and styles: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "configs"
    return inside if inside.is_dir() else _PACKAGE.parent / "configs"


def weights_folder() -> Path:
    """The shipped ONNX files with their manifest."""
    return _PACKAGE / "weights"


def user_folder() -> Path:
    """The user's own settings: bindings, styles."""
    return platformdirs.user_config_path(_NAME, appauthor=False)


def data_folder() -> Path:
    """What the user has made: takes."""
    return platformdirs.user_data_path(_NAME, appauthor=False)
