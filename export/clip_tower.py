"""An open_clip model for the export: found, downloaded, or made at random; its image tower with the texts beside it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Literal

import torch
from torch import Tensor, nn

from export.clip_picture import PictureInput
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import ConfigError, ModelContractError

RANDOM = "random"
# The model whose embeddings Video2Music's data holds, as open_clip calls it.
SEMANTIC_MODELS, SEMANTIC_TAG = ("ViT-L-14-336", "ViT-L-14-336-quickgelu"), "openai"

PromptKind = Literal["words", "ensemble"]
# The published system asks for the bare words; an ensemble averages embeddings over sentences (Radford et al. 2021).
TEMPLATES: dict[PromptKind, tuple[str, ...]] = {
    "words": ("{}",),
    "ensemble": (
        "{}",
        "a picture that feels {}",
        "a film scene that is {}",
        "a photo whose mood is {}",
        "the atmosphere is {}",
        "this looks {}",
    ),
}

_LICENCES = (  # by open_clip's tag, or what it begins with; from the model cards
    ("openai", "MIT (OpenAI's repository); its model card asks for research use"),
    ("laion", "MIT (LAION's model cards)"),
    ("datacompdr", "Apple Sample Code / Apple ML Research licence: read it before any use that is not research"),
    ("dfndr", "Apple ML Research licence: research only"),
    ("dfn", "Apple ML Research licence: research only"),
    ("datacomp", "MIT (LAION's and DataComp's model cards)"),
    ("commonpool", "MIT (DataComp's model cards)"),
    ("webli", "Apache-2.0 (Google's model cards)"),
    ("metaclip", "CC-BY-NC 4.0: no commercial use"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """An open_clip model and what its export needs to know of it.

    Attributes:
        model: evaluating, float32.
        preprocess: open_clip's preprocessing config.
        tokenize: texts to tokens int64 [N, L].
        pretrained: tag, file name, or ``random``.
        tag: the tag that the weights are known by, if any.
    """

    name: str
    model: Any
    preprocess: Mapping[str, Any]
    tokenize: Callable[[list[str]], Tensor]
    pretrained: str
    tag: str | None

    @property
    def licence(self) -> str:
        """Of the weights."""
        if self.pretrained == RANDOM:
            return "none: random weights"
        known = (text for start, text in _LICENCES if (self.tag or "").startswith(start))
        return next(known, "unknown: read the model card")

    @property
    def semantic(self) -> bool:
        """Whether its embeddings are those that the AMT was trained with."""
        return self.name in SEMANTIC_MODELS and self.tag == SEMANTIC_TAG


class Tower(nn.Module):
    """Pictures RGB uint8 [B, H, W, 3] to embedding [B, D], probabilities [B, 6] and, with a projection, semantics.

    The probabilities are a softmax of scale · cosine over the six emotions. A SigLIP model was trained with a sigmoid
    of scale · cosine + bias for each pair; its bias is the same for all six, so the softmax does not feel it.

    Args:
        texts: unit vectors float32 [6, D].
        projection: mean [D] and basis [D, 384].
    """

    texts: Tensor
    scale: Tensor
    mean: Tensor
    basis: Tensor

    def __init__(self, loaded: Loaded, texts: Tensor, *, projection: tuple[Tensor, Tensor] | None = None) -> None:
        super().__init__()
        self.picture = PictureInput(loaded.preprocess)
        self.model = loaded.model
        self._projected = projection is not None
        self.register_buffer("texts", texts.T.contiguous())
        self.register_buffer("scale", loaded.model.logit_scale.detach().float().exp().reshape(()))
        if projection is not None:
            self.register_buffer("mean", projection[0])
            self.register_buffer("basis", projection[1])

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Embedding, probabilities, semantics."""
        embedding = self.model.encode_image(self.picture(pictures))
        unit = embedding / embedding.norm(dim=-1, keepdim=True)
        probabilities = (self.scale * unit @ self.texts).softmax(dim=-1)
        if self._projected:
            return embedding, probabilities, (embedding - self.mean) @ self.basis
        return embedding, probabilities


