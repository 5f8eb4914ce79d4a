"""Small models of open_clip's families, at random but with weights large enough for differences to show."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from export.clip_tower import RANDOM, Loaded, load

_TEXT = {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 1}
_MAP = {"timm_model_name": "test_vit", "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none"}
_FAST = {"timm_model_name": "fastvit_t8", "timm_model_pretrained": False, "timm_pool": "avg", "timm_proj": None}
CONFIGS: dict[str, dict[str, Any]] = {
    "small-vit": {
        "embed_dim": 64,
        "vision_cfg": {"image_size": 64, "layers": 2, "width": 96, "head_width": 32, "patch_size": 16},
        "text_cfg": _TEXT,
    },
    "small-quickgelu": {
        "embed_dim": 768,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 70, "layers": 2, "width": 96, "head_width": 32, "patch_size": 14},
        "text_cfg": _TEXT,
    },
    # SigLIP's: attention pooling, a bias of the logits
    "small-sigmoid": {
        "embed_dim": 64,
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {**_MAP, "image_size": 160},
        "text_cfg": {**_TEXT, "no_causal_mask": True, "proj_bias": True, "pool_type": "last"},
    },
    # MobileCLIP's: convolutions and batch norms
    "small-mobile": {
        "embed_dim": 64,
        "custom_text": True,
        "vision_cfg": {**_FAST, "image_size": 64},
        "text_cfg": {**_TEXT, "no_causal_mask": True},
    },
}
# As open_clip's tags say for the weights of each family.
PREPROCESS: dict[str, dict[str, Any]] = {
    "small-vit": {},
    "small-quickgelu": {},
    "small-sigmoid": {"mean": (0.5,) * 3, "std": (0.5,) * 3, "resize_mode": "squash"},
    "small-mobile": {"mean": (0.0,) * 3, "std": (1.0,) * 3, "interpolation": "bilinear"},
}


def register(folder: Path) -> None:
    """Make the small models known to open_clip."""
    import open_clip

    for name, config in CONFIGS.items():
        (folder / f"{name}.json").write_text(json.dumps(config), encoding="utf-8")
    open_clip.add_model_config(folder)


def small(name: str) -> Loaded:
    """One of them; pictures that differ get embeddings that differ."""
    loaded = load(name, RANDOM, seed=3)
    with torch.no_grad():
        for key, value in loaded.model.visual.named_parameters():
            if value.ndim == 2 or key.endswith(("class_embedding", "conv1.weight")):
                value.normal_(std=0.15)
    return replace(loaded, preprocess=MappingProxyType({**loaded.preprocess, **PREPROCESS[name]}))
