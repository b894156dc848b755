from __future__ import annotations

from typing import get_args

import pytest

from sentigram.training.corpora import catalogue
from sentigram.training.report import tables
from sentigram.training.report.exposure import Level, _table, exposure, exposures


@pytest.mark.parametrize(
    ("encoder", "corpus", "level"),
    [
        ("emotion2vec_plus_large", "iemocap", "label-exposed"),
        ("emotion2vec_plus_large", "cremad", "label-exposed"),
        ("emotion2vec_plus_large", "meld", "label-exposed"),
        ("emotion2vec_base", "meld", "unlabelled-exposed"),
        ("emotion2vec:emotion2vec-plus-large", "iemocap", "label-exposed"),
        ("emotion2vec-pooled:emotion2vec-plus-base", "cremad", "label-exposed"),
        ("emotion2vec-pooled:emotion2vec-base", "meld", "unlabelled-exposed"),
        ("minilm", "goemotions", "label-exposed"),
        ("minilm+clean+speakers", "goemotions", "label-exposed"),
        ("minilm", "meld", "clean"),
        ("compact", "ravdess", "chosen-on"),
        ("compact", "nemo", "chosen-on"),
        ("compact-frames", "emodb", "chosen-on"),
        ("compact", "cremad", "clean"),
        ("roberta_meld", "meld", "label-exposed"),
    ],
)
def test_what_is_known(encoder: str, corpus: str, level: str):
    found = exposure(encoder, corpus)
    assert found.level == level
    assert found.reason
    assert found.source


def test_what_is_computed_has_seen_nothing():
    assert exposure("logmel", "anything").level == "clean"
    assert exposure("prosody-25+spectrum-25", "ravdess").level == "clean"
    assert exposure("logmel+faces", "anything").level == "unknown"


def test_what_is_not_known_is_not_clean():
    assert exposure("bert-cls:/models/minilm", "goemotions").level == "unknown"
    found = exposure("wavlm", "ravdess")
    assert (found.level, found.source) == ("unknown", "")
    assert "wavlm and ravdess" in found.reason


def test_every_corpus_in_the_table_exists():
    assert {corpus for _, corpus in _table()} <= set(catalogue.names())


def test_reports_can_show_every_level():
    levels = exposures(["minilm", "wavlm"], iter(["xed", "meld"]))
    assert levels == {
        ("minilm", "xed"): "label-exposed",
        ("minilm", "meld"): "clean",
        ("wavlm", "xed"): "unknown",
        ("wavlm", "meld"): "unknown",
    }
    assert set(get_args(Level)) == set(tables.BADGES)
