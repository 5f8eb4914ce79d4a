"""CLIP's export sees what open_clip sees, from a picture of any size to its embedding and the six probabilities."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from export import __main__ as command
from export import clip as export_clip
from export.clip import Options, convert, default_name, read_projection, ship, write
from export.clip_parity import TOLERANCES, cosine, least_cosine, odd_pictures, reference
from export.clip_picture import PictureInput
from export.clip_tower import embed_texts, load
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import ConfigError, ModelContractError
from stream_v2m.inference.clip import EMBEDDING, PROBABILITIES, ClipEncoder
from stream_v2m.inference.clip_files import card_path, digest
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig
from tests.support.require import missing
from tests.support.towers import CONFIGS, register, small

pytestmark = pytest.mark.models

FAMILIES = tuple(CONFIGS)
COMMANDED = "small-vit"  # the one that goes through the command
# Preprocessing: a product in float32 may round a level to its neighbour where Pillow's integers lie on a half.
LEVELS_OFF, SHARE_OFF = 1, 0.001
ALIKE = 0.99  # cosine of embeddings that would let any picture pass for any other
# Real weights are compared where open_clip's cache has them; nothing is downloaded for a test.
REAL = (
    ("ViT-B-32", "laion2b_s34b_b79k"),
    ("ViT-L-14-336-quickgelu", "openai"),
    ("MobileCLIP2-S0", "dfndr2b"),
    ("ViT-B-16-SigLIP", "webli"),
)


def film_frames():
    """Frames of the synthetic film, RGB uint8 [180, 320, 3]."""
    film = Film(SourceConfig(), seed=5, seconds=40)
    return [film.render(time) for time in (1.0, 9.0, 17.0, 25.0, 33.0)]


@pytest.fixture(scope="session")
def open_clip(tmp_path_factory):
    if importlib.util.find_spec("open_clip") is None:
        missing("open_clip not installed")
    import open_clip

    register(tmp_path_factory.mktemp("configs"))
    return open_clip


@pytest.fixture(scope="session")
def projection(tmp_path_factory):
    """A file of the form of the packed data's projection."""
    rng = np.random.default_rng(2)
    path = tmp_path_factory.mktemp("pack") / "pack.npz"
    np.savez(path, semantic_mean=rng.normal(size=768), semantic_basis=rng.normal(size=(768, 384)) / 28)
    return path


@pytest.fixture(scope="session")
def shipped(open_clip, tmp_path_factory):
    """What the command makes of a file of weights, and the model."""
    folder = tmp_path_factory.mktemp("shipped")
    loaded = small(COMMANDED)
    torch.save(loaded.model.state_dict(), folder / "weights.pt")
    arguments = ["clip", "--model", COMMANDED, "--pretrained", str(folder / "weights.pt"), "--out", str(folder)]
    assert command.main(arguments) == 0
    return loaded, folder / f"{COMMANDED}-weights.onnx"


@pytest.fixture(scope="session", params=FAMILIES)
def family(request, open_clip, projection, tmp_path_factory):
    """A family's small model and its export; the quick GELU's poses as the model that semantics come from."""
    if request.param == COMMANDED:
        return request.getfixturevalue("shipped")
    loaded, options = small(request.param), Options()
    if request.param == "small-quickgelu":
        loaded = replace(loaded, name="ViT-L-14-336-quickgelu", tag="openai")
        options = Options(projection=read_projection(projection))
    path = tmp_path_factory.mktemp("exports") / f"{request.param}.onnx"
    write(loaded, path, options)
    return loaded, path


def test_the_embedding_is_open_clips_own_from_pictures_of_odd_sizes_and_of_film(family):
    loaded, path = family
    pictures = [*odd_pictures(), *film_frames()]
    assert least_cosine(loaded, ClipEncoder.open(path), pictures) >= TOLERANCES["float32"]


def test_pictures_that_differ_get_embeddings_that_differ(family):
    loaded, path = family
    encoder = ClipEncoder.open(path)
    found = [encoder.encode(picture).embedding for picture in odd_pictures()]
    assert min(cosine(found[0], other) for other in found[1:]) < ALIKE
    assert cosine(reference(loaded, odd_pictures()[0]), found[1]) < 1 - (1 - TOLERANCES["float32"]) * 5


def test_eight_pictures_at_once_give_what_they_give_one_by_one(family):
    _, path = family
    encoder = ClipEncoder.open(path)
    pictures = np.stack([*film_frames(), *film_frames()[:3]])
    found = encoder.encode_batch(pictures)
    assert found[EMBEDDING].shape[0] == 8
    for picture, embedding, probabilities in zip(pictures, found[EMBEDDING], found[PROBABILITIES], strict=True):
        alone = encoder.encode(picture)
        assert cosine(alone.embedding, embedding) >= 0.999999
        assert alone.probabilities == pytest.approx(probabilities, abs=1e-4)


