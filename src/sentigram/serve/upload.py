"""Receives an upload: streamed to disk, counted while it comes, known by its content.

The memory that it takes does not depend on its size. What is refused is refused as early as it is
known: by the stated length before a byte, by the kind after the first kilobytes, by the limits at
the byte that breaks them. Whatever ends it, nothing of a refused upload stays on the disk.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from sentigram.core.document import SUFFIX
from sentigram.reading import DOCUMENT
from sentigram.serve.answers import Refusal
from sentigram.serve.limits import MB, DiskFull, Limits

MOST_TRANSCRIPT_BYTES: Final = 10 * MB
MOST_FIELDS: Final = 64
MOST_FIELD_BYTES: Final = 2_000
INCOMING: Final = "incoming"
"""Where uploads come in, in the server's folder."""
MOST_AT_ONCE: Final = 128
"""Uploads that come at one time, of everybody."""
_HEAD = 4_096  # bytes that tell what a file is
_FLUSH = 256 * 1024
_OVERHEAD = MOST_FIELDS * (MOST_FIELD_BYTES + 4_400) + 10_000  # fields, headers, boundaries
_SPARE_BYTES = 200 * MB  # of the disk, that no upload may take
_TRANSCRIPTS = frozenset(
    {
        *(".srt", ".vtt", ".ass", ".ssa", ".txt", ".json", ".ttml", ".xml", ".dfxp", ".srv3"),
        *(".sub", ".mpl2", ".mpl", ".tmp", ".smi", ".sami"),
    }
)
_TEXT_BEGINS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16, which holds NULs

# What a recording begins with, and what such a file is called.
_BEGINS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1a\x45\xdf\xa3", ".mkv"),
    (0, b"OggS", ".ogg"),
    (0, b"fLaC", ".flac"),
    (0, b"ID3", ".mp3"),
    (0, b"FORM", ".aiff"),
    (0, b"FLV\x01", ".flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ".wmv"),
    (0, b"#!AMR", ".amr"),
    (0, b"caff", ".caf"),
    (0, b"\x00\x00\x01\xba", ".mpg"),
    (0, b"\x00\x00\x01\xb3", ".mpg"),
    (0, b"\x0b\x77", ".ac3"),
    (4, b"ftyp", ".mp4"),
    (4, b"moov", ".mov"),
    (4, b"mdat", ".mov"),
    (4, b"wide", ".mov"),
    (4, b"free", ".mov"),
    (4, b"skip", ".mov"),
)
_RIFF = {b"WAVE": ".wav", b"AVI ": ".avi"}
_TS_PACKETS = (188, 192, 204)
_QUOTED_NAME = re.compile(r"%(22|0[Dd]|0[Aa])")  # what browsers write in names of files


def kind_of(head: bytes, name: str) -> str | None:
    """The suffix of what a file is, by how it begins; None for what is no recording of a kind here.

    Lists of other files (playlists) begin with none of these, whatever they are called.

    Args:
        head: Its first bytes.
        name: What it is called: only a Document is known by it, and must look like one.
    """
    if name.lower().endswith(SUFFIX):
        return SUFFIX if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" else None
    for at, mark, suffix in _BEGINS:
        if head[at : at + len(mark)] == mark:
            return ".webm" if suffix == ".mkv" and b"webm" in head[:64] else suffix
    if head[:4] in (b"RIFF", b"RF64", b"RIFX"):
        return _RIFF.get(head[8:12])
    return _kind_of_frames(head) if len(head) > 4 else None


def _kind_of_frames(head: bytes) -> str | None:
    """The same of files that have no head, and begin with their first frame."""
    if head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return ".aac"
    if _begins_mpeg_sound(head):
        return ".mp3"
    for size in _TS_PACKETS:
        start = size - 188 if size == 192 else 0
        if len(head) > start + 2 * size and all(head[start + n * size] == 0x47 for n in range(3)):
            return ".ts"
    return None


def _begins_mpeg_sound(head: bytes) -> bool:
    """Whether a frame of layer II or III begins: its sync, and no rate that cannot be."""
    is_layer = head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 in (0x02, 0x04)
    return is_layer and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


