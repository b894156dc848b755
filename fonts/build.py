"""Makes the fonts of this folder; run by hand when a family is added or updated.

    python fonts/build.py [FOLDER]

Takes the static TrueType files of the `@expo-google-fonts/<family>` packages with `npm pack` (and
keeps the packages in FOLDER for the next time) and makes each one fit libass and browsers alike:

- Name ID 1 is the family alone ("Poppins", not "Poppins SemiBold") and OS/2 carries the weight:
  libass finds a face by name ID 1 and then picks the nearest weight and slant.
- Hinting goes (video and browsers draw without it), and so do glyphs that no text reaches.
- `usWinAscent` and `usWinDescent` stay: libass derives its font size from them.

A family with a Reserved Font Name (Merriweather, Chelsea Market) may only keep it unmodified, so
its files are copied byte for byte. Writes `<family>/*.ttf`, `<family>/OFL.txt` and `fonts.toml`.

Families with `scripts` are the ones that step in for letters that a theme's own family lacks. They
hold only what their scripts need (charsets.py), and no Latin letters: the theme's family has those.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import charsets
from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
STYLE_NAMES = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold", 800: "ExtraBold"}
OFL_START = "This Font Software is licensed under the SIL Open Font License, Version 1.1."
FS_ITALIC, FS_BOLD, FS_REGULAR = 1 << 0, 1 << 5, 1 << 6
MAC_BOLD, MAC_ITALIC = 1 << 0, 1 << 1


@dataclass(frozen=True, slots=True)
class Source:
    """A family to ship.

    Attributes:
        family: Name.
        package: npm package and version.
        faces: Those to take: weights as numbers, `i` for italics.
        is_reserved: Its name is a Reserved Font Name: files stay as they are.
        scripts: Scripts that it draws for other families (ISO 15924), if it does.
        languages: Languages (ISO 639-1) that take it before others with the same script.
    """

    family: str
    package: str
    faces: tuple[str, ...]
    is_reserved: bool = False
    scripts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """Folder name."""
        return self.family.lower().replace(" ", "-")


SOURCES = (
    Source("Poppins", "poppins@0.4.1", ("500", "600", "700", "600i", "800i")),
    Source("Fredoka", "fredoka@0.4.1", ("500", "600", "700")),
    Source("Merriweather", "merriweather@0.2.3", ("400", "700", "400i", "700i"), is_reserved=True),
    Source("Bebas Neue", "bebas-neue@0.4.1", ("400",)),
    Source("Oswald", "oswald@0.4.2", ("500", "600", "700")),
    Source("Courier Prime", "courier-prime@0.4.1", ("700",)),
    Source("Chelsea Market", "chelsea-market@0.4.1", ("400",), is_reserved=True),
    Source("Unbounded", "unbounded@0.4.1", ("600",)),
)
ONE, TWO = ("500",), ("500", "700")


def noto(
    name: str, version: str, faces: tuple[str, ...], scripts: str, languages: str = ""
) -> Source:
    """One of the Noto families that step in for others."""
    family = f"Noto Sans {name}".strip()
    package = f"{family.lower().replace(' ', '-')}@{version}"
    return Source(
        family, package, faces, scripts=(*scripts.split(),), languages=(*languages.split(),)
    )


# In the order in which they are asked. Outlines of Chinese characters weigh most: one weight each.
FALLBACKS = (
    noto("", "0.4.2", TWO, "Latn Grek Cyrl"),
    noto("SC", "0.4.3", ONE, "Hani Bopo", "zh yue"),
    noto("JP", "0.4.3", ONE, "Hani Hira Kana", "ja"),
    noto("KR", "0.4.3", ONE, "Hang", "ko"),
    noto("Arabic", "0.4.3", TWO, "Arab"),
    noto("Hebrew", "0.4.1", TWO, "Hebr"),
    noto("Devanagari", "0.4.1", TWO, "Deva"),
    noto("Bengali", "0.4.4", TWO, "Beng"),
    noto("Tamil", "0.4.3", TWO, "Taml"),
    noto("Thai", "0.4.2", TWO, "Thai"),
    noto("Georgian", "0.4.3", TWO, "Geor"),
    noto("Armenian", "0.4.2", TWO, "Armn"),
    noto("Telugu", "0.4.2", ONE, "Telu"),
    noto("Gujarati", "0.4.2", ONE, "Gujr"),
    noto("Gurmukhi", "0.4.1", ONE, "Guru"),
    noto("Kannada", "0.4.3", ONE, "Knda"),
    noto("Malayalam", "0.4.2", ONE, "Mlym"),
    noto("Sinhala", "0.4.2", ONE, "Sinh"),
    noto("Khmer", "0.4.3", ONE, "Khmr"),
    noto("Lao", "0.4.2", ONE, "Laoo"),
    noto("Myanmar", "0.4.2", ONE, "Mymr"),
    noto("Ethiopic", "0.4.2", ONE, "Ethi"),
    # Last: a symbol that a family of letters has is drawn like the letters. One weight, in one
    # colour: libass draws outlines, no pictures.
    Source("Noto Emoji", "noto-emoji@0.4.7", ("500",), scripts=("Zsye",)),
)
# No text of a caption reaches these: vertical setting, design axes, sources.
NEEDLESS = ["BASE", "STAT", "VORG", "meta", "vhea", "vmtx"]
SPACE_EM = 0.26  # Noto Sans's
KERNED_BY_PAIRS = {"Noto Sans Ethiopic"}  # 110 kB of kerning for 75 kB of letters


def fetch(package: str, folder: Path) -> Path:
    """Download one npm package, if it is not there, and unpack it."""
    out = folder / f"expo-google-fonts-{package.replace('@', '-')}"
    packed = Path(f"{out}.tgz")
    if not packed.exists():
        command = ["npm", "pack", "--silent", f"@expo-google-fonts/{package}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with tarfile.open(packed) as archive:
        archive.extractall(out, filter="data")
    return out


def find(unpacked: Path, face: str) -> Path:
    """The package's file of one face."""
    name = STYLE_NAMES[int(face[:3])]
    end = "_Italic.ttf" if face.endswith("i") else ".ttf"
    (path,) = unpacked.rglob(f"*_{face[:3]}{name}{end}")
    return path