def load(name: str, pretrained: str, *, tag: str | None = None, seed: int = 0) -> Loaded:
    """An open_clip model with its weights.

    Args:
        pretrained: a tag of open_clip's, whose weights are downloaded once; a file; or ``random``.
        tag: what the weights in a file are known as, where that matters: preprocessing, activation, semantics.

    Raises:
        ConfigError: no open_clip, no such model or tag, or weights that cannot be had.
        ModelContractError: the file holds another model.
    """
    open_clip = _open_clip()
    known = open_clip.list_models()
    if name not in known:
        close = difflib.get_close_matches(name, known, 4) or known[:4]
        raise ConfigError("no such model in open_clip", where=name, expected=f"such as {', '.join(close)}")
    path = Path(pretrained)
    is_file, random = path.is_file(), pretrained == RANDOM
    tag = tag if is_file else None if random else pretrained
    config = _weights_config(open_clip, name, tag) if tag else {}
    if not is_file and not random:
        path = _download(open_clip, config, name, pretrained)
    torch.manual_seed(seed)
    try:
        model = open_clip.create_model(
            name,
            pretrained=None if random else str(path),
            force_quick_gelu=bool(config.get("quick_gelu")),
            force_preprocess_cfg=dict(config),
            pretrained_text=False,
        )
    except (RuntimeError, KeyError, AttributeError, EOFError, OSError, UnpicklingError) as error:  # it checks nothing
        raise ModelContractError(
            "open_clip cannot make the model of it",
            where=name if random else path,
            got=str(error).splitlines()[0],
            cure=f"see that the file holds {name}'s weights in open_clip's format",
        ) from error
    said = path.name if is_file else pretrained
    return Loaded(name, model.eval(), model.visual.preprocess_cfg, _tokenizer(open_clip, name), said, tag)


def embed_texts(loaded: Loaded, kind: PromptKind) -> tuple[Tensor, dict[str, tuple[str, ...]]]:
    """Unit vectors float32 [6, D] of the emotions, each the mean over its texts, and the texts."""
    prompts = {emotion: tuple(template.format(emotion) for template in TEMPLATES[kind]) for emotion in EMOTIONS}
    with torch.inference_mode():
        texts = [
            loaded.model.encode_text(loaded.tokenize(list(each)), normalize=True).mean(dim=0)
            for each in prompts.values()
        ]
    vectors = torch.stack(texts).float()
    return (vectors / vectors.norm(dim=-1, keepdim=True)).clone(), prompts


def _open_clip() -> Any:
    try:
        import open_clip
    except ImportError as error:
        raise ConfigError(
            f"open_clip cannot be imported ({error})", where="export clip", cure="pip install 'stream_v2m[clip]'"
        ) from error
    return open_clip


def _weights_config(open_clip: Any, name: str, tag: str) -> dict[str, Any]:
    config: dict[str, Any] = open_clip.get_pretrained_cfg(name, tag)
    if not config:
        tags = open_clip.list_pretrained_tags_by_model(name)
        raise ConfigError(
            f"open_clip knows no such weights of {name}",
            where=tag,
            expected=f"{', '.join(tags)}; a file; or {RANDOM}" if tags else f"a file, or {RANDOM}",
        )
    return config


def _download(open_clip: Any, config: dict[str, Any], name: str, tag: str) -> Path:
    """The file of the weights, from the cache or the network; what was broken off goes on where it was."""
    origin = config.get("hf_hub") or config.get("url")
    try:
        return Path(open_clip.download_pretrained(config))
    except OSError as error:  # open_clip wraps the hub's own errors into FileNotFoundError
        raise ConfigError(
            f"the weights of {name} {tag} cannot be downloaded ({str(error).splitlines()[0]})",
            where=origin,
            cure="connect and try again: what has come so far is kept. Without a connection: download it elsewhere "
            f"(`hf download {str(origin).strip('/')}`), then --pretrained FILE --tag {tag}; "
            "HF_ENDPOINT names a mirror; `--pretrained random` tries everything but the weights",
        ) from error


def _tokenizer(open_clip: Any, name: str) -> Callable[[list[str]], Tensor]:
    try:
        tokenize: Callable[[list[str]], Tensor] = open_clip.get_tokenizer(name)
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"the tokenizer of {name} cannot be had ({str(error).splitlines()[0]})",
            where="export clip",
            cure="SigLIP's needs `pip install 'transformers[sentencepiece]'`, and a connection the first time",
        ) from error
    return tokenize