class Space:
    """The disk that all jobs together may take, those counted that are still coming.

    Args:
        used_bytes: What the jobs on disk take.
        limits: Of the server.
        folder: On whose disk.
    """

    def __init__(self, used_bytes: Callable[[], int], limits: Limits, folder: Path) -> None:
        self._used_bytes, self._limits, self._folder = used_bytes, limits, folder
        self._coming = 0
        self._lock = threading.Lock()  # files are written from threads
        self._known: tuple[float, int] | None = None

    def take(self, n_bytes: int) -> None:
        """Take room for bytes that are about to be written.

        Raises:
            DiskFull: There is none.
        """
        with self._lock:
            self.check(n_bytes)
            self._coming += n_bytes

    def check(self, n_bytes: int) -> None:
        """See whether there is room.

        Raises:
            DiskFull: There is none.
        """
        if self._used() + self._coming + n_bytes > self._limits.disk_bytes:
            raise DiskFull(
                "the jobs that are kept take all the disk there is for them; try again later"
            )
        if shutil.disk_usage(self._folder).free - n_bytes < _SPARE_BYTES:
            raise DiskFull("the disk of the server is full; try again later")

    def measure_again(self) -> None:
        """Say that a job takes another size now, or is gone."""
        self._known = None

    def give_back(self, n_bytes: int) -> None:
        """Say that bytes are gone, or are those of a job now."""
        with self._lock:
            self._coming -= n_bytes
            self._known = None

    def _used(self) -> int:
        now = time.monotonic()
        if self._known is None or now - self._known[0] > 2:
            self._known = now, self._used_bytes()
        return self._known[1]


@dataclass(slots=True)
class _Part:
    """A part of the form while it comes."""

    headers: dict[str, str] = field(default_factory=dict)
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    name: str = ""
    file_name: str | None = None
    path: Path | None = None
    n_bytes: int = 0
    most_bytes: int = MOST_FIELD_BYTES
    head: bytes = b""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """What came, while its folder is there.

    Attributes:
        name: What the visitor called the file.
        source: Where it lies.
        suffix: Of what it is, by its content.
        transcript: Words that came with it.
        transcript_suffix: Of these.
        fields: The other fields.
    """

    name: str
    source: Path
    suffix: str
    transcript: Path | None
    transcript_suffix: str
    fields: Mapping[str, str]


