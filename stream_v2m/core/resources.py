"""Where the files that ship with the package are: in the wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


def configs_folder() -> Path:
    """Presets and styles: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "configs"
    return inside if inside.is_dir() else _PACKAGE.parent / "configs"


def weights_folder() -> Path:
    """The shipped ONNX files with their manifest."""
    return _PACKAGE / "weights"
