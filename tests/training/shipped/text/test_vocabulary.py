from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from sentigram.training.shipped.text.vocabulary import pruned
from tests.emotion.encoders.text_weights import PIECES, tokenizer_spec


def prune(folder: Path, *texts: str, n_front: int = 0) -> tuple[Tokenizer, list[int]]:
    source = folder / "tokenizer.json"
    source.write_text(json.dumps(tokenizer_spec()), encoding="utf-8")
    spec, kept = pruned(source, texts, n_front=n_front)
    return Tokenizer.from_str(json.dumps(spec)), kept


def test_keeps_specials_characters_and_used_pieces(tmp_path: Path) -> None:
    tokenizer, kept = prune(tmp_path, "so unhappy")
    pieces = {PIECES[old] for old in kept}
    assert pieces == set(PIECES) - {"am", "happy", "##ly"}
    assert [tokenizer.id_to_token(new) for new in range(len(kept))] == [PIECES[o] for o in kept]


def test_keeps_the_front(tmp_path: Path) -> None:
    _, kept = prune(tmp_path, n_front=8)
    assert {PIECES[old] for old in kept} >= {"i", "am", "so"}
    assert "happy" not in {PIECES[old] for old in kept}


def test_specials_are_renumbered_everywhere(tmp_path: Path) -> None:
    tokenizer, _ = prune(tmp_path, "so")
    encoding = tokenizer.encode("so !")
    assert encoding.tokens == ["[CLS]", "so", "!", "[SEP]"]
    assert encoding.ids == [tokenizer.token_to_id(t) for t in encoding.tokens]
    assert tokenizer.token_to_id("[PAD]") == 0


def test_a_dropped_word_falls_into_pieces(tmp_path: Path) -> None:
    before, _ = prune(tmp_path, "ab am")
    assert before.encode("ab", add_special_tokens=False).tokens == ["a", "##b"]


@given(st.text(max_size=60))
def test_what_is_kept_reads_as_before(text: str) -> None:
    with TemporaryDirectory() as folder:
        small, kept = prune(Path(folder), text)
    full = Tokenizer.from_str(json.dumps(tokenizer_spec()))
    assert [kept[new] for new in small.encode(text).ids] == full.encode(text).ids
