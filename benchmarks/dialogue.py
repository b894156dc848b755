"""What lines of dialogue tell: with the lines before, of what is felt, and of its sign.

    python benchmarks/dialogue.py --data FOLDER [--weights FOLDER] [--json]

MELD is read for all three, never trained on; GoEmotions and XED for comparison.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lines_before
import shown_in_words
import valence_of_lines

from sentigram.emotion.encoders.compact.text import MiniLmEncoder, load_heads
from sentigram.emotion.join import evidence, log_normalize
from sentigram.training.shipped.text.data import Corpora, read_corpora, single_label
from sentigram.training.shipped.text.evaluate import N_DRAWS, sentence_vectors

_XED_STEP = 10  # every tenth line of XED is enough for comparison


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="one folder per corpus")
    parser.add_argument("--weights", type=Path, help="those that `train bundled` made")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    found = study(read_corpora(asked.data), folder=asked.weights)
    print(json.dumps(found, indent=1) if asked.json else as_text(found))


def study(
    corpora: Corpora, *, folder: Path | None = None, n_draws: int = N_DRAWS
) -> dict[str, Any]:
    """What lines of dialogue tell: with the lines before, of what is felt, and of its sign.

    Args:
        corpora: MELD for all three; GoEmotions and XED for comparison.
        folder: Of the weights; the package's own by default.
        n_draws: Of the bootstrap.

    Returns:
        A JSON value with what `lines_before`, `shown_in_words` and `valence_of_lines` measure.
    """
    encoder, heads = MiniLmEncoder(folder), load_heads(folder)
    spoken = {split: single_label(corpora.meld, split) for split in ("train", "dev")}
    films = [i for i in corpora.xed if len(i.labels) == 1 and i.text.split()][::_XED_STEP]
    sets = {f"MELD {split}": lines for split, lines in spoken.items()} | {
        "GoEmotions test": single_label(corpora.goemotions, "test"),
        "XED (trained on)": single_label(films, ""),
    }
    shown, felt = {}, {}
    for name, (items, truth) in sets.items():
        vectors = sentence_vectors(encoder, [item.text for item in items])
        log_probs = log_normalize(heads.logits(vectors).astype(float))
        found = evidence(log_probs, heads.log_prior.astype(float))
        clusters = [item.dialogue or item.id for item in items]
        shown[name] = shown_in_words.measure(found, truth, clusters, n_draws=n_draws)
        felt[name] = valence_of_lines.ValenceReadings(
            heads.vad(vectors)[:, 0].astype(float), truth, clusters
        )
    return {
        "context": lines_before.measure(corpora.meld, encoder, heads, n_draws=n_draws),
        "shares": shown,
        "valence": valence_of_lines.measure(felt["MELD train"], felt["MELD dev"], n_draws=n_draws),
    }


def as_text(found: Mapping[str, Any]) -> str:
    """For people."""
    return "\n\n".join(
        (
            lines_before.as_text(found["context"]),
            shown_in_words.as_text(found["shares"]),
            valence_of_lines.as_text(found["valence"]),
        )
    )


if __name__ == "__main__":
    main()
