"""The shipped catalogue is whole; a wrong one says where."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from sentigram.errors import InputError, UsageError
from sentigram.reading import size_text
from sentigram.store.catalogue import (
    ROLES,
    catalogue,
    entry,
    new_entry,
    read_catalogue,
    unknown,
)
from sentigram.store.pull import choose

TEXT = resources.files("sentigram.store").joinpath("catalogue.toml").read_text(encoding="utf-8")


def test_what_the_engine_needs_is_listed():
    models = catalogue().models
    assert {model.role for model in models.values()} == set(ROLES)
    assert len(models) == 32
    assert all(model.size_bytes > 4 * 10**6 and model.licence for model in models.values())
    for members in catalogue().sets.values():
        roles = [models[name].role for name in members]
        assert roles == ["transcriber", "audio encoder", "text classifier"]
    weights = [
        model for name, model in models.items() if name[:11] in ("emotion2vec", "sensevoice")
    ]
    assert {model.licence for model in weights} == {"FunASR Model License"}
    assert all(model.licence_url for model in weights)


def test_aligners_name_their_language_and_allow_commercial_use():
    aligners = [model for model in catalogue().models.values() if model.role == "aligner"]
    assert {"de", "pl"} <= {code for model in aligners for code in model.languages}
    assert {model.licence for model in aligners} == {"Apache-2.0"}
    with pytest.raises(UsageError, match="aligners are those of the catalogue: aligner-de"):
        new_entry("someone/wav2vec2", role="aligner")


def test_models_are_found_by_name_and_by_repository():
    assert entry("bert-base-uncased") == entry("google-bert/bert-base-uncased")
    assert entry("nothing") is None


def test_a_repository_with_the_name_of_a_listed_model_gets_a_name_of_its_own():
    other = new_entry("someone/bert-base-uncased", role="text encoder")
    assert other.name == "someone--bert-base-uncased"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("format = 1", "format = 2", "format: 2 instead of 1"),
        ("format = 1", "format =", "not TOML"),
        ('role = "transcriber"', 'role = "singer"', "models.whisper-tiny.role: 'singer'"),
        ("bytes = 78_000_000", 'bytes = "78"', "models.whisper-tiny.bytes: '78'"),
        ("bytes = 78_000_000", "size = 78", "models.whisper-tiny.size: an unknown or missing key"),
        ("bytes = 78_000_000", "", "models.whisper-tiny.bytes: an unknown or missing key"),
        ('"Systran/faster-whisper-tiny"', '"tiny"', "'tiny' is not OWNER/NAME"),
        ('"Systran/faster-whisper-tiny"', '"Systran/faster-whisper-base"', "is listed twice"),
        ('layouts = ["whisper"]', 'layouts = ["wisper"]', "no layout ['wisper']"),
        ('languages = ["en"]', 'languages = ["English"]', "languages: ('English',)"),
        ('languages = ["de"]\n', "", "models.aligner-de.languages: an aligner needs them"),
        ('small = ["whisper-small"', 'small = ["whisper-smal"', "sets.small: no model"),
        ("large = [", "huge = [", "no set 'large'"),
        ('[["model.bin"]]', '[["../model.bin"]]', "'../model.bin' is not a file name"),
        ('[["model.bin"]]', "[[]]", "layouts.whisper.needed: an empty list"),
        ("[models.whisper-tiny]", '[models."../x"]', "models.../x: not a plain name"),
        ('transcriber = ["whisper"]', 'singer = ["whisper"]', "roles: "),
    ],
)
def test_a_wrong_catalogue_says_where(old, new, where):
    assert old in TEXT
    with pytest.raises(InputError, match=re.escape(where)):
        read_catalogue(TEXT.replace(old, new, 1))


def test_sizes_are_for_people():
    assert [size_text(n) for n in (900, 78_000_000, 999_999_999, 1_950_000_000)] == [
        "900 bytes",
        "78 MB",
        "1000 MB",
        "1.9 GB",
    ]


def test_near_names_are_of_the_role_that_is_meant():
    assert "whisper" not in unknown("base", role="audio encoder")
    assert "wavlm-base-plus" in unknown("wavlm", role="audio encoder")


BERT = ["config.json", "vocab.txt", "tokenizer.json", "model.safetensors"]
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


@pytest.mark.parametrize(
    ("name", "available", "chosen"),
    [
        (
            "bert-base-uncased",
            [*BERT, "tf_model.h5", "pytorch_model.bin", "modeling.py", "onnx/model.safetensors"],
            set(BERT),
        ),
        (
            "bert-base-uncased",
            ["config.json", "vocab.json", "merges.txt", "model.safetensors.index.json", *SHARDS],
            {"config.json", "vocab.json", "merges.txt", "model.safetensors.index.json", *SHARDS},
        ),
        (
            "hubert-base",
            ["config.json", "preprocessor_config.json", "pytorch_model.bin", "README.md"],
            {"config.json", "preprocessor_config.json", "pytorch_model.bin"},
        ),
        (
            "emotion2vec-base",
            ["config.yaml", "model.pt", "tokens.txt", "configuration.json"],
            {"config.yaml", "model.pt", "tokens.txt"},
        ),
    ],
)
def test_of_a_repository_only_the_model_is_taken(name, available, chosen):
    assert set(choose(entry(name), available)) == chosen


def test_what_is_missing_is_named_for_every_kind():
    other = new_entry("o/n", role="audio encoder")
    with pytest.raises(InputError, match=r"it lacks preprocessor_config.json .* config\.yaml"):
        choose(other, ["config.json", "model.safetensors"])
    with pytest.raises(InputError, match=r"lacks tokenizer\.json or vocab\.txt or vocab\.json \+"):
        choose(entry("bert-base-uncased"), ["config.json", "model.safetensors"])
