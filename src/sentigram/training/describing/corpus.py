"""What is in a manifest: counts, hours, languages and duplicates."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sentigram.core.language import detect
from sentigram.training.dataset.fingerprint import near_duplicates, text_key
from sentigram.training.dataset.manifest import Example, Manifest

WIDTH = 80  # columns of a terminal
_MS_PER_HOUR = 3_600_000
_MOST_SPEAKERS = 20
_MOST_PAIRED = 20_000  # clips that are compared with each other: pairs grow with the square
_NONE = "(none)"
_BAR = 20


@dataclass(frozen=True, slots=True)
class Share:
    """Examples of one kind.

    Attributes:
        name: Such as a class, or "(none)".
        n: How many examples.
        hours: Of their clips.
    """

    name: str
    n: int
    hours: float


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What is there more than once.

    Attributes:
        sounds: Examples whose samples are those of an earlier one.
        near_sounds: Pairs of clips that are nearly the same recording, identical ones left out;
            None where there are too many clips to compare.
        texts: Examples whose words are those of an earlier one; in acted corpora all speak the
            same sentences.
        copies: Examples that say that they were made from another.
    """

    sounds: int
    near_sounds: int | None
    texts: int
    copies: int


@dataclass(frozen=True, slots=True)
class CorpusFacts:
    """What is known of a corpus.

    Attributes:
        corpus: Its name.
        licence: What it allows.
        sha256: Of the manifest.
        n: Examples.
        hours: Of all clips.
        n_clips: Examples with sound.
        n_texts: Examples with words.
        n_vad: Examples with valence, arousal and dominance.
        n_speakers: Known ones.
        n_dialogues: Known ones.
        median_s: Length of the middle clip in seconds; 0 without clips.
        longest_s: Of the longest.
        labels: By label; an example with several counts for each.
        splits: By the corpus's own split.
        styles: Scripted, improvised or neither.
        speakers: By speaker, those with most examples first.
        languages: Codes of the texts taken together, by split of their words; nothing where no
            language is recognized.
        duplicates: What is there more than once.
    """

    corpus: str
    licence: str
    sha256: str
    n: int
    hours: float
    n_clips: int
    n_texts: int
    n_vad: int
    n_speakers: int
    n_dialogues: int
    median_s: float
    longest_s: float
    labels: tuple[Share, ...]
    splits: tuple[Share, ...]
    styles: tuple[Share, ...]
    speakers: tuple[Share, ...]
    languages: tuple[Share, ...]
    duplicates: Duplicates


