"""CLIP exports as files, each an .onnx with a card beside it: which there are, which is meant, which is used."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stream_v2m.core.config import explain
from stream_v2m.core.errors import ConfigError, ModelContractError, PortError
from stream_v2m.core.files import replacing
from stream_v2m.core.resources import data_folder, user_folder

MODEL_SUFFIX, CARD_SUFFIX = ".onnx", ".json"
CLIP_CONTRACT = "1"  # of the graph's inputs, outputs and metadata
_NAME = re.compile(r"\w[\w.+-]*")
EXPORT = "python -m export clip --model ViT-B-32 --pretrained laion2b_s34b_b79k"


class ClipCard(BaseModel):
    """What a CLIP export is and where it comes from; kept as JSON beside the .onnx, so that it is quick to read."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: str = Field(description="open_clip's name of the architecture")
    pretrained: str = Field(description="open_clip's tag of the weights, a file's name, or random")
    weights: str = Field(description="float32, float16 or int8")
    prompts: dict[str, tuple[str, ...]] = Field(description="the texts of each emotion")
    input_size: int = Field(gt=0, description="side of the square that the tower sees, in pixels")
    framing: str = Field(description="how a picture becomes that square: shortest, longest or squash")
    embedding_size: int = Field(gt=0)
    semantics: bool = Field(description="whether it gives the projected embedding that the AMT was trained with")
    licence: str = Field(description="of the weights, as far as it is known")
    cosine: float = Field(description="least cosine of its embeddings to open_clip's own, measured at export")
    made_with: str = Field(description="versions of what made it")
    sha256: str


def clip_folder() -> Path:
    """Where exports are kept."""
    return data_folder() / "clip"


def is_clip_name(name: str) -> bool:
    """Whether an export may be called so."""
    return _NAME.fullmatch(name) is not None


def clip_file(name: str) -> Path:
    """Where the export called so is, or would be."""
    return clip_folder() / f"{name}{MODEL_SUFFIX}"


def list_clips() -> list[str]:
    """The names of the exports that are there."""
    return sorted(card.stem for card in clip_folder().glob(f"*{CARD_SUFFIX}") if _model(card).is_file())


def find_clip(name_or_path: str | None = None) -> Path:
    """The .onnx of an export: by its name, by its path, or the one that is used if nothing is said.

    Raises:
        ConfigError: there is none, or nobody has said which.
    """
    if name_or_path is not None and name_or_path.endswith(MODEL_SUFFIX):
        return Path(name_or_path)
    if name_or_path is None and (name_or_path := used_clip()) is None:
        several = list_clips()
        raise ConfigError(
            "none of them is chosen" if several else "no CLIP model has been exported",
            where="clip",
            got=", ".join(several) or None,
            cure="`stream-v2m clip use NAME`" if several else f"make one from a checkout: `{EXPORT}`",
        )
    return _named(name_or_path)


def used_clip() -> str | None:
    """The name that is meant if nothing is said: the chosen one, or the only one.

    Raises:
        ConfigError: the file of the choice is wrong.
    """
    names = list_clips()
    return _chosen() or (names[0] if len(names) == 1 else None)


def use_clip(name: str) -> None:
    """Make ``name`` the export that is meant when nothing is said.

    Raises:
        ConfigError: there is none of this name.
        PortError: the choice cannot be written.
    """
    import tomli_w

    _named(name)
    path = _choice()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PortError(f"cannot be made ({error.strerror})", where=path.parent, cure="make the folder") from error
    with replacing(path) as part:
        part.write_text(tomli_w.dumps({"use": name}), encoding="utf-8")


def remove_clip(name: str) -> None:
    """Delete an export and its card; if it was the chosen one, none is.

    Raises:
        ConfigError: there is none of this name, or the system would not.
    """
    model = _named(name)
    try:
        if _chosen() == name:
            _choice().unlink()
        model.unlink()
        card_path(model).unlink()
    except OSError as error:
        raise ConfigError(f"cannot be removed ({error.strerror})", where=model) from error


def card_path(model: Path) -> Path:
    """Where the card of an .onnx is."""
    return model.with_suffix(CARD_SUFFIX)


def read_card(model: Path) -> ClipCard:
    """The card of an .onnx.

    Raises:
        ModelContractError: there is none, or it is no card.
    """
    path = card_path(model)
    try:
        return ClipCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelContractError(
            f"a CLIP export needs its card beside it ({error.strerror})",
            where=path,
            cure=f"export it again: `{EXPORT}`",
        ) from error
    except ValidationError as error:
        raise ModelContractError(f"is no card of a CLIP export: {explain(error)}", where=path) from error


def digest(path: Path) -> str:
    """SHA-256 of a file that may be large."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _named(name: str) -> Path:
    names = list_clips()
    if name not in names:
        raise ConfigError(
            "no such CLIP model",
            where=name,
            expected=f"one of {', '.join(names)}" if names else None,
            cure=f"make one from a checkout: `{EXPORT}`",
        )
    return clip_file(name)


def _chosen() -> str | None:
    path = _choice()
    if not path.is_file():
        return None
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))["use"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ConfigError(
            "does not say which CLIP model to use", where=path, cure="`stream-v2m clip use NAME`"
        ) from error
    return str(found)


def _model(card: Path) -> Path:
    return card.with_suffix(MODEL_SUFFIX)


def _choice() -> Path:
    return user_folder() / "clip.toml"
