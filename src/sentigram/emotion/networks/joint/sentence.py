"""One vector of a sentence: that of its class token, or the mean of its words."""

from __future__ import annotations

from torch import Tensor

from sentigram.emotion.networks.inputs import Sequences


def sentence_vector(words: Sequences) -> Tensor:
    """The mean over what an example is about, (batch, width); zeros where it has no words.

    Features that hold one vector for each sentence, such as BERT's [CLS], come out as they are.
    """
    marked = words.marked & words.mask
    counted = marked | (words.mask & ~marked.any(dim=1, keepdim=True))
    weights = counted.unsqueeze(-1).to(words.values.dtype)
    clean = words.values.masked_fill(~words.mask.unsqueeze(-1), 0.0)
    return (clean * weights).sum(dim=1) / weights.sum(dim=1).clamp_min(1.0)
