"""Models, networks and corpora that lie."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from attack_kinds.attack import EITHER, Attack, Make, file, video_file

_AUTO = {
    "architectures": ["X"],
    "model_type": "x",
    "auto_map": {"AutoModel": "evil.Model", "AutoConfig": "evil.Config"},
    "trust_remote_code": True,
}
_EVIL = "open('../ran', 'w').write('x')\n"


def _weights(
    header: bytes | dict[str, object], *, size: int | None = None, body: bytes = b""
) -> bytes:
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(data) if size is None else size) + data + body


def _tensor(shape: list[int], offsets: list[int], kind: str = "F32") -> dict[str, object]:
    return {"a": {"dtype": kind, "shape": shape, "data_offsets": offsets}}


def _zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x/data.pkl", b"\x80\x02" + b"}" * 50_000_000)
        file.writestr("x/../../evil", b"x")
    return out.getvalue()


_NETWORKS: tuple[tuple[str, str, object, bytes], ...] = (
    ("size", "a header of 2⁶³ bytes", {}, _weights(b"{}", size=2**63)),
    ("header", "a header that is no JSON", {}, _weights(b"\xff" * 999)),
    ("deep", "a header 50,000 levels deep", {}, _weights(b"[" * 50_000 + b"]" * 50_000)),
    ("shape", "a tensor of 10¹⁸ numbers", {}, _weights(_tensor([10**9, 10**9], [0, 4]), body=bytes(4))),
    ("negative", "offsets below nothing", {}, _weights(_tensor([1], [-4, 0]), body=bytes(4))),
    ("beyond", "offsets beyond the file", {}, _weights(_tensor([1], [2**40, 2**40 + 4]))),
    ("nan", "NaN in all its numbers", {}, _weights(_tensor([2], [0, 8]), body=b"\xff" * 8)),
    ("kind", "numbers of an unknown kind", {}, _weights(_tensor([1], [0, 4], "F99"), body=bytes(4))),
    ("pickle", "a pickle", {}, b"\x80\x04cposix\nsystem\n(S'touch ran'\ntR."),
    ("card-list", "a card that is a list", [1, 2], _weights(b"{}")),
    ("card-sizes", "a card of absurd sizes", {"format": 1, "config": {"width": 10**9, "layers": -1}}, _weights(b"{}")),
    ("card-paths", "a card whose weights lie elsewhere", {"weights": "../../../etc/passwd"}, _weights(b"{}")),
)  # fmt: skip


def _network(card: object, weights: bytes) -> Make:
    def make(work: Path, samples: Path) -> None:
        video_file(work, samples)
        (work / "net").mkdir()
        (work / "net" / "network.card.json").write_text(json.dumps(card))
        (work / "net" / "network.safetensors").write_bytes(weights)

    return make


def _folder(files: dict[str, bytes], link: str = "") -> Make:
    def make(work: Path, samples: Path) -> None:
        video_file(work, samples)
        (work / "model").mkdir()
        for name, data in files.items():
            (work / "model" / name).write_bytes(data)
        if link:
            (work / "model" / link).symlink_to("/etc/passwd")

    return make


_CONFIG = json.dumps(_AUTO).encode()
_MODELS: tuple[tuple[str, str, str, Make], ...] = (
    ("text-code", "a text model that brings its own program", "--text-model", _folder({"config.json": _CONFIG, "evil.py": _EVIL.encode(), "model.safetensors": _weights(b"{}")})),
    ("text-header", "a text model whose header lies", "--text-model", _folder({"config.json": b'{"model_type": "roberta"}', "model.safetensors": _weights(b"{}", size=2**62)})),
    ("text-deep", "a text model's settings 100,000 levels deep", "--text-model", _folder({"config.json": b"[" * 10**5})),
    ("text-tokens", "a tokenizer of a million merges", "--text-model", _folder({"config.json": b'{"model_type": "roberta"}', "tokenizer.json": b'{"model": {"type": "BPE", "merges": [' + b'"a b",' * 10**6 + b'"a b"]}}'})),
    ("text-link", "a text model with a link out of its folder", "--text-model", _folder({"config.json": b"{}"}, "model.safetensors")),
    ("text-empty", "a text model that is an empty folder", "--text-model", _folder({})),
    ("audio-code", "a voice model that brings its own program", "--audio-model", _folder({"config.json": _CONFIG, "evil.py": _EVIL.encode()})),
    ("audio-pickle", "a voice model that is a pickle", "--audio-model", _folder({"model.pt": b"\x80\x04cposix\nsystem\n(S'touch ran'\ntR."})),
    ("whisper-bytes", "a Whisper of random bytes", "--whisper-model", _folder({"model.bin": bytes(range(256)) * 99, "config.json": b"{}", "tokenizer.json": b"{}", "vocabulary.txt": b"a"})),
    ("whisper-size", "a Whisper that claims 2⁶⁴ variables", "--whisper-model", _folder({"model.bin": struct.pack("<II", 6, 12) + b"WhisperSpec\0" + b"\xff" * 64, "config.json": b"{}"})),
    ("whisper-link", "a Whisper with a link out of its folder", "--whisper-model", _folder({"config.json": b"{}"}, "model.bin")),
)  # fmt: skip


def _planted_store(work: Path, _samples: Path) -> None:
    """A store with a folder that says it is a model, and names files elsewhere."""
    folder = work / "store" / "fake"
    folder.mkdir(parents=True)
    card = {
        "name": "fake",
        "files": [{"path": "../../../etc/passwd", "sha256": "0" * 64, "size": 1}],
    }
    (folder / "sentigram.card.json").write_text(json.dumps(card))
    (work / "store" / "loop").symlink_to(work / "store")


_TABLES = {
    "injected": "path,label,speaker\n=cmd|' /C calc'!A0,joy,@SUM(1)\n",
    "huge-field": "path,label,speaker\n" + "x" * 3_000_000 + ",joy,a\n",
    "outside": "path,label,speaker\n../../../etc/passwd,joy,a\n/etc/passwd,joy,a\n",
    "nul": "path,label,speaker\na\0b.wav,joy,a\n",
    "quotes": 'path,label,speaker\n"a.wav,joy,a\n' * 999,
}


def _corpus(table: str) -> Make:
    def make(work: Path, _samples: Path) -> None:
        (work / "corpus").mkdir()
        (work / "corpus" / "labels.csv").write_text(table)
        (work / "corpus" / "utterances.csv").write_text(table)

    return make


def attacks() -> Iterator[Attack]:
    """Each network and each model, given for three seconds of sound; each store and each corpus."""
    fails = EITHER | {2, 4}
    hear = ("render", "talk.mp4", "--to", "srt", "--quiet", "--out", "made")
    for name, what, card, weights in _NETWORKS:
        yield Attack(
            id=f"models-network-{name}", what=f"a network: {what}", make=_network(card, weights),
            argv=(*hear, "--checkpoint", "net/network.card.json"), codes=frozenset({3, 4}),
            is_quick=name == "pickle",
        )  # fmt: skip
    for name, what, flag, make in _MODELS:
        yield Attack(
            id=f"models-{name}", what=what, make=make, argv=(*hear, flag, "model"),
            codes=frozenset({2, 3, 4}), most_mb=1500,
        )  # fmt: skip
    for name, what, argv in (
        ("verify", "checked", ("models", "verify")),
        ("list", "listed", ("models", "list")),
        ("remove", "removed", ("models", "remove", "fake", "--yes")),
    ):
        yield Attack(
            id=f"models-store-{name}", what=f"a planted store is {what}", make=_planted_store, argv=argv,
            codes=fails, env={"SENTIGRAM_MODELS": "{work}/store"},
        )  # fmt: skip
    for name, data in (("bomb", _zip_bomb()), ("text", b"x" * 999), ("protocol", b"\x80\xff" * 99)):
        yield Attack(
            id=f"models-convert-{name}", what=f"a checkpoint to convert: {name}",
            make=file("a.pt", data),
            argv=("models", "convert", "a.pt", "--out", "made"), codes=fails,
        )  # fmt: skip
    for name, table in _TABLES.items():
        yield Attack(
            id=f"models-corpus-{name}", what=f"a corpus: {name}", make=_corpus(table),
            argv=("prepare", "folder", "corpus", "--out", "made.parquet"), codes=fails,
        )  # fmt: skip
