"""Draws results of a Document: styled once, then each kind by its renderer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sentigram import registry
from sentigram.core.document import Document, dumps
from sentigram.core.excerpt import cut_document, sentence_bounds
from sentigram.core.media import MediaInfo, VideoOptions
from sentigram.core.protocols import Renderer, RenderJob, Reporter, no_media
from sentigram.core.seal import holds_corrections, resealed, sealed
from sentigram.core.style import StyledLook, StyledTrack
from sentigram.core.time import Span, format_tenths
from sentigram.files import whole_file
from sentigram.jobs.corrected import keep_changed
from sentigram.style.look import Look

if TYPE_CHECKING:
    from sentigram.style.theme.theme import Theme

_PLAIN, _VIDEO = Look(), VideoOptions()


def _nothing(_kind: str, _part: Path) -> None:
    """What is done before a result is placed where nobody keeps a record."""


def draw(
    document: Document,
    media: MediaInfo | None,
    paths: Mapping[str, Path],
    reporter: Reporter,
    *,
    look: Look = _PLAIN,
    video: VideoOptions = _VIDEO,
    preview: Span | None = None,
    replaces: Collection[str] = (),
    before_placed: Callable[[str, Path], None] = _nothing,
    renderers: Mapping[str, Renderer] | None = None,
) -> Document:
    """Write results of a Document, each whole or not at all.

    Args:
        document: The words and readings.
        media: The video or sound; None where only the Document is at hand.
        paths: Kind of result, a renderer's name or `json`, to path.
        reporter: Is told of stages and warnings.
        look: How it looks.
        video: How videos and clips are made.
        preview: Only this stretch, moved out to whole sentences; None for all.
        replaces: The kinds whose files may be replaced where they exist. A Document that a person
            changed is kept beside its successor.
        before_placed: Called with a kind, and the file that is about to become its result.
        renderers: By kind, where it is not the one that the kind has as a rule.

    Returns:
        What they show: the Document, or the sentences of the slice.

    Raises:
        InputError: Nothing is said in the slice.
        UsageError: A result needs the media file, which is not at hand, or a clip would be long.
        ThemeError: The theme cannot be used.
        OutputError: A result cannot be written.
    """
    renderers = {**renderers_of(paths), **(renderers or {})}
    needing = [kind for kind, renderer in renderers.items() if renderer.needs_media]
    if needing and media is None:
        raise no_media(document, *needing)
    for renderer in renderers.values():
        renderer.check(video, stretch=preview, duration_ms=document.media.duration_ms)
    whole = document
    if preview is not None:
        preview = _shown(whole, preview, renderers.values(), reporter)
        document = cut_document(whole, preview)
        document = sealed(document) if not holds_corrections(whole) else document
    # The Document comes first: after a kill, everything else can be made from it.
    if "json" in paths:
        text = dumps(resealed(document))
        with whole_file(paths["json"], overwrite="json" in replaces) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
            before_placed("json", part)
            if "json" in replaces:
                _keep(paths["json"], document, reporter)
    if not renderers:
        return document
    shows = {renderer.shows for renderer in renderers.values()}
    track, looks = _styled(whole, look, video, reporter, preview=preview, shows=shows)
    says_notes = track.noted is None or any(one.says_notes for one in renderers.values())
    if track.n_unsaid and says_notes:
        from sentigram.style.layout.notes import has_notes
        from sentigram.style.theme.advice import unsaid, unwritten

        is_english, n = has_notes(track.language), track.n_unsaid
        reporter.note(unsaid(n) if is_english else unwritten(n, track.language))
    job = RenderJob(document, track, looks, look.motion, media, preview, video, reporter)
    for kind, renderer in renderers.items():
        with (
            reporter.stage(kind) as progress,
            whole_file(paths[kind], overwrite=kind in replaces) as part,
        ):
            renderer.render(job, part, progress=progress)
            before_placed(kind, part)
    return document


def _keep(path: Path, new: Document, reporter: Reporter) -> None:
    kept = keep_changed(path, new)
    if kept is not None:
        reporter.note(f"{path.name} may hold corrections; it is kept as {kept.name}")


def check_drawable(
    kinds: Iterable[str],
    look: Look,
    video: VideoOptions,
    *,
    preview: Span | None,
    duration_ms: int | None = None,
) -> None:
    """Find out before the work whether results can be drawn.

    Args:
        kinds: Of results.
        look: How they look.
        video: How videos and clips are made.
        preview: The stretch that is asked for, None for all.
        duration_ms: Of the whole, None while it is not known.

    Raises:
        UsageError: No such culture, age or profile, or a kind cannot be made of this stretch.
        ThemeError: The theme cannot be used.
        MissingError: A tool that a kind needs is missing.
    """
    from sentigram.style.theme.theme import load

    theme = load(
        culture=look.culture,
        age=look.age,
        profiles=look.worn,
        style=look.style,
        file=look.theme,
    )
    if theme.needs_tags:
        from sentigram.words.spacy_tagger import SpacyTagger

        SpacyTagger.check()
    for renderer in renderers_of(kinds).values():
        renderer.check(video, stretch=preview, duration_ms=duration_ms)


def needs_media(kinds: Iterable[str]) -> bool:
    """Whether one of some kinds is made from the picture and sound."""
    return any(renderer.needs_media for renderer in renderers_of(kinds).values())


def renderers_of(kinds: Iterable[str]) -> dict[str, Renderer]:
    """A renderer for each kind but the Document, which needs none."""
    return {kind: registry.factory("renderer", kind)() for kind in kinds if kind != "json"}


def _shown(
    document: Document, asked: Span, renderers: Iterable[Renderer], reporter: Reporter
) -> Span:
    """The stretch that all results of a slice show, no longer than any of them may be."""
    limits = (renderer.longest_ms for renderer in renderers)
    longest_ms = min((limit_ms for limit_ms in limits if limit_ms is not None), default=None)
    shown = sentence_bounds(document, asked, longest_ms=longest_ms)
    if shown.start_ms < asked.start_ms or shown.end_ms > asked.end_ms:
        reporter.note(
            f"shows {format_tenths(shown.start_ms)}–{format_tenths(shown.end_ms)}, "
            "so that the preview begins and ends with sentences"
        )
    return shown


def _styled(
    whole: Document,
    look: Look,
    video: VideoOptions,
    reporter: Reporter,
    *,
    preview: Span | None,
    shows: Collection[str],
) -> tuple[StyledTrack, tuple[StyledLook, ...]]:
    """Style the Document for one look, and for all of them where a page needs them.

    A slice is taken out of the whole when that is styled, so that it looks as it does there.
    """
    from sentigram.style import styling
    from sentigram.style.text import fonts
    from sentigram.style.theme.theme import load

    media = whole.media
    shape = (media.width_px, media.height_px) if media.width_px else video.size
    automatic = styling.profiles_of(*shape)
    fonts.bring(())  # until the theme brings its own
    theme = load(
        culture=look.culture,
        age=look.age,
        profiles=look.worn,
        automatic=automatic,
        style=look.style,
        file=look.theme,
    )
    width_px, height_px = (0, 0) if media.width_px else video.size
    with reporter.stage("style"):
        tags = _tags(whole, theme)
        track = styling.style(
            whole,
            theme,
            width_px=width_px,
            height_px=height_px,
            motion=look.motion,
            capitals=look.capitals,
            active=look.active,
            emphasis_marks=look.emphasis_marks,
            sounds=look.sounds == "on",
            tags=tags,
        )
        n_untold = track.n_untold
        looks: tuple[StyledLook, ...] = ()
        if "all" in shows:
            looks = styling.looks(
                whole,
                file=look.theme,
                first=(look.culture, look.age),
                profiles=look.worn,
                automatic=automatic,
                style=look.style,
                alternatives=styling.NEEDS,
                tags=tags,
            )
        elif "own" in shows:
            looks = (styling.look(whole, theme, tags=tags),)
        if preview is not None:
            track, looks = _excerpt(whole, track, looks, preview)
    _tell_look(theme, whole, track, n_untold, tags, reporter)
    return track, looks


def _tell_look(
    theme: Theme,
    whole: Document,
    track: StyledTrack,
    n_untold: int,
    tags: Sequence[str],
    reporter: Reporter,
) -> None:
    """Say what of a look is not drawn, or had better be otherwise."""
    from sentigram.style.text import fonts
    from sentigram.style.theme.advice import (
        no_glyph,
        undrawn,
        unmeasured,
        unnamed,
        unplaced,
        unselected,
        warnings_of,
    )

    if theme.is_plain:
        reporter.note(undrawn(theme.plain_by))
    elif unknown := unmeasured(theme, whole):
        reporter.warn(unknown)
    for warning in warnings_of(theme, whole.track.labels.names):
        reporter.warn(warning)
    is_upright = track.canvas.height_px > track.canvas.width_px
    if middle := unplaced(theme, whole, is_upright=is_upright):
        reporter.note(middle)
    for note in unselected(theme, whole, tags):
        reporter.note(note)
    if track.n_unnamed:
        reporter.note(unnamed(track.n_unnamed))
    if n_untold:
        reporter.note(
            f"captions of sounds that are left out: {n_untold}, for there would be more than "
            f"{theme.caption.sounds} in a minute; the Document has all of them"
        )
    lacking = fonts.uncovered(track)
    if lacking:
        reporter.warn(no_glyph(lacking))


def _tags(document: Document, theme: Theme) -> tuple[str, ...]:
    """The part of speech of each word where the theme needs them, else none."""
    if not theme.needs_tags:
        return ()
    from sentigram.words.spacy_tagger import SpacyTagger

    return SpacyTagger(document.transcript.language).tag(document.transcript.utterances)


def _excerpt(
    whole: Document, track: StyledTrack, looks: Sequence[StyledLook], span: Span
) -> tuple[StyledTrack, tuple[StyledLook, ...]]:
    """What `cut_document` keeps, as it was styled."""
    from sentigram.style.layout.excerpt import cut_looks, cut_track

    places = [i for i, word in enumerate(whole.transcript.words()) if word.span.overlap_ms(span)]
    words = range(places[0], places[-1] + 1)
    return cut_track(track, words, span), cut_looks(looks, words)