def test_the_probabilities_are_a_softmax_of_open_clips_logits_over_the_words(family):
    loaded, path = family
    encoder = ClipEncoder.open(path)
    for picture in film_frames():
        image = torch.from_numpy(reference(loaded, picture))
        with torch.inference_mode():
            text = loaded.model.encode_text(loaded.tokenize(list(EMOTIONS)), normalize=True)
            logits = loaded.model.logit_scale.exp() * (image / image.norm()) @ text.T
            if loaded.model.logit_bias is not None:
                logits = logits + loaded.model.logit_bias
        assert encoder.encode(picture).probabilities == pytest.approx(logits.softmax(-1).numpy(), abs=1e-3)


@pytest.mark.parametrize("weights", ["float16", "int8"])
def test_smaller_weights_stay_within_their_tolerance(shipped, tmp_path, weights):
    loaded, full = shipped
    path = tmp_path / f"{weights}.onnx"
    path.write_bytes(full.read_bytes())
    convert(path, weights)
    card = json.loads(card_path(full).read_text())
    card_path(path).write_text(json.dumps({**card, "sha256": digest(path)}))
    assert path.stat().st_size < full.stat().st_size * {"float16": 0.55, "int8": 0.5}[weights]
    found = least_cosine(loaded, ClipEncoder.open(path), odd_pictures())
    assert TOLERANCES[weights] <= found < 1


def test_the_command_writes_a_file_and_a_card_that_say_what_they_are(shipped):
    _, path = shipped
    card = ClipEncoder.open(path).info
    assert (card.model, card.pretrained, card.weights) == ("small-vit", "weights.pt", "float32")
    assert (card.input_size, card.framing, card.embedding_size) == (64, "shortest", 64)
    assert card.prompts == {emotion: (emotion,) for emotion in EMOTIONS}
    assert card.cosine >= TOLERANCES["float32"] and not card.semantics
    assert card.licence.startswith("unknown") and "open_clip" in card.made_with
    assert b"/home" not in path.read_bytes() and str(path.parent).encode() not in path.read_bytes()


def test_weights_that_changed_after_the_export_are_another_model(shipped):
    _, path = shipped
    other = small("small-vit")
    with torch.no_grad():
        other.model.visual.ln_post.bias += 0.1
    assert least_cosine(other, ClipEncoder.open(path), odd_pictures()) < TOLERANCES["float32"]


def test_an_export_that_is_not_the_model_is_not_shipped(shipped, tmp_path, monkeypatch):
    loaded, path = shipped

    def stale(loaded, draft, options):
        draft.write_bytes(path.read_bytes())
        card_path(draft).write_bytes(card_path(path).read_bytes())
        return ClipEncoder.open(draft).info

    monkeypatch.setattr(export_clip, "write", stale)
    other = small("small-vit")
    with torch.no_grad():
        other.model.visual.ln_post.bias += 0.1
    with pytest.raises(ModelContractError, match="not the model"):
        ship(other, tmp_path, Options())
    assert not list(tmp_path.iterdir())
    assert "least cosine" in ship(loaded, tmp_path, Options(), name="again")


def test_the_projection_makes_the_semantics_that_the_data_holds(family, projection):
    loaded, path = family
    encoder = ClipEncoder.open(path)
    assert encoder.info.semantics == (loaded.name == "ViT-L-14-336-quickgelu")
    result = encoder.encode(film_frames()[0])
    if not encoder.info.semantics:
        assert result.semantics is None
        return
    mean, basis = (array.numpy() for array in read_projection(projection))
    assert result.semantics == pytest.approx((result.embedding - mean) @ basis, abs=1e-3)


def test_the_projection_of_other_embeddings_is_refused(open_clip, projection, tmp_path):
    with pytest.raises(ConfigError, match="ViT-L-14-336 openai"):
        ship(small("small-vit"), tmp_path, Options(projection=read_projection(projection)))


def test_a_file_without_a_projection_is_named(tmp_path):
    path = tmp_path / "none.npz"
    np.savez(path, other=np.zeros(3))
    for wrong in (path, tmp_path / "missing.npz"):
        with pytest.raises(ConfigError, match="holds no projection"):
            read_projection(wrong)


