"""How many faces are found, and how much is taken for one, on pictures that packages carry.

    npm pack @vladmandic/face-api@1.7.15
    pip download --no-deps scikit-image==0.26.0
    python benchmarks/face_pictures.py vladmandic-face-api-1.7.15.tgz scikit_image-0.26.0-*.whl

The packages are read, not installed. Two pictures of scikit-learn, which is installed, come along.

- @vladmandic/face-api 1.7.15, demo/sample1.jpg … sample6.jpg: MIT, with the package.
- scikit-image 0.26.0, data/astronaut.png: NASA, public domain; data/camera.png: CC0, by Lav
  Varshney. The other pictures of data/ have no face; their licences stand where the package
  documents them (skimage/data/_fetchers.py).
- scikit-learn, images/china.jpg and flower.jpg, no face: CC BY 2.0, danielbuechele and vultilion.
- scikit-image's data/lfw_subset.npy: 100 faces and 100 pieces of background of 25 × 25 pixels from
  Labeled Faces in the Wild; the package names no licence for it. The detector's threshold was not
  chosen on it; it was set after looking at the first two kinds.

Centres and widths of the faces were marked by looking at the pictures.
"""

from __future__ import annotations

import argparse
import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from sentigram.emotion.encoders.faces.detector import Face, FaceDetector, Pixels

Mark = tuple[int, int, int]
"""Centre x, centre y and width, in pixels."""

FACES: Mapping[str, tuple[Mark, ...]] = MappingProxyType(
    {
        "sample1.jpg": ((515, 500, 185), (945, 560, 180), (1555, 335, 150)),
        "sample2.jpg": ((450, 300, 240), (1555, 285, 195), (985, 370, 195)),
        "sample3.jpg": ((1190, 395, 240), (700, 495, 220), (1590, 455, 210)),
        "sample4.jpg": ((1080, 320, 200), (345, 335, 180), (745, 215, 175), (1360, 295, 175)),
        "sample5.jpg": (
            *((1530, 550, 250), (470, 1050, 235), (670, 560, 200)),
            *((1210, 345, 175), (860, 245, 175)),
        ),
        "sample6.jpg": ((775, 500, 255), (360, 650, 250), (1265, 470, 235), (1600, 445, 230)),
        "astronaut.png": ((226, 129, 95),),
        "camera.png": ((223, 160, 65),),
    }
)
_SMALL = "lfw_subset.npy"


@dataclass(frozen=True, slots=True)
class Count:
    """What was found in some pictures.

    Attributes:
        marked: Faces that are there.
        found: Of them.
        wrong: Found where there is none.
        pictures: How many were looked at.
    """

    marked: int = 0
    found: int = 0
    wrong: int = 0
    pictures: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.marked + other.marked,
            self.found + other.found,
            self.wrong + other.wrong,
            self.pictures + other.pictures,
        )


def count(faces: tuple[Face, ...], marks: tuple[Mark, ...]) -> Count:
    """Which marks are found: a face's centre is within half a width of one; each counts once."""
    left = list(faces)
    found = 0
    for x, y, width in marks:
        for face in left:
            across = face.left + face.width / 2 - x
            down = face.top + face.height / 2 - y
            if np.hypot(across, down) < width / 2:
                left.remove(face)
                found += 1
                break
    return Count(len(marks), found, len(left), 1)


def pictures(sources: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the pictures that packages carry."""
    for source in sources:
        if source.suffix == ".whl":
            with zipfile.ZipFile(source) as wheel:
                for name in sorted(wheel.namelist()):
                    if name.startswith("skimage/data/") and name.endswith((".png", ".jpg", _SMALL)):
                        yield name.rpartition("/")[2], wheel.read(name)
        else:
            with tarfile.open(source) as archive:
                for member in archive.getmembers():
                    name = member.name.rpartition("/")[2]
                    file = archive.extractfile(member) if name in FACES else None
                    if file is not None:
                        yield name, file.read()
    for name in ("china.jpg", "flower.jpg"):
        yield name, (files("sklearn.datasets.images") / name).read_bytes()


def small(data: bytes) -> Iterator[tuple[Pixels, tuple[Mark, ...]]]:
    """The 200 pieces of `lfw_subset`, made 70 pixels wide, on grey."""
    for number, piece in enumerate(np.load(io.BytesIO(data), allow_pickle=False)):
        grey = Image.fromarray((piece * 255).astype(np.uint8))
        whole = Image.new("RGB", (128, 128), (128, 128, 128))
        whole.paste(grey.resize((70, 70), Image.Resampling.BICUBIC), (29, 29))
        yield np.asarray(whole), ((64, 64, 60),) if number < 100 else ()


def main() -> int:
    """Count, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("packages", type=Path, nargs="+")
    detector = FaceDetector()
    counts: dict[str, Count] = {}
    for name, data in pictures(parser.parse_args().packages):
        if name == _SMALL:
            for picture, marks in small(data):
                kind = "lfw_subset, faces" if marks else "lfw_subset, background"
                counts[kind] = counts.get(kind, Count()) + count(detector.find(picture), marks)
            continue
        picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        kind = "with faces" if name in FACES else "without"
        one = count(detector.find(picture), FACES.get(name, ()))
        if one.wrong or one.found < one.marked:
            print(f"{name}: {one.found} of {one.marked}, and {one.wrong} where there is none")
        counts[kind] = counts.get(kind, Count()) + one
    for kind, sums in counts.items():
        print(
            f"{kind}: {sums.pictures} pictures, {sums.found} of {sums.marked} faces found, "
            f"{sums.wrong} found where there is none"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
