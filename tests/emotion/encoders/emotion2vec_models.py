"""emotion2vec networks with random weights, in the format that the store keeps."""

from __future__ import annotations

from pathlib import Path

import torch
import yaml
from safetensors.torch import save_file

from sentigram.emotion.encoders.emotion2vec.network import build
from sentigram.emotion.encoders.emotion2vec.shape import AudioShape, NetworkShape

LABELS = ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "<unk>")
TINY = NetworkShape(
    embed_dim=32,
    depth=2,
    num_heads=4,
    audio=AudioShape(prenet_depth=1, num_alibi_heads=4, conv_pos_width=19, num_extra_tokens=3),
    labels=LABELS,
)
BASE = NetworkShape(labels=LABELS)
LARGE = NetworkShape(
    embed_dim=1024,
    depth=16,
    num_heads=16,
    audio=AudioShape(prenet_depth=8, num_alibi_heads=16),
    labels=LABELS,
)


def random_network(shape: NetworkShape, seed: int = 0):
    """Norms and biases are random as well: their initial ones and zeros would hide faults."""
    before = torch.get_rng_state()
    torch.manual_seed(seed)
    network = build(shape)
    with torch.no_grad():
        for value in network.parameters():
            if value.dim() == 1:
                value.add_(0.1 * torch.randn_like(value))
        scale = network.modality_encoders["AUDIO"].alibi_scale
        scale.copy_(0.5 + torch.rand_like(scale))
        network.modality_encoders["AUDIO"].extra_tokens.normal_()
    torch.set_rng_state(before)
    return network


def save(folder: Path, shape: NetworkShape = TINY, *, prefix: str = "d2v_model.") -> Path:
    """Write a model folder like one that was brought from the hub and converted."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, value in random_network(shape).state_dict().items():
        own = name if name.startswith("proj.") else f"{prefix}{name}"
        tensors[own] = value.contiguous()
    save_file(tensors, folder / "model.safetensors")
    config = {
        "model": "Emotion2vec",
        "model_conf": {
            **shape.model_dump(exclude={"audio", "labels"}),
            "modalities": {
                "audio": {
                    **shape.audio.model_dump(),
                    "extractor_mode": "layer_norm",
                    "feature_encoder_spec": (
                        "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]"
                    ),
                }
            },
        },
        "scope_map": ["d2v_model.", "none"],
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    lines = [f"名/{name}" if name[0] != "<" else name for name in shape.labels]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