class Incoming:
    """Where uploads come in.

    Args:
        folder: For them; what an earlier server left there is removed.
        limits: Of the server.
        space: That all jobs may take.
        fields: The names of the fields that a form may have, beside its files.
    """

    def __init__(self, folder: Path, limits: Limits, space: Space, fields: Collection[str]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        self._folder, self._limits, self._space = folder, limits, space
        self._fields = frozenset(fields)
        self.n_now = 0
        self.n_bytes = 0

    @asynccontextmanager
    async def upload(self, request: Request) -> AsyncIterator[Upload]:
        """Receive a form; what of it was not moved away is removed at the end of the block.

        Raises:
            Refusal: It is too large, of the wrong kind, cut off, or no such form.
            DiskFull: There is no room.
            ClientDisconnect: The client left.
        """
        if self.n_now >= MOST_AT_ONCE:
            raise Refusal(
                503, "too many uploads come in; try again soon", headers={"retry-after": "20"}
            )
        most = self._limits.upload_bytes + MOST_TRANSCRIPT_BYTES + _OVERHEAD
        told = _stated_length(request)
        if told > most:
            raise self._too_large()
        await asyncio.to_thread(self._space.check, told)
        folder = self._folder / secrets.token_hex(8)
        self.n_now += 1
        try:
            await asyncio.to_thread(folder.mkdir, 0o700)
            form = _Form(folder, self._limits, self._space, self._fields, self._too_large())
            try:
                yield await form.read(request, most)
            finally:
                form.close()
                self.n_bytes += form.n_bytes
        finally:
            self.n_now -= 1
            # Also where the client left or the server stops: a thread is not cancelled half-way.
            removal = asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            await asyncio.shield(asyncio.ensure_future(removal))

    def _too_large(self) -> Refusal:
        return Refusal(413, f"a recording may have at most {self._limits.upload_mb:,} MB here")


def _stated_length(request: Request) -> int:
    """What `Content-Length` says, 0 where it says nothing.

    Raises:
        Refusal: It is no number.
    """
    told = request.headers.get("content-length", "0")
    if not told.isascii() or not told.isdigit() or len(told) > 18:
        raise Refusal(400, "the stated length is no number")
    return int(told)


class _Form:
    """One form while it comes: the parser's callbacks, and the files that they fill."""

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        space: Space,
        fields: frozenset[str],
        too_large: Refusal,
    ) -> None:
        self._folder, self._limits, self._space = folder, limits, space
        self._allowed, self._too_large = fields, too_large
        self._part: _Part | None = None
        self._file: BinaryIO | None = None
        self._waiting = bytearray()
        self._is_whole = False
        self._n_parts = 0
        self._reserved = 0
        self._files: dict[str, _Part] = {}
        self._values: dict[str, str] = {}
        self.n_bytes = 0

    async def read(self, request: Request, most_bytes: int) -> Upload:
        """Read all of it; see `Incoming.upload`."""
        parser = self._parser(request.headers.get("content-type", ""))
        async for chunk in request.stream():
            self.n_bytes += len(chunk)
            if self.n_bytes > most_bytes:
                raise self._too_large
            # A parser goes through it byte by byte: in turns, for others wait.
            for at in range(0, len(chunk), _FLUSH):
                try:
                    parser.write(bytes(chunk[at : at + _FLUSH]))
                except FormParserError as error:
                    raise Refusal(400, "this is not a form as browsers send it") from error
                await self._flush()
        if not self._is_whole:
            raise Refusal(400, "the upload was cut off; send it again")
        return self._upload()

    def close(self) -> None:
        """Let go of the file and of the room that was taken."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._space.give_back(self._reserved)
        self._reserved = 0

    def _parser(self, content_type: str) -> MultipartParser:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise Refusal(415, "send a form (multipart/form-data) with the recording as `file`")
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, a, b: self._header(data[a:b]),
                    "on_header_value": lambda data, a, b: self._header_value(data[a:b]),
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": lambda data, a, b: self._data(data[a:b]),
                    "on_part_end": self._end,
                    "on_end": self._whole,
                },
            )
        except FormParserError as error:
            raise Refusal(400, "this is not a form as browsers send it") from error

    def _begin(self) -> None:
        self._n_parts += 1
        if self._n_parts > MOST_FIELDS:
            raise Refusal(400, f"a form may have at most {MOST_FIELDS} fields here")
        self._part = _Part()

    def _header(self, data: bytes) -> None:
        self._now.header += data

    def _header_value(self, data: bytes) -> None:
        self._now.value += data

    def _header_end(self) -> None:
        part = self._now
        name = part.header.decode("latin-1").strip().lower()
        part.headers[name] = part.value.decode("utf-8", "replace")
        part.header.clear()
        part.value.clear()

    def _headers_finished(self) -> None:
        part = self._now
        kind, options = _disposition(part.headers.get("content-disposition", ""))
        if kind != "form-data" or "name" not in options:
            raise Refusal(400, "a part of the form has no name")
        if part.headers.get("content-transfer-encoding", "binary").lower() not in (
            "binary",
            "8bit",
            "7bit",
        ):
            raise Refusal(400, "files are sent as they are, without another encoding")
        part.name, part.file_name = options["name"], options.get("filename")
        if part.name in self._files or part.name in self._values:
            raise Refusal(400, f"the form names {_quoted(part.name)} twice")
        if part.name in ("file", "transcript"):
            self._begin_file(part)
        elif part.name not in self._allowed or part.file_name is not None:
            raise Refusal(422, f"there is no option called {_quoted(part.name)} here")

    def _begin_file(self, part: _Part) -> None:
        if part.file_name is None:
            raise Refusal(422, f"{_quoted(part.name)} is a file, sent with its name")
        part.path = self._folder / part.name
        part.most_bytes = self._limits.upload_bytes
        if part.name == "transcript":
            part.most_bytes = MOST_TRANSCRIPT_BYTES
            part.suffix = PurePath(part.file_name).suffix.lower()
            if part.suffix not in _TRANSCRIPTS:
                raise Refusal(415, f"words come as one of: {', '.join(sorted(_TRANSCRIPTS))}")
        elif part.file_name.lower().endswith(SUFFIX):
            part.most_bytes = min(part.most_bytes, DOCUMENT.largest_bytes)
        self._file = part.path.open("xb")

    def _data(self, data: bytes) -> None:
        part = self._now
        part.n_bytes += len(data)
        if part.n_bytes > part.most_bytes:
            raise self._over(part)
        if part.path is None:
            part.value += data
            return
        if len(part.head) < _HEAD:
            part.head += data[: _HEAD - len(part.head)]
            if len(part.head) == _HEAD:
                self._check_kind(part)
        self._waiting += data

    def _over(self, part: _Part) -> Refusal:
        if part.name == "file" and part.most_bytes == self._limits.upload_bytes:
            return self._too_large
        return Refusal(413, f"{_quoted(part.name)} may have at most {part.most_bytes:,} bytes")

    def _check_kind(self, part: _Part) -> None:
        """See what it is, as soon as that can be told.

        Raises:
            Refusal: Something that is not taken here.
        """
        if part.name == "transcript":
            if b"\0" in part.head and not part.head.startswith(_TEXT_BEGINS):
                raise Refusal(415, "the words that came with it are not text")
            return
        suffix = kind_of(part.head, part.file_name or "")
        if suffix is None and PurePath(part.file_name or "").suffix.lower() in _TRANSCRIPTS:
            raise Refusal(
                415,
                "these are words without a recording; send the recording, and these with it as "
                "`transcript`",
            )
        if suffix is None:
            raise Refusal(
                415,
                "this is not a recording of a kind that is taken here (MP4, MOV, WebM, MKV, WAV, "
                "MP3, M4A, Ogg, FLAC and others; lists of other files are not)",
            )
        part.suffix = suffix

    def _end(self) -> None:
        part = self._now
        if part.path is None:
            try:
                self._values[part.name] = part.value.decode("utf-8")
            except UnicodeDecodeError as error:
                raise Refusal(400, f"{_quoted(part.name)} is not text in UTF-8") from error
            return
        if not part.n_bytes:
            raise Refusal(422, f"{_quoted(part.name)} is empty")
        if len(part.head) < _HEAD:
            self._check_kind(part)
        self._write()
        if self._file is not None:
            self._file.close()
            self._file = None
        self._files[part.name] = part

    def _whole(self) -> None:
        self._is_whole = True

    async def _flush(self) -> None:
        """Write what waits; the room for it is taken first."""
        if len(self._waiting) >= _FLUSH:
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        if not self._waiting or self._file is None:
            return
        self._space.take(len(self._waiting))
        self._reserved += len(self._waiting)
        try:
            self._file.write(self._waiting)
        except OSError as error:
            raise DiskFull("the disk of the server is full; try again later") from error
        self._waiting.clear()

    def _upload(self) -> Upload:
        file, transcript = self._files.get("file"), self._files.get("transcript")
        if file is None or file.path is None:
            raise Refusal(422, "the form has no `file`")
        if transcript is not None and file.suffix == SUFFIX:
            raise Refusal(422, "a Document has its words already; send no transcript with it")
        return Upload(
            file.file_name or "",
            file.path,
            file.suffix,
            transcript.path if transcript else None,
            transcript.suffix if transcript else "",
            self._values,
        )

    @property
    def _now(self) -> _Part:
        if self._part is None:
            raise Refusal(400, "this is not a form as browsers send it")
        return self._part


def _disposition(value: str) -> tuple[str, dict[str, str]]:
    """Kind and parameters of a `Content-Disposition`, as browsers write it: in UTF-8."""
    kind, options = parse_options_header(value.encode("utf-8").decode("latin-1"))
    texts = {}
    for key, given in options.items():
        text = given.decode("utf-8", "replace")
        text = _QUOTED_NAME.sub(lambda found: chr(int(found[1], 16)), text)
        texts[key.decode("latin-1")] = text
    return kind.decode("latin-1"), texts


def _quoted(name: str) -> str:
    return repr(name[:40])


def move(path: Path, to: Path) -> None:
    """Put a file where it belongs, on the same disk."""
    with suppress(OSError):
        path.chmod(0o600)
    path.replace(to)
