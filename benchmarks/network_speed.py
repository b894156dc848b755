"""How fast every network learns and reads, and how much memory that takes, on clips of 3 s.

    python benchmarks/network_speed.py [--device cpu|cuda] [--precision no|bf16|fp16] [--batch 32]
    python benchmarks/network_speed.py --only resnet18,vggish --threads 2

Rows are each family at its defaults, then each experiment in configs/ whose network is of another
size than those above it. Inputs are noise, all clips 3 s long, of as many tokens as the features
have: what a network costs does not depend on what it reads. Each is measured in a process of its
own, one after the other. Times are medians of single steps: the processor's on one thread of a
CPU, so that other work on the machine does not stretch them, else what passes. The ratio to one
network of the same run is what can be compared between machines.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import network_steps
from network_steps import Steps

from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.registry import FAMILIES, build, network_config
from sentigram.training.config import ObjectiveConfig, read_config

if TYPE_CHECKING:
    from sentigram.training.dataset.examples import Batch

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
SECONDS, N_WORDS = 3, 8  # words of 3 s at 2.7 a second
N_CLASSES = 4
_N_BATCHES = 2

# Features → tokens of a clip, their width. A second has 100 frames of a spectrogram, and 10 tokens
# of emotion2vec; `compact` is the clip, then windows of 1 s every half second.
FEATURES: Mapping[str, tuple[int, int]] = {
    "logmel": (100 * SECONDS, 64),
    "logmel-vggish": (100 * SECONDS, 64),
    "emotion2vec": (10 * SECONDS, 1024),
    "compact": (7, 1349),
    "bert": (N_WORDS, 768),
    "bert-cls": (1, 768),
    "wordpieces": (N_WORDS + 4, 1),
    "roberta_meld": (1, 768),
    "wav2vec2_meld": (1, 768),
    "iemocap_voice": (1, 562),
    "meld_voice": (1, 562),
    "iemocap_faces": (1, 512),
    "meld_faces": (1, 512),
}
# "BERT mini" of Turc et al. 2019, with BERT's English vocabulary: 11.2 million numbers
SMALL_BERT: Mapping[str, Any] = {
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
}


BERT_BASE: Mapping[str, Any] = {
    **SMALL_BERT,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}


@dataclass(frozen=True)
class Row:
    """A network, and what it reads.

    Attributes:
        name: The family or the experiment.
        model: Its settings.
        features: By modality.
        objective: What is minimized.
        context: Utterances that are read along.
    """

    name: str
    model: NetworkConfig
    features: Mapping[Kind, str]
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    context: int = 0

    def tokens(self, kind: Kind) -> tuple[int, int]:
        """How many of an example, and their width."""
        n, width = FEATURES[re.split(r"[+:]", self.features[kind])[0]]
        return n * (1 + self.context), width

    def fitted(self) -> NetworkConfig:
        """The network for its features."""
        infos = {
            kind: EncoderInfo(
                name,
                kind,
                self.tokens(kind)[1],
                "noise",
                numbers="ids" if name.startswith("wordpieces") else "values",
            )
            for kind, name in self.features.items()
        }
        if refusal := self.model.refusal(infos):
            raise ValueError(refusal)
        objective = self.objective
        return self.model.fitted(infos, has_vad=objective.vad > 0, contrasts=objective.micl > 0)

    def work(self) -> tuple[object, ...]:
        """What decides on its cost: dropout and rates do not."""
        size = self.fitted().model_dump(exclude={"dropout", "vad_lambda", "vad_head"})
        return repr(size), tuple(self.tokens(kind) for kind in self.features)

    def batch(self, size: int, seed: int) -> Batch:
        """Noise."""
        words = self.features.get("text", "")
        return network_steps.noise(
            {kind: self.tokens(kind) for kind in self.features},
            size,
            N_CLASSES,
            pieces=int(SMALL_BERT["vocab_size"]) if words.startswith("wordpieces") else 0,
            seed=seed,
        )


_READ_BY: Mapping[str, dict[Kind, str]] = {
    "fusion": {"text": "bert:base", "audio": "emotion2vec:plus-large"},
    "vggish": {"audio": "logmel-vggish"},
    "early-fusion": {"text": "bert:base", "audio": "logmel"},
    "patch-cross": {"text": "bert:base", "audio": "logmel"},
    "vggish-bert": {"text": "bert:base", "audio": "logmel-vggish"},
    "trimodal": {"text": "bert-cls:base", "audio": "meld_voice", "visual": "meld_faces"},
    "text-mlp": {"text": "bert-cls:base"},
    "bert": {"text": "wordpieces:small"},
}


def rows() -> list[Row]:
    """Families at their defaults, then experiments whose networks are of another size."""
    made = []
    for family in FAMILIES:
        given: dict[str, Any] = {"family": family}
        if family == "bert":
            given["language"] = {"architecture": dict(SMALL_BERT)}
        features = _READ_BY.get(family, {"audio": "logmel"})
        made.append(Row(family, network_config(given), features))
    known = {row.work() for row in made}
    for path in sorted(CONFIGS.glob("*.yaml")):
        config = read_config(path)
        data = config.data
        model = _sized(config.model, data.features_named)
        row = Row(path.stem, model, data.features_named, config.objective, data.context)
        if row.work() not in known:
            known.add(row.work())
            made.append(row)
    return made


def _sized(model: NetworkConfig, features: Mapping[Kind, str]) -> NetworkConfig:
    """The same without weights that were learnt elsewhere: they need not be here."""
    changes: dict[str, Any] = {}
    language, audio = getattr(model, "language", None), getattr(model, "audio", None)
    if language is not None and features.get("text", "").startswith("wordpieces"):
        changes["language"] = language.model_copy(update={"architecture": dict(BERT_BASE)})
    if audio is not None and getattr(audio, "weights", None):
        changes["audio"] = audio.model_copy(update={"weights": ""})
    if getattr(model, "weights", None):
        changes["weights"] = ""
    return model.model_copy(update=changes)


def main() -> None:
    """Measure one network, or all in processes of their own."""
    parser = network_steps.parser(__doc__, steps=5)
    parser.add_argument("--against", default="resnet18", help="what ratios are to")
    parser.add_argument("--only", help="rows, comma-separated")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = network_steps.parsed(parser)
    found = {row.name: row for row in rows()}
    if args.one:
        network_steps.tell(_measured(found[args.one], args))
        return
    wanted = args.only.split(",") if args.only else list(found)
    if unknown := [name for name in (*wanted, args.against) if name not in found]:
        parser.error(f"no row {unknown[0]}; there are {', '.join(found)}")
    options = network_steps.passed_on(args)
    steps = {
        name: network_steps.apart(__file__, *options, f"--one={name}")
        for name in found
        if name in wanted or name == args.against
    }
    print(f"{network_steps.described(args)}; clips of {SECONDS} s\n")
    network_steps.print_table(steps, against=args.against)


def _measured(row: Row, args: argparse.Namespace) -> Steps:
    config = row.fitted()
    return network_steps.measured(
        lambda: build(config, N_CLASSES),
        row.objective,
        [row.batch(args.batch, seed) for seed in range(_N_BATCHES)],
        args,
    )


if __name__ == "__main__":
    main()
