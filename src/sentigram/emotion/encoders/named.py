"""Encoders by the names that training knows their tokens by, for use at work."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from sentigram.emotion.encoders.text_form import LONGEST, FormedText, split_name
from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.emotion.encoders.compute import Compute
    from sentigram.emotion.encoders.tokens import AudioTokens, Kind, TextTokens

_BUNDLED: Mapping[str, tuple[Kind, str]] = MappingProxyType(
    {
        "minilm": ("text", "sentigram.emotion.encoders.compact.text:MiniLmEncoder"),
        "compact-frames": (
            "audio",
            "sentigram.emotion.encoders.compact.frame_tokens:CompactTokens",
        ),
        "logmel": ("audio", "sentigram.emotion.encoders.logmel:LogMelTokens"),
        "logmel-vggish": ("audio", "sentigram.emotion.encoders.logmel:VggishMelTokens"),
    }
)
FAMILIES: Mapping[str, tuple[Kind, str]] = MappingProxyType(
    {
        "bert": (
            "text",
            "sentigram.emotion.encoders.transformers.word_vectors:TransformerTextEncoder",
        ),
        "bert-cls": (
            "text",
            "sentigram.emotion.encoders.transformers.word_pieces:ClassVectors",
        ),
        "bert-pieces": (
            "text",
            "sentigram.emotion.encoders.transformers.word_pieces:PieceVectors",
        ),
        "wordpieces": (
            "text",
            "sentigram.emotion.encoders.transformers.word_pieces:WordPieces",
        ),
        "wav2vec": (
            "audio",
            "sentigram.emotion.encoders.transformers.speech:TransformerAudioEncoder",
        ),
        "emotion2vec": (
            "audio",
            "sentigram.emotion.encoders.emotion2vec.encoder:Emotion2vecEncoder",
        ),
        "emotion2vec-pooled": ("audio", "sentigram.emotion.encoders.pooled:PooledVoice"),
    }
)
"""What comes before the colon in `bert:NAME-OR-PATH` → what it reads, and its encoder."""
WHOLE_TEXTS = ("bert-cls", "bert-pieces", "wordpieces")
"""Families whose tokens are of a text as a whole, and of its beginning where it is long."""

_OF_CLIPS = frozenset({"compact", "prosody-25", "spectrum-25", "faces", "faces-frames"})
_FAMILIES_OF_CLIPS = ("whisper-mean:",)


def family(name: str) -> tuple[str, str] | None:
    """The family and the model of a name such as `bert:bert-base-uncased`, None for others.

    What a name says of texts, such as `+clean`, is left out.
    """
    head, _, model = name.partition(":")
    prefix, *_ = head.split("+")
    return (prefix, model) if prefix in FAMILIES and model else None


def kind_of(name: str) -> Kind:
    """What the encoder of this name reads.

    Args:
        name: An `EncoderInfo.name`.

    Raises:
        UsageError: Nothing of this name can be made of the words or the sound of a recording.
    """
    head, colon, _ = name.partition(":")
    plain, *options = head.split("+")
    found = family(name)
    known = FAMILIES[found[0]] if found else None if colon else _BUNDLED.get(plain)
    if known is not None:
        if options and known[0] != "text":
            message = f"features {name!r}: +{options[0]} is for features of text"
            raise UsageError(message)
        return known[0]
    families = (f"{prefix}:MODEL" for prefix in FAMILIES)
    why = "were made elsewhere, and nothing here makes them of a recording"
    if _describes_clips(name):
        why = "describe whole clips, not moments of a recording"
    message = (
        f"features {name!r} {why}; train a checkpoint on one of: "
        f"{', '.join((*_BUNDLED, *families))}"
    )
    raise UsageError(message)


def _describes_clips(name: str) -> bool:
    """Whether features, or a part of joined ones, are of whole clips."""
    return any(part in _OF_CLIPS or part.startswith(_FAMILIES_OF_CLIPS) for part in name.split("+"))


def token_encoder(name: str, compute: Compute) -> TextTokens | AudioTokens:
    """The encoder whose tokens training knows by this name.

    Args:
        name: An `EncoderInfo.name`: minilm, compact-frames, or a family and a model, such as
            `bert:bert-base-uncased`.
        compute: Where it runs and in which numbers; the bundled ones run on the CPU as they are.

    Raises:
        UsageError: There is no such encoder, or it describes no moments of a recording.
        MissingError: Its model is not on this machine.
    """
    if kind_of(name) == "audio":
        return cast("AudioTokens", _made(name, compute))
    plain, form = split_name(name)
    found = family(plain)
    if found is not None and found[0] in WHOLE_TEXTS:
        prefix, model = found
        return cast("TextTokens", _load(FAMILIES[prefix][1])(model, compute=compute, form=form))
    if form.longest != LONGEST:
        message = f"features {name!r}: words of long texts are all read; leave out +longest"
        raise UsageError(message)
    made = cast("TextTokens", _made(plain, compute))
    return FormedText(made, form) if form.suffix else made


def _made(name: str, compute: Compute) -> Any:
    """The encoder of a name that says nothing of texts."""
    found = family(name)
    if found is None:
        return _load(_BUNDLED[name][1])(n_threads=0)
    prefix, model = found
    return _load(FAMILIES[prefix][1])(model, compute=compute)


def text_tokens(name: str, compute: Compute) -> TextTokens:
    """`token_encoder` for names of text encoders.

    Raises:
        UsageError: As there, or it reads sound.
    """
    _require(name, "text")
    return cast("TextTokens", token_encoder(name, compute))


def audio_tokens(name: str, compute: Compute) -> AudioTokens:
    """`token_encoder` for names of audio encoders.

    Raises:
        UsageError: As there, or it reads text.
    """
    _require(name, "audio")
    return cast("AudioTokens", token_encoder(name, compute))


def _require(name: str, kind: Kind) -> None:
    if kind_of(name) != kind:
        message = f"{name} encodes {kind_of(name)}, where an encoder of {kind} is needed"
        raise UsageError(message)


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)