@pytest.mark.parametrize("framing", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_a_picture_is_resized_and_framed_as_open_clip_and_pillow_do(open_clip, framing, interpolation):
    from open_clip.transform import PreprocessCfg, image_transform_v2
    from PIL import Image

    config = PreprocessCfg(
        size=89, mean=(0.0,) * 3, std=(1.0,) * 3, interpolation=interpolation, resize_mode=framing, fill_color=7
    )
    transform, ours = image_transform_v2(config, is_train=False), PictureInput(vars(config))
    small_ones = [picture[:41, :53] for picture in odd_pictures()]
    off = []
    for picture in [*odd_pictures(), *film_frames(), *small_ones]:
        want = transform(Image.fromarray(picture)).numpy() * 255
        got = ours(torch.from_numpy(np.ascontiguousarray(picture))[None])[0].numpy() * 255
        assert got.shape == want.shape
        off.append(np.abs(got - want).round().ravel())
    assert max(each.max() for each in off) <= LEVELS_OFF
    assert (np.concatenate(off) > 0).mean() <= SHARE_OFF


def test_a_picture_of_one_pixel_is_seen(shipped):
    _, path = shipped
    assert np.isfinite(ClipEncoder.open(path).encode(np.full((1, 1, 3), 9, np.uint8)).embedding).all()


def test_the_ensemble_is_the_mean_over_its_sentences_and_of_unit_length(open_clip):
    loaded = small("small-vit")
    words, prompts = embed_texts(loaded, "words")
    assert prompts == {emotion: (emotion,) for emotion in EMOTIONS}
    ensemble, sentences = embed_texts(loaded, "ensemble")
    assert ensemble.norm(dim=1).numpy() == pytest.approx(1)
    assert not torch.allclose(ensemble, words)
    assert default_name(loaded, Options("ensemble", "int8")) == "small-vit-random-ensemble-int8"
    with torch.inference_mode():
        first = loaded.model.encode_text(loaded.tokenize(list(sentences["exciting"])), normalize=True).mean(dim=0)
    assert torch.allclose(ensemble[0], first / first.norm(), atol=1e-6)


def test_random_weights_are_the_same_for_the_same_seed(open_clip):
    first, again, other = (load("small-vit", "random", seed=seed).model.visual.conv1.weight for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_the_tag_of_a_file_brings_its_activation_and_preprocessing(open_clip, tmp_path, monkeypatch):
    torch.save(small("small-vit").model.state_dict(), tmp_path / "weights.pt")
    config = {"quick_gelu": True, "mean": (0.5,) * 3, "resize_mode": "squash"}
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda name, tag: config if tag == "openai" else {})
    loaded = load("small-vit", str(tmp_path / "weights.pt"), tag="openai")
    assert type(loaded.model.visual.transformer.resblocks[0].mlp.gelu).__name__ == "QuickGELU"
    assert (loaded.preprocess["mean"], loaded.preprocess["resize_mode"]) == ((0.5,) * 3, "squash")
    assert loaded.licence.startswith("MIT")
    assert type(load("small-vit", "random").model.visual.transformer.resblocks[0].mlp.gelu).__name__ == "GELU"


def test_weights_that_cannot_be_downloaded_are_told_with_what_else_can_be_done(open_clip, monkeypatch, capsys):
    def offline(config):
        raise FileNotFoundError("Failed to download file (open_clip_model.safetensors). Last error: no route to host")

    monkeypatch.setattr(open_clip, "download_pretrained", offline)
    assert command.main(["clip", "--model", "ViT-B-32"]) == 2
    said = capsys.readouterr().err
    for part in ("cannot be downloaded", "no route to host", "laion", "hf download", "--pretrained FILE", "random"):
        assert part in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "ViT-B-33"], "ViT-B-32"),
        (["--model", "ViT-B-32", "--pretrained", "nosuch"], "laion2b_s34b_b79k"),
        (["--model", "small-vit", "--pretrained", "random", "--name", "a/b"], "no name for a file"),
    ],
)
def test_what_open_clip_does_not_know_is_told_with_what_it_knows(open_clip, capsys, arguments, says):
    assert command.main(["clip", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_file_of_another_model_is_refused(open_clip, tmp_path):
    torch.save(small("small-sigmoid").model.state_dict(), tmp_path / "weights.pt")
    with pytest.raises(ModelContractError, match="small-vit's weights"):
        load("small-vit", str(tmp_path / "weights.pt"))
    (tmp_path / "broken.pt").write_bytes(b"nothing")
    with pytest.raises(ModelContractError, match="small-vit's weights"):
        load("small-vit", str(tmp_path / "broken.pt"))


def test_without_open_clip_the_error_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "open_clip", None)
    assert command.main(["clip"]) == 2
    assert "stream_v2m[clip]" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "tag"), REAL)
def test_real_weights_in_the_cache_are_exported_as_open_clip_has_them(open_clip, tmp_path, name, tag):
    from huggingface_hub import try_to_load_from_cache

    config = open_clip.get_pretrained_cfg(name, tag)
    repository, _, file = config["hf_hub"].rpartition("/")
    names = [file] if file else ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]
    if not any(isinstance(try_to_load_from_cache(repository, each), str) for each in names):
        pytest.skip(f"the weights of {name} {tag} are not in the cache: not compared")
    assert "least cosine" in ship(load(name, tag), tmp_path, Options())
