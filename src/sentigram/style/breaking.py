"""Where lines and cues may break: how much each place between two words costs.

The rules are those of the Netflix and BBC subtitle guides: break after punctuation, before a
conjunction or a preposition, never between article and noun, auxiliary and verb, or two names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

SENTENCE, CLAUSE, PHRASE, PLAIN, BOUND = 0.0, 0.1, 0.3, 0.6, 4.0

_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
_CLAUSE_END = (",", ";", ":", "—", "–", "、", "，", "；", "：", "،")  # noqa: RUF001
_CLOSING = "\"'”’»)]』」）】"
_NO_START = frozenset("、。，．！？：；」』）】》〉…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}%")
_NO_END = frozenset("「『（【《〈([{$£€¥#¿¡")

# Words that bind to the next one, and words that a line may well begin with.
_BINDING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "en": frozenset(
            "a an the this that these those my your his her its our their no every each some any "
            "i you he she it we they i'm you're he's she's it's we're they're i'll you'll we'll "
            "am is are was were be been being have has had do does did will would shall should can "
            "could may might must don't doesn't didn't can't won't not to of in on at by for with "
            "from into onto and or but if because mr mr. mrs mrs. ms ms. dr dr. st st. very so"
            "".split()
        ),
        "de": frozenset(
            "der die das den dem des ein eine einen einem einer eines kein keine keinen mein meine "
            "dein deine sein seine ihr ihre unser unsere ich du er sie es wir ist sind war waren "
            "hat haben hatte wird werden zu in im an am auf aus bei mit nach von vom vor für und "
            "oder aber dass weil wenn nicht sehr herr frau dr.".split()
        ),
        "fr": frozenset(
            "le la les un une des du de d' l' au aux ce cet cette ces mon ma mes ton ta tes son sa "
            "ses notre nos votre vos leur leurs je tu il elle on nous vous ils elles est sont a ont "
            "à en dans par pour sur avec sans et ou mais que qui ne pas très m. mme".split()
        ),
        "es": frozenset(
            "el la los las un una unos unas mi mis tu tus su sus nuestro nuestra este esta estos "
            "estas ese esa yo tú él ella es son está están ha han he a al de del en con por para "
            "sin sobre y e o u pero que no muy sr. sra.".split()
        ),
    }
)
_OPENING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "en": frozenset(
            "and but or nor so yet because although though if unless when whenever while where "
            "which who that than as after before since until in on at by for with from into onto "
            "about over under through between during without to of".split()
        ),
        "de": frozenset(
            "und aber oder denn sondern weil dass wenn als ob obwohl während damit bevor nachdem "
            "in im an am auf aus bei mit nach von vor für über unter zwischen durch ohne um".split()
        ),
        "fr": frozenset(
            "et mais ou donc car que qui quand si parce comme lorsque dans en par pour sur avec "
            "sans sous entre vers chez".split()
        ),
        "es": frozenset(
            "y e o u pero porque que quien cuando si como donde aunque mientras en con por para "
            "sin sobre entre desde hasta".split()
        ),
    }
)


@cache
def break_cost(before: str, after: str, language: str = "", *, joined: bool = False) -> float:
    """What it costs to break between two words: SENTENCE is best, BOUND all but forbidden.

    Args:
        before: The word that would end a line, with its punctuation.
        after: The word that would begin the next.
        language: ISO 639-1; English rules where it is "".
        joined: No space between them.
    """
    if after[0] in _NO_START or before[-1] in _NO_END:
        return BOUND
    bare = before.rstrip(_CLOSING)
    word = before.casefold()
    language = language or "en"
    binding = _BINDING.get(language, frozenset())
    if bare.endswith(_SENTENCE_END) and word not in binding:
        return SENTENCE
    if bare.endswith(_CLAUSE_END):
        return CLAUSE
    if joined:
        return PLAIN
    if word in binding:
        return BOUND
    if before[0].isupper() and after[0].isupper() and before[1:] == before[1:].lower():
        return BOUND / 2  # first and last name, mostly
    if after.casefold() in _OPENING.get(language, frozenset()):
        return PHRASE
    return PLAIN


def is_sentence_end(word: str) -> bool:
    """Whether a word closes a sentence."""
    return word.rstrip(_CLOSING).endswith(_SENTENCE_END)
