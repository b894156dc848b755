"""A model of the BERT family within a network: word pieces in, the class token's vector out."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from sentigram.emotion.encoders.transformers import architecture as of_model
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.language.config import LanguageModelConfig
from sentigram.emotion.networks.pretrained import Pretrained
from sentigram.errors import UsageError

_BLOCK = re.compile(r"(?:^|\.)(?:layer|albert_layer_groups)\.(\d+)\.")


class LanguageModel(Pretrained):
    """The class token of texts in word pieces.

    Args:
        config: Which model; its architecture is known.

    Attributes:
        n_pieces: How many word pieces it knows; their numbers begin at 0.

    Raises:
        InputError: No model can be made of its architecture, or it cannot be checkpointed.
    """

    def __init__(self, config: LanguageModelConfig) -> None:
        super().__init__()
        self._config = config
        self.model = of_model.make_network(config.architecture)
        if config.checkpointing:
            of_model.keep_little(self.model)
        self._n_positions = of_model.positions(config.architecture)
        self.n_pieces = int(self.model.config.vocab_size)
        self._pad = int(self.model.config.pad_token_id or 0)
        found = [_BLOCK.search(name) for name, _ in self.model.named_parameters()]
        self._n_blocks = 1 + max((int(block[1]) for block in found if block), default=-1)

    def forward(self, given: Sequences) -> Sequences:
        """Read texts.

        Of utterances that were said before, pieces without a mark, as many are read as there is
        room for; what answers is the class token of the utterance that is marked.

        Args:
            given: Numbers of word pieces, (batch, n, 1); real ones come first in each row.

        Returns:
            One token for each text, (batch, 1, width), which is withheld where the text is.

        Raises:
            UsageError: A number is none of the model's pieces.
        """
        ids, read, place = self.pieces(given)
        is_there = given.mask.any(dim=1, keepdim=True)
        found = self.model(input_ids=ids, attention_mask=read.long()).last_hidden_state
        vectors = found[torch.arange(len(found), device=found.device), place]  # (batch, width)
        return Sequences((vectors * is_there).unsqueeze(1), is_there, is_there)

    def pieces(self, given: Sequences) -> tuple[Tensor, Tensor, Tensor]:
        """What the model is given of texts, and which of its vectors answers.

        Args:
            given: As `forward` takes it.

        Returns:
            Ids and whether each is read, (batch, n ≤ n_positions); the place of the class token
            of the utterance that is marked, (batch,).

        Raises:
            UsageError: A number is none of the model's pieces.
        """
        ids, mask, marked = self._in_reach(given)
        ids = ids.masked_fill(~mask, self._pad)
        # A graph for ONNX cannot ask: what runs it refuses a number that is too large.
        is_asked = not torch.compiler.is_exporting()
        if is_asked and (int(ids.max()) >= self.n_pieces or int(ids.min()) < 0):
            message = (
                f"word piece {int(ids.max())}: model.language has {self.n_pieces} pieces; give it "
                "the vocabulary of the features"
            )
            raise UsageError(message)
        is_there = mask.any(dim=1, keepdim=True)
        first = torch.arange(mask.shape[1], device=mask.device) == 0
        read = mask | (~is_there & first)  # a text that is withheld is one piece of padding
        return ids, read, marked.int().argmax(dim=1)  # the first that is marked

    def take_initial_weights(self) -> None:
        """Those of the model that it is fine-tuned from, where there is one.

        Raises:
            MissingError: It is not on this machine.
            InputError: It is damaged, or of another architecture.
        """
        if self._config.initial:
            of_model.take_weights(self.model, self._config.initial)

    def rate_share(self, name: str) -> float:
        """`rate · layer_decay^(blocks above it)`; the embeddings are below all blocks."""
        block = _BLOCK.search(name)
        below_top = self._n_blocks - (int(block[1]) + 1 if block else 0)
        return float(self._config.rate * self._config.layer_decay**below_top)

    def _in_reach(self, given: Sequences) -> tuple[Tensor, Tensor, Tensor]:
        """Ids, what is real and what is marked, (batch, n ≤ n_positions): the last of each row."""
        ids, mask = given.values[..., 0].round().long(), given.mask
        marked = given.marked & mask
        n, most = mask.shape[1], self._n_positions
        if n <= most:
            return ids, mask, marked
        start = (mask.sum(dim=1, keepdim=True) - most).clamp_min(0)
        at = start + torch.arange(most, device=mask.device)  # (batch, most)
        inside, at = at < n, at.clamp_max(n - 1)
        ids, mask, marked = (part.gather(1, at) for part in (ids, mask, marked))
        return ids, mask & inside, marked & inside
