"""Checks a file: reads it, finds the numbers that it has to keep to, and asks every rule."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from sentigram import formats
from sentigram.check.measures import contrast, usual_em_px
from sentigram.check.rules import (
    dialogue,
    durations,
    looks,
    motion,
    picture,
    sounds,
    vtt_place,
    wording,
)
from sentigram.check.rules.catalogue import CheckFinding, Context, chosen, rules
from sentigram.check.standard import Limits, LookRules
from sentigram.core.document import is_document, read_document
from sentigram.core.language import detect
from sentigram.core.text import is_visible
from sentigram.core.time import MS_PER_SECOND
from sentigram.errors import TranscriptError
from sentigram.files import work_folder
from sentigram.formats.marks import looks_of
from sentigram.formats.track import Caption, Lines, SubtitleTrack
from sentigram.media.probe import find_media
from sentigram.style.colour.contrast import MINIMUM_RATIO
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.styling import canvas_for, profiles_of
from sentigram.style.theme.layers import UPRIGHT, stated_looks
from sentigram.style.theme.theme import Theme, load

# Where nobody says how many frames a second there are, a gap must fit some usual rate.
_SLOWEST_FPS, _FASTEST_FPS = Fraction(24_000, 1001), Fraction(60)
_LARGE_RATIO = 3.0  # WCAG 2.2, 1.4.3, large text
_SHOT_RULES = frozenset({"shot-start", "shot-end", "gap-close"})
_FORMATS = "SRT, WebVTT, ASS, SSA, TTML, MicroDVD, MPL2, SAMI, TMP"
_NAMED = re.compile(r"\.([a-z]{2})(?:[-_][A-Za-z]{2,8})?$")
_FAMILIES = (wording, sounds, dialogue, durations, picture, vtt_place, motion, looks)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What files are checked against.

    Attributes:
        profiles: Theme layers such as netflix or bbc.
        culture: Theme that Documents are laid out in.
        age: Readers: child, teen, adult or senior.
        language: ISO 639-1, "" to take the file's own or to find out.
        fps: Frames a second, 0 when unknown.
        size: Of the picture, (0, 0) when unknown.
        shots_ms: Where shots begin.
        wanted: Ids of the rules that count.
        automatic: Theme layers under those, as the picture's shape asks for.
    """

    profiles: tuple[str, ...] = ()
    culture: str = "western"
    age: str = "adult"
    language: str = ""
    fps: Fraction = Fraction(0)
    size: tuple[int, int] = (0, 0)
    shots_ms: tuple[int, ...] = ()
    wanted: frozenset[str] = field(default_factory=chosen)
    automatic: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one file.

    Attributes:
        name: Of the file.
        findings: In order of time.
        n_cues: How many cues were checked.
        language: That they were checked in, "" when unknown.
        limits: Numbers that they were checked against.
        track: The file.
        remarks: What was mended, guessed or left out while it was read, a line each.
    """

    name: str
    findings: tuple[CheckFinding, ...]
    n_cues: int
    language: str
    limits: Limits
    track: SubtitleTrack
    remarks: tuple[str, ...] = ()

    @property
    def n_violations(self) -> int:
        """Findings that are not mere advice."""
        return sum(finding.severity == "violation" for finding in self.findings)

    def counts(self) -> dict[str, int]:
        """How often each rule is broken, the commonest first."""
        return dict(Counter(finding.rule for finding in self.findings).most_common())


def check_file(path: Path, options: CheckOptions) -> Report:
    """Check a subtitle file, or a Document as its renders would be.

    Raises:
        InputError: The file cannot be read.
        UsageError: No such age or profile.
    """
    if is_document(path):
        track, options = _of_document(path, options)
    else:
        track = read_track(path, options)
    return check_track(track, options)


def read_track(path: Path, options: CheckOptions) -> SubtitleTrack:
    """Read a subtitle file; its name may tell its language: `talk.ja.srt`.

    Raises:
        TranscriptError: It cannot be read, or holds no captions.
    """
    track = _to_check(formats.read(path, fps=options.fps, language=options.language))
    named = _NAMED.search(path.stem)
    return track if track.language or not named else replace(track, language=named[1])


def _to_check(track: SubtitleTrack) -> SubtitleTrack:
    """A track of subtitles, each caption with the copy of it that is read best.

    Raises:
        TranscriptError: It is a mere transcript.
    """
    if not track.captions:
        message = (
            f"{track.name}: cannot be checked; give subtitles ({_FORMATS}) "
            "or a Sentigram Document (.sentigram.json)"
        )
        raise TranscriptError(message)
    usual_px = usual_em_px(track)

    def least(lines: Lines) -> float:
        ratios = [
            contrast(run.look, usual_px) for line in lines for run in line if is_visible(run.text)
        ]
        return min((value for value in ratios if value is not None), default=0.0)

    def best(caption: Caption) -> Caption:
        if not caption.copies:
            return caption
        lines = [caption.lines, *(copy.lines for copy in caption.copies)]
        return replace(caption, lines=max(lines, key=least))

    return replace(track, captions=tuple(map(best, track.captions)))


def spoken_language(track: SubtitleTrack) -> str:
    """The language that a file names, or that its text is in; "" where neither tells."""
    text = "\n".join(text for caption in track.captions for text in caption.texts)
    return track.language or detect(text)


def check_text(text: str, suffix: str, name: str, options: CheckOptions) -> Report:
    """Check a subtitle file that is at hand as text."""
    return check_track(_to_check(formats.read_text(text, suffix, name, fps=options.fps)), options)


def check_track(track: SubtitleTrack, options: CheckOptions) -> Report:
    """Check what was read, by its own look where it says one and nobody asks for a profile."""
    asked, options = options, as_stated(track, options)
    own = () if asked.profiles else (*options.automatic, *options.profiles)
    remarks = (f"checked by the numbers of its own look, {', '.join(own)}",) if own else ()
    language = options.language or spoken_language(track)
    limits = limits_for(track, options, language)
    context = Context(track, limits, language, rules(), options.wanted)
    found = [
        finding
        for family in _FAMILIES
        for finding in family.check(context)
        if finding.rule in options.wanted
    ]
    order = {name: at for at, name in enumerate(rules())}
    found.sort(key=lambda one: (one.start_ms, one.cue, order[one.rule]))
    return Report(
        track.name,
        tuple(found),
        len(track.captions),
        language,
        limits,
        track,
        (*track.remarks, *remarks),
    )


def as_stated(track: SubtitleTrack, options: CheckOptions) -> CheckOptions:
    """The options for a file: the looks that it says it was made in, where nobody asks for others.

    A guideline that is asked for is kept to by every look, or is not.
    """
    if options.profiles:
        return options
    looks = stated_looks(looks_of(track.text, f".{track.kind}"))
    n_automatic = int(looks[:1] == (UPRIGHT,))  # one that was asked for is told after presets
    return replace(options, automatic=looks[:n_automatic], profiles=looks[n_automatic:])


def theme_for(options: CheckOptions, size: tuple[int, int]) -> Theme:
    """The theme whose numbers count; those of the picture's shape come first.

    Raises:
        UsageError: No such age or profile.
    """
    return load(
        culture=options.culture,
        age=options.age,
        profiles=options.profiles,
        automatic=tuple(dict.fromkeys((*profiles_of(*size), *options.automatic))),
    )


def limits_for(track: SubtitleTrack, options: CheckOptions, language: str) -> Limits:
    """Put the numbers for a file together; an upright picture is known from the file too.

    Raises:
        UsageError: No such age or profile.
    """
    size, fps = options.size, options.fps
    if not all(size) and track.height_px > track.width_px > 0:
        size = track.width_px, track.height_px
    theme = theme_for(options, size)
    canvas = replace(canvas_for(*size), safe=theme.caption.safe, bottom=theme.caption.bottom)
    frames = theme.caption.gap_frames
    is_strict = theme.contrast > MINIMUM_RATIO
    return Limits(
        rules=LayoutRules.of(theme.caption, canvas, language=language, fps=fps),
        canvas=canvas,
        contrast=theme.contrast,
        large_contrast=theme.contrast if is_strict else min(theme.contrast, _LARGE_RATIO),
        min_run_ms=theme.min_run_ms,
        size=theme.caption.size,
        least_gap_ms=frames * MS_PER_SECOND / float(fps or _FASTEST_FPS),
        open_gap_ms=(frames + 1) * MS_PER_SECOND / float(fps or _SLOWEST_FPS),
        frame_ms=MS_PER_SECOND / float(fps or _SLOWEST_FPS),
        is_fps_known=bool(fps),
        shots_ms=tuple(sorted(options.shots_ms)),
        is_canvas_known=all(options.size),
        caption=theme.caption,
        look=LookRules.of(theme),
    )


def _of_document(path: Path, options: CheckOptions) -> tuple[SubtitleTrack, CheckOptions]:
    """A Document laid out under the options, and the options with what it knows of its video."""
    from sentigram.render.ass.editors import ass_text
    from sentigram.style.styling import style
    from sentigram.style.theme.advice import undrawn

    document = read_document(path)
    media = document.media
    size = options.size if all(options.size) else (media.width_px, media.height_px)
    if not all(size):
        found = find_media(path, document)
        size = (found.width_px, found.height_px) if found and found.has_video else (0, 0)
    options = replace(
        options,
        size=size,
        fps=options.fps or media.fps,
        language=options.language or document.transcript.language,
        shots_ms=options.shots_ms or media.shots_ms,
    )
    theme = theme_for(options, size)
    drawn = style(document, theme, width_px=size[0], height_px=size[1], motion="full")
    if not drawn.cues:
        return SubtitleTrack(str(path), "ass", (), (), language=options.language), options
    text = ass_text(drawn, title=media.name, motion="full", embed_fonts=False)
    track = _without_lines(_to_check(formats.read_text(text, ".ass", str(path))))
    if theme.is_plain:
        track = replace(track, remarks=(*track.remarks, undrawn(theme.plain_by)))
    return track, options


def _without_lines(track: SubtitleTrack) -> SubtitleTrack:
    """Numbers of lines in a file that nobody has mean nothing."""
    return replace(
        track,
        captions=tuple(replace(caption, line_number=0) for caption in track.captions),
        drawn=tuple(replace(one, line_number=0) for one in track.drawn),
    )


def video_facts(path: Path, options: CheckOptions) -> CheckOptions:
    """The options with the frame rate, the size and the changes of shot of a video.

    The whole picture is decoded, unless no rule asks for shots.

    Raises:
        MediaError: It is not a media file.
        MissingError: There is no ffmpeg.
    """
    from sentigram.media.probe import probe
    from sentigram.media.shots import find_shots

    info = probe(path)
    shots_ms: tuple[int, ...] = options.shots_ms
    if not shots_ms and _SHOT_RULES & options.wanted:
        with work_folder() as work:
            shots_ms = find_shots(info, workdir=work)
    return replace(
        options,
        fps=options.fps or info.fps,
        size=options.size if all(options.size) else (info.width_px, info.height_px),
        shots_ms=shots_ms,
    )
