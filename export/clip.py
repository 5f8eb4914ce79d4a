"""Export a CLIP model's image tower, with the texts of the six emotions, to one ONNX file for live use."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import torch
from torch import Tensor

from export.clip_parity import TOLERANCES, Weights, least_cosine, odd_pictures
from export.clip_tower import RANDOM, Loaded, PromptKind, Tower, embed_texts, load
from export.halve import halve
from export.onnx import to_graph
from export.quantize import quantize
from stream_v2m.core.errors import ConfigError, ModelContractError, StreamV2MError
from stream_v2m.core.features import SEMANTIC
from stream_v2m.inference.clip import EMBEDDING, PICTURES, PROBABILITIES, SEMANTICS, ClipEncoder
from stream_v2m.inference.clip_files import (
    CLIP_CONTRACT,
    MODEL_SUFFIX,
    ClipCard,
    card_path,
    clip_folder,
    digest,
    is_clip_name,
)

_PROTOBUF_LIMIT = 2**31  # bytes of one ONNX file
_EXACT = ("texts", "basis")  # what is compared with the embedding stays as it is
_TRACED = (2, 250, 330, 3)  # batch, height and width may be any, and none of them is a one


@dataclass(frozen=True, slots=True)
class Options:
    """How a model is exported.

    Attributes:
        projection: mean float32 [D] and basis [D, 384], to give semantics too.
    """

    prompts: PromptKind = "words"
    weights: Weights = "float32"
    projection: tuple[Tensor, Tensor] | None = None


def main(arguments: list[str]) -> int:
    """Run the command; 0, or 2 when the model cannot be exported."""
    parser = argparse.ArgumentParser(prog="python -m export clip", description=__doc__)
    parser.add_argument("--model", default="ViT-B-32", help="open_clip's name of the architecture")
    parser.add_argument(
        "--pretrained",
        default="laion2b_s34b_b79k",
        help=f"open_clip's tag, downloaded once; a file of weights; or {RANDOM}",
    )
    parser.add_argument("--tag", help="what the weights in a file are known as, such as openai")
    parser.add_argument("--seed", type=int, default=0, help="of random weights")
    parser.add_argument("--prompts", choices=get_args(PromptKind), default="words", help="texts of the six emotions")
    parser.add_argument("--weights", choices=get_args(Weights), default="float32")
    parser.add_argument("--projection", type=Path, help="packed MuVi-Sync file, for semantics (ViT-L/14@336px openai)")
    parser.add_argument("--name", help="what the export is called; model and weights if not given")
    parser.add_argument("--out", type=Path, default=clip_folder(), help="default: where `stream-v2m clip` looks")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    logging.getLogger().setLevel(logging.ERROR)  # open_clip tells of random weights there
    try:
        projection = read_projection(given.projection) if given.projection else None
        loaded = load(given.model, given.pretrained, tag=given.tag, seed=given.seed)
        options = Options(given.prompts, given.weights, projection)
        print(ship(loaded, given.out, options, name=given.name))
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def ship(loaded: Loaded, folder: Path, options: Options, *, name: str | None = None) -> str:
    """Export, compare with open_clip, and only then put file and card into ``folder``; what to tell the user.

    Raises:
        ConfigError: what is asked for does not fit together.
        ModelContractError: the export is not the model, or too large for one file.
    """
    name = name or default_name(loaded, options)
    _check(loaded, options, name)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as drafts:
        draft = Path(drafts) / f"{name}{MODEL_SUFFIX}"
        card = write(loaded, draft, options)
        pictures = odd_pictures()
        cosine = least_cosine(loaded, ClipEncoder.open(draft), pictures)
        least = TOLERANCES[options.weights]
        if not cosine >= least:
            raise ModelContractError(
                f"the export is not the model: embeddings in {options.weights} differ",
                where=name,
                got=f"cosine {cosine:.5f}",
                expected=f"≥ {least}",
                cure=None if options.weights == "float32" else "export it with --weights float32",
            )
        _write_card(draft, card.model_copy(update={"cosine": cosine}))
        size = draft.stat().st_size
        for part in (draft, card_path(draft)):
            part.replace(folder / part.name)
    told = [
        f"{name}: {options.weights}, {size / 1e6:.1f} MB, input {card.input_size} px, {card.framing}",
        f"least cosine to open_clip over {len(pictures)} pictures: {cosine:.6f} (≥ {least})",
        f"licence of the weights: {card.licence}",
        f"semantics for the AMT: {'yes' if card.semantics else 'no'}",
    ]
    if loaded.pretrained == RANDOM:
        told.append("its weights are random: what it says of a mood means nothing")
    return "\n".join(told)


def write(loaded: Loaded, path: Path, options: Options) -> ClipCard:
    """Write the graph and a card beside it, unproven: its cosine is 0."""
    texts, prompts = embed_texts(loaded, options.prompts)
    tower = Tower(loaded, texts, projection=options.projection).eval()
    batch, height, width = (torch.export.Dim(name, min=1, max=2**14) for name in ("batch", "height", "width"))
    semantics = options.projection is not None
    with torch.no_grad():
        try:
            graph = to_graph(
                tower,
                (torch.zeros(_TRACED, dtype=torch.uint8),),
                inputs=[PICTURES],
                outputs=[EMBEDDING, PROBABILITIES, *([SEMANTICS] if semantics else [])],
                shapes=({0: batch, 1: height, 2: width},),
            )
        except torch.onnx.OnnxExporterError as error:
            told = str(error.__cause__ or error).splitlines()[0]
            raise ModelContractError("Torch cannot export it", where=loaded.name, got=told) from error
    card = ClipCard(
        model=loaded.name,
        pretrained=loaded.pretrained,
        weights=options.weights,
        prompts=prompts,
        input_size=tower.picture.size,
        framing=tower.picture.framing,
        embedding_size=texts.shape[1],
        semantics=semantics,
        licence=loaded.licence,
        cosine=0.0,
        made_with=f"open_clip {version('open_clip_torch')}, torch {torch.__version__}",
        sha256="",
    )
    entries = {"model": "clip", "contract": CLIP_CONTRACT, "card": card.model_dump_json(exclude={"cosine", "sha256"})}
    for key, text in entries.items():
        graph.metadata_props.add(key=key, value=text)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))
    convert(path, options.weights)
    card = card.model_copy(update={"sha256": digest(path)})
    _write_card(path, card)
    return card


def convert(path: Path, weights: Weights) -> None:
    """Turn the weights of a float32 export into others, in place.

    Raises:
        ConfigError: there is nothing in it to turn.
    """
    if weights == "float16":
        halve(path, path)
    elif weights == "int8" and not quantize(path, path, operators=("Gemm", "MatMul"), keep=_EXACT):
        raise ConfigError("has no linear layers to make 8-bit", where=path.stem, cure="--weights float32")


def read_projection(path: Path) -> tuple[Tensor, Tensor]:
    """Mean [D] and basis [D, 384] of the packed MuVi-Sync file.

    Raises:
        ConfigError: no such file, or no projection in it.
    """
    try:
        with np.load(path) as pack:
            mean, basis = pack["semantic_mean"].astype(np.float32), pack["semantic_basis"].astype(np.float32)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(
            f"holds no projection ({error})", where=path, expected="a .npz with semantic_mean and semantic_basis"
        ) from error
    if basis.shape != (mean.size, SEMANTIC.stop - SEMANTIC.start):
        raise ConfigError("holds another projection", where=path, got=f"a basis of {basis.shape}")
    return torch.from_numpy(mean), torch.from_numpy(basis)


def default_name(loaded: Loaded, options: Options) -> str:
    """Model and weights, and what is not as usual."""
    unusual = [each for each in (options.prompts, options.weights) if each not in ("words", "float32")]
    return "-".join([loaded.name, Path(loaded.pretrained).stem, *unusual])


def _check(loaded: Loaded, options: Options, name: str) -> None:
    if not is_clip_name(name):
        raise ConfigError("is no name for a file", where=f"--name {name}", expected="letters, digits and . + - _")
    if options.projection is not None and not loaded.semantic:
        raise ConfigError(
            "the projection is of other embeddings",
            where="--projection",
            got=f"{loaded.name} {loaded.pretrained}",
            expected="ViT-L-14-336 openai",
        )
    size = sum(value.numel() for value in loaded.model.visual.parameters()) * 4
    if size > 0.98 * _PROTOBUF_LIMIT:
        raise ModelContractError(
            "too large for one ONNX file",
            where=loaded.name,
            got=f"{size / 1e9:.1f} GB in float32",
            expected="less than 2 GB",
            cure="take a smaller model; ViT-L fits",
        )


def _write_card(model: Path, card: ClipCard) -> None:
    card_path(model).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