def describe(manifest: Manifest) -> CorpusFacts:
    """Count what is in a manifest."""
    examples = manifest.examples
    lengths = sorted(e.duration_ms for e in examples if e.audio)
    return CorpusFacts(
        corpus=manifest.corpus,
        licence=manifest.licence,
        sha256=manifest.sha256,
        n=len(examples),
        hours=sum(lengths) / _MS_PER_HOUR,
        n_clips=len(lengths),
        n_texts=sum(bool(e.text.strip()) for e in examples),
        n_vad=sum(e.vad is not None for e in examples),
        n_speakers=len({e.speaker for e in examples} - {""}),
        n_dialogues=len({e.dialogue for e in examples} - {""}),
        median_s=lengths[len(lengths) // 2] / 1000 if lengths else 0.0,
        longest_s=lengths[-1] / 1000 if lengths else 0.0,
        labels=_shares((label, e) for e in examples for label in e.labels or ("",)),
        splits=_shares((e.split, e) for e in examples),
        styles=_shares((e.style, e) for e in examples),
        speakers=_shares((e.speaker, e) for e in examples),
        languages=_languages(examples),
        duplicates=_duplicates(examples),
    )


def as_json(facts: Sequence[CorpusFacts]) -> str:
    """Of one corpus an object, of several a list."""
    rows = [asdict(one) for one in facts]
    return json.dumps(rows[0] if len(rows) == 1 else rows, indent=1, ensure_ascii=False)


def as_text(facts: CorpusFacts) -> str:
    """For a terminal of WIDTH columns."""
    sound = (
        f"{facts.hours:.2f} h of sound in {facts.n_clips:,} clips" if facts.n_clips else "no sound"
    )
    lines = [
        f"{facts.corpus}: {facts.n:,} examples, {sound}",
        f"  {facts.n_texts:,} with words, {facts.n_vad:,} with VAD",
        f"  {facts.n_speakers:,} speakers, {facts.n_dialogues:,} dialogues",
    ]
    if facts.n_clips:
        lines.append(f"  median clip {facts.median_s:.1f} s, longest {facts.longest_s:.1f} s")
    if facts.languages:
        found = ", ".join(f"{one.name} ({one.n:,})" for one in facts.languages)
        lines.append(f"  language of the words: {found}")
    lines += [f"  licence: {facts.licence or 'not known'}", f"  sha256 {facts.sha256}"]
    lines += _told(facts.duplicates)
    for title, shares in (
        ("label", facts.labels),
        ("split", facts.splits),
        ("style", facts.styles),
        ("speaker", facts.speakers),
    ):
        if title == "label" or any(one.name != _NONE for one in shares):
            lines += ["", *_table(title, shares, facts.n)]
    return "\n".join(part for line in lines for part in _wrapped(line)) + "\n"


def _told(found: Duplicates) -> list[str]:
    near = "too many clips to compare" if found.near_sounds is None else f"{found.near_sounds:,}"
    return [
        f"  twice: {found.sounds:,} clips with the samples of another; nearly alike: {near}",
        f"         {found.texts:,} with the words of another; {found.copies:,} made from another",
    ]


def _table(title: str, shares: Sequence[Share], total: int) -> list[str]:
    shown = shares[:_MOST_SPEAKERS] if title == "speaker" else shares
    names = [_shortened(one.name, 30) for one in shown]
    width = max(len(name) for name in (title, *names))
    most = max(one.n for one in shown)
    lines = [f"  {title:<{width}} {'examples':>9} {'share':>6} {'hours':>7}"]
    for name, one in zip(names, shown, strict=True):
        bar = "█" * max(1, round(_BAR * one.n / most))
        lines.append(f"  {name:<{width}} {one.n:>9,} {one.n / total:>6.1%} {one.hours:>7.2f} {bar}")
    if len(shares) > len(shown):
        lines.append(f"  … and {len(shares) - len(shown):,} more")
    return lines


def _wrapped(line: str) -> list[str]:
    """A line in pieces that fit; tables fit already."""
    import textwrap

    if len(line) <= WIDTH:
        return [line]
    return textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=True)


def _shortened(name: str, most: int) -> str:
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _shares(pairs: Iterable[tuple[str, Example]]) -> tuple[Share, ...]:
    """Counts and hours by name, most examples first."""
    counts: Counter[str] = Counter()
    lengths: defaultdict[str, int] = defaultdict(int)
    for name, example in pairs:
        counts[name or _NONE] += 1
        lengths[name or _NONE] += example.duration_ms
    order = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(Share(name, counts[name], lengths[name] / _MS_PER_HOUR) for name in order)


def _languages(examples: Sequence[Example]) -> tuple[Share, ...]:
    """Languages by dialogue, or by speaker, or of all words: one sentence is too short to tell."""
    texts: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if example.text.strip():
            texts[example.dialogue or example.speaker].append(example)
    found = []
    for own in texts.values():
        code = detect(" ".join(dict.fromkeys(example.text for example in own)))
        if code:
            found += [(code, example) for example in own]
    return _shares(found)


def _duplicates(examples: Sequence[Example]) -> Duplicates:
    ids = {e.id for e in examples}
    sounds = Counter(e.audio_sha256 for e in examples if e.audio_sha256)
    texts = Counter(key for e in examples if (key := text_key(e.text)))
    firsts = {e.audio_sha256: e for e in examples if e.audio_sha256 and e.fingerprint}
    near = (
        None
        if len(firsts) > _MOST_PAIRED
        else len(near_duplicates([e.fingerprint for e in firsts.values()]))
    )
    return Duplicates(
        sounds=sum(n - 1 for n in sounds.values()),
        near_sounds=near,
        texts=sum(n - 1 for n in texts.values()),
        copies=sum(e.origin in ids for e in examples),
    )