def rename(font: TTFont, family: str, weight: int, *, italic: bool) -> None:
    """Give a face the names and flags that libass, fontconfig and browsers agree on."""
    style = " ".join(filter(None, (STYLE_NAMES[weight], "Italic" if italic else "")))
    style = style.replace("Regular Italic", "Italic")
    bold = weight >= 700
    ribbi = {(0, 0): "Regular", (0, 1): "Italic", (1, 0): "Bold", (1, 1): "Bold Italic"}
    names = {
        1: family,
        2: ribbi[int(bold), int(italic)],
        3: f"Sentigram;{family} {style}",
        4: f"{family} {style}",
        6: f"{family}-{style}".replace(" ", ""),
        16: family,
        17: style,
    }
    table = font["name"]
    table.names = [n for n in table.names if n.nameID not in names and n.platformID == 3]
    for name_id, text in names.items():
        table.setName(text, name_id, 3, 1, 0x409)
    os2, head = font["OS/2"], font["head"]
    os2.usWeightClass = weight
    os2.fsSelection &= ~(FS_ITALIC | FS_BOLD | FS_REGULAR)
    os2.fsSelection |= FS_ITALIC * italic | FS_BOLD * bold | FS_REGULAR * (not bold and not italic)
    head.macStyle = MAC_BOLD * bold | MAC_ITALIC * italic


def trim(path: Path, source: Source, weight: int, *, italic: bool) -> bytes:
    """Drop hinting and unreachable glyphs, and rename."""
    options = subset.Options(hinting=False, notdef_outline=True, glyph_names=False)
    options.name_IDs = ["*"]
    if source.scripts:
        options.drop_tables += NEEDLESS
    if charsets.is_square(source.scripts):
        options.layout_features = ["ccmp", "locl"]
    elif source.family in KERNED_BY_PAIRS:
        options.layout_features = [f for f in options.layout_features if f != "kern"]
    font = subset.load_font(str(path), options)
    subsetter = subset.Subsetter(options)
    wanted = charsets.of(source.scripts) if source.scripts else font.getBestCmap()
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    if "Zsye" in source.scripts:  # its space is as wide as a picture: words would stand far apart
        space = font.getBestCmap()[ord(" ")]
        font["hmtx"][space] = (round(SPACE_EM * font["head"].unitsPerEm), 0)
    rename(font, source.family, weight, italic=italic)
    with tempfile.NamedTemporaryFile(suffix=".ttf") as out:
        font.save(out.name)
        return Path(out.name).read_bytes()


def licence(copyright_line: str, template: str) -> str:
    """The OFL with the family's own copyright line."""
    return f"{copyright_line.strip()}\n\n{template[template.index(OFL_START) :]}"


def build(source: Source, folder: Path, template: str) -> list[str]:
    """Write one family; its entries for fonts.toml."""
    unpacked = fetch(source.package, folder)
    out = HERE / source.slug
    out.mkdir(exist_ok=True)
    entries, copyright_line = [], ""
    for face in source.faces:
        path, weight, italic = find(unpacked, face), int(face[:3]), face.endswith("i")
        copyright_line = TTFont(path)["name"].getDebugName(0)
        data = (
            path.read_bytes() if source.is_reserved else trim(path, source, weight, italic=italic)
        )
        style = STYLE_NAMES[weight] + ("Italic" if italic else "")
        name = f"{source.family.replace(' ', '')}-{style}.ttf"
        (out / name).write_bytes(data)
        origin = f"npm @expo-google-fonts/{source.package}" + ", unmodified" * source.is_reserved
        entries.append(
            f'[[font]]\nfamily = "{source.family}"\nfile = "{source.slug}/{name}"\n'
            f"weight = {weight}\nitalic = {str(italic).lower()}\n"
            f'licence = "OFL-1.1"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
            f'source = "{origin}"\n'
        )
    text = re.sub(r"\s*\n\s*", " ", copyright_line)
    (out / "OFL.txt").write_text(licence(text, template), encoding="utf-8")
    if source.scripts:
        entries.append(
            f'[[fallback]]\nfamily = "{source.family}"\n'
            f"scripts = {json.dumps(source.scripts)}\nlanguages = {json.dumps(source.languages)}\n"
        )
    return entries


def main() -> None:
    """Make every family."""
    with nullcontext(sys.argv[1]) if sys.argv[1:] else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        template = (fetch("poppins@0.4.1", folder) / "package/LICENSE_FONT").read_text("utf-8")
        sources = (*SOURCES, *FALLBACKS)
        entries = [entry for source in sources for entry in build(source, folder, template)]
    head = (
        "# Made by build.py. Every face that ships: what themes may name; and the families that\n"
        "# step in for letters that the others lack, in the order in which they are asked.\n\n"
    )
    (HERE / "fonts.toml").write_text(head + "\n".join(entries), encoding="utf-8")
    total = sum(path.stat().st_size for path in HERE.rglob("*.ttf"))
    print(f"{len(entries)} faces, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
