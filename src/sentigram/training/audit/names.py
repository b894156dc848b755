"""What of a name counts: the same person or utterance may be spelled in more ways than one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType

Key = tuple[str, ...]

# Letters of other scripts, in lower case, that look like Latin ones in some case
_FROM = (
    "авеёзіїјкмнорсԛтуԝхѕһԁӏѵαβγεικνορτυχոօսıłøđɡɑᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ"
    "ᎠᎡᎢᎥᎪᎫᎬᎳᎷᎻᎽᏀᏃᏔᏕᏙᏚᏞᏟᏢᏦᏧꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ"
)
_TO = (
    "abee3iijkmhopcqtywxshdlvabyeikvoptuxnouilodgaabcdeghijklmnoprtuvwyz"
    "drtiajewmhygzwsvslcpkdbpdtgkjczfmnlsrvhwxyaeiou"
)
_LOOK_ALIKE: Mapping[int, str] = MappingProxyType(dict(zip(map(ord, _FROM), _TO, strict=True)))
# Greek capitals look like other Latin letters than their small ones do
_CAPITALS = dict(zip(map(ord, "ΖΗΜΝΥϹ"), "zhmnyc", strict=True))
_SPELLED = dict(zip(map(ord, "äöüåøæ"), ["ae", "oe", "ue", "aa", "oe", "ae"], strict=True))
_DIGIT_IN_WORD = re.compile(r"(?<=[^\W\d_])[01](?=[^\W\d_])")

Sight = Callable[[str], str]


def as_written(name: str) -> str:
    """Nothing is taken for anything else."""
    return name


def as_capitals(name: str) -> str:
    """Greek capitals for the Latin ones that they look like, `Ν` for N, where `ν` looks like v."""
    return name.translate(_CAPITALS)


def as_drawn(name: str) -> str:
    """Ida and lda, ROSE and R0SE are the same."""
    return _DIGIT_IN_WORD.sub(lambda found: "ol"[int(found[0])], name.replace("I", "l"))


def as_spelled(name: str) -> str:
    """Jürgen and Juergen are the same."""
    return name.casefold().translate(_SPELLED)


SIGHTS: tuple[Sight, ...] = (as_written, as_capitals, as_drawn, as_spelled)

_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters, to Unicode, that nobody sees
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+")  # how tables write whole numbers beside empty cells
_RUNS = re.compile(r"[^\W\d_]+|\d+")
_GENERIC = frozenset(
    {"speaker", "spk", "spkr", "actor", "actress", "subject", "subj", "sub", "participant",
     "person", "talker", "voice", "male", "female", "man", "woman", "boy", "girl", "host", "guest",
     "user", "unknown", "other", "others", "ses", "session", "id", "nr", "no"}
)  # fmt: skip
_FEWEST_LETTERS = 3
_LONGEST_SUFFIX = 5


def name_key(name: str, sight: Sight = as_written) -> Key:
    """What tells a name apart: its letters and numbers, not how they are written.

    Case, spaces, punctuation, accents, full width, zeros before a number, and letters of other
    scripts that look like Latin ones do not count: `Speaker 01`, `speaker_1` and `SPEAKER-１` have
    one key.

    Args:
        name: As written.
        sight: What characters are taken for first, of SIGHTS.

    Returns:
        Runs of letters and of digits, in order; of a name without any, its characters.
    """
    plain = sight(unicodedata.normalize("NFKC", name)).casefold().strip()
    if whole := _WHOLE_FLOAT.fullmatch(plain):
        plain = whole[1]
    plain = plain.translate(_LOOK_ALIKE)
    letters = "".join(c for c in unicodedata.normalize("NFKD", plain) if not _is_invisible(c))
    key: list[str] = []
    for run in _RUNS.findall(letters.translate(_LOOK_ALIKE)):
        if run.isdecimal():
            key.append(str(int(run)))
        elif key and not key[-1].isdecimal():
            key[-1] += run  # mary-ann is maryann
        else:
            key.append(run)
    return tuple(key) or (plain,)


def is_personal(key: Key) -> bool:
    """Whether a key is more than a number or a word such as `speaker`: it names someone."""
    words = [run for run in key if not run.isdecimal()]
    return any(len(word) >= _FEWEST_LETTERS and word not in _GENERIC for word in words)


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me", "Cf") or character in _FILLERS


_ROLES = frozenset({"train", "training", "dev", "val", "valid", "validation", "test", "testing"})
_PIECE = "part|pt|seg|segm|segment|chunk|crop|piece|slice|half|window|win|section|cut|fragment"
_COPY = (
    "aug|augmented|augment|noise|noisy|pitch|pitched|speed|tempo|stretch|stretched|reverb|rev|"
    "copy|dup|duplicate|shift|shifted|vol|gain|specaug|mixup|smote|oversampled"
)
_GAP = r"[\s_.\-+~#()\[\]]"
_NUMBER = r"\d+(?:[.,]\d+)?"
_ENDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_GAP}+(?:{_PIECE}){_GAP}*\d+{_GAP}*$",
        rf"{_GAP}+\d+{_GAP}*of{_GAP}*\d+{_GAP}*$",
        rf"{_GAP}+(?:first|second|left|right|1st|2nd){_GAP}*half$",
        rf"{_GAP}+(?:{_COPY})(?:{_GAP}*{_NUMBER})?{_GAP}*$",
        rf"{_GAP}+(?:sp|x){_NUMBER}$",
    )
)
_COPY_OF = re.compile(rf"^copy(?:{_GAP}+of)?{_GAP}+", re.IGNORECASE)
# seconds with decimals, or at least four digits of milliseconds or frames: less is a number
_TIME = r"\d+[.,]\d+|\d{4,}"
_RANGE = re.compile(rf"(?P<stem>.*?){_GAP}+(?P<start>{_TIME})[_\-–]+(?P<end>{_TIME})[\])]?")


def stem_of(name: str) -> str:
    """What a name was before somebody cut the sound in parts or made changed copies of it.

    Ends such as `_part2`, `-2of3`, `_seg03`, `_first_half`, `_noise1`, `_pitch+2`, `_copy`, `_x2`
    are taken away, all there are, and a file's suffix. A plain number at the end stays: corpora
    number their utterances.

    Args:
        name: An id or a path, `/` between folders.

    Returns:
        The same for what is of one sound; of a name without such an end, the name.
    """
    folder, slash, last = name.rpartition("/")
    stem, before = without_suffix(last), ""
    while stem != before:
        before = stem
        for pattern in (*_ENDS, _COPY_OF):
            stem = pattern.sub("", stem) or stem
    return f"{folder}{slash}{stem}"


def without_roles(name: str) -> str:
    """A path without folders that are named after the parts of a split."""
    *folders, last = name.split("/")
    return "/".join([*(f for f in folders if f.casefold() not in _ROLES), last])


def time_range(name: str) -> tuple[str, float, float] | None:
    """The stem, start and end of a name such as `talk_12.5-14.0`; None where it has no times."""
    folder, slash, last = name.rpartition("/")
    found = _RANGE.fullmatch(without_suffix(last))
    if found is None or not found["stem"]:
        return None
    start, end = (float(found[part].replace(",", ".")) for part in ("start", "end"))
    return (f"{folder}{slash}{found['stem']}", start, end) if end > start else None


def without_suffix(name: str) -> str:
    """A file's name without what tells its format."""
    stem, dot, suffix = name.rpartition(".")
    is_suffix = dot and stem and suffix.isalnum() and not suffix.isdecimal()
    return stem if is_suffix and len(suffix) <= _LONGEST_SUFFIX else name
