"""Brings models to this machine: from the hub, or from a folder that came from another machine.

Everything happens in a folder beside the store's models. What is whole there, with its card, is
renamed into place; what is killed on the way goes on later, and is never taken for a model.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sentigram.errors import InputError, MissingError, OutputError, UsageError
from sentigram.reading import MODEL_PART, read_text, size_text, stays_inside
from sentigram.store.card import (
    CARD,
    ModelCard,
    has_card,
    is_weights,
    measure,
    read_card,
    renamed,
    sha256_of,
    write_card,
)
from sentigram.store.catalogue import (
    DEFAULT_SET,
    Alternative,
    Entry,
    Layout,
    catalogue,
    check_role,
    entries_of_set,
    entry,
    is_plain_name,
    new_entry,
    unknown,
)
from sentigram.store.convert import OLD, require_torch, to_safetensors
from sentigram.store.folder import (
    check_file_name,
    is_pickled,
    locked,
    make,
    may_be_stored,
    offline_reason,
    store_folder,
    unfinished,
)
from sentigram.store.hub import HubFile, Listing, address, fetch, list_files
from sentigram.store.installed import StoredModel, find, problems


def choose(entry: Entry, available: Collection[str]) -> tuple[str, ...]:
    """The files of a model: those that its layout names, and no others.

    Args:
        entry: The model.
        available: Names of the files where it lies.

    Raises:
        InputError: Something is missing, or a name is not a plain one.
    """
    complaints = []
    for layout in entry.layouts:
        chosen, lacks = _fit(layout, available)
        if not lacks:
            return tuple(_checked(name) for name in chosen)
        complaints.append(lacks)
    places = entry.repository or entry.name
    message = f"{places} is no {entry.role} that Sentigram can use: it lacks {complaints[0]}"
    if len(complaints) > 1:
        message += f" (or, for another kind, {' or '.join(complaints[1:])})"
    raise InputError(message)


def _fit(layout: Layout, available: Collection[str]) -> tuple[tuple[str, ...], str]:
    """The chosen files, and what is missing."""
    chosen: dict[str, None] = {}
    for alternatives in layout.needed:
        found = next((files for one in alternatives if (files := _all(one, available))), ())
        if not found:
            return (), " or ".join(" + ".join(one) for one in alternatives)
        chosen.update(dict.fromkeys(found))
    chosen.update(dict.fromkeys(name for name in layout.optional if name in available))
    # Of tokenizer files, the others belong to the one that was found
    extra = (name for alternatives in layout.needed for one in alternatives for name in one)
    chosen.update(
        (name, None) for name in extra if name in available and not _is_weights_like(name)
    )
    return tuple(chosen), ""


def _all(alternative: Alternative, available: Collection[str]) -> tuple[str, ...]:
    """The files of an alternative, () if one is not there."""
    files: list[str] = []
    for pattern in alternative:
        shape = re.compile(re.escape(pattern).replace(r"\*", "[^/]*"))
        matches = sorted(name for name in available if shape.fullmatch(name))
        if not matches:
            return ()
        files += matches
    return tuple(files)


def _is_weights_like(name: str) -> bool:
    return name.endswith((".safetensors", ".bin", ".pt", OLD, ".index.json", ".tflite"))


def _checked(name: str) -> str:
    if not (is_pickled(check_file_name(name)) or may_be_stored(name)):
        message = f"refused: {name!r} is a program; do not use this model"
        raise InputError(message)
    return name


_SPARE_BYTES = 50 * 10**6  # left free on the disk
_COPY_BLOCK = 2**22

Bytes = Callable[[int, int], None]
"""Called with the bytes of a model that are here, and with how many there will be."""


def no_bytes(done: int, total: int, /) -> None:
    """Tell nobody."""


def no_note(text: str, /) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where models are brought from, and where to.

    Attributes:
        store: The store's folder, None for the user's.
        source: A folder that holds them, or the file of one that is brought by hand; None for the
            hub.
        offline: Never ask the hub.
        again: Bring them even if they are here.
    """

    store: Path | None = None
    source: Path | None = None
    offline: bool = False
    again: bool = False


def wanted(
    names: Sequence[str], *, of_set: str | None = None, role: str | None = None
) -> tuple[Entry, ...]:
    """The models that are meant; the set `large` if none is named.

    Args:
        names: Of the catalogue; or OWNER/NAME on the hub, or folders, with a role.
        of_set: A set of the catalogue, in addition.
        role: What models outside the catalogue are for.

    Raises:
        MissingError: A name is unknown.
        UsageError: A set or role is.
    """
    found: dict[str, Entry] = {}
    for name in names:
        one = _wanted(name, role)
        found[one.name] = one
    if of_set is not None or not names:
        found.update({one.name: one for one in entries_of_set(of_set or DEFAULT_SET)})
    return tuple(found.values())


def pull(
    model: Entry,
    origin: Origin,
    *,
    progress: Bytes = no_bytes,
    note: Callable[[str], None] = no_note,
) -> StoredModel:
    """Bring one model; at once if it is here and whole.

    Args:
        model: One of `wanted`.
        origin: Where from and to.
        progress: Told about the bytes.
        note: Told in one line about sizes, licences and waiting.

    Raises:
        MissingError: It cannot be reached from here, or the internet is forbidden.
        InputError: What came is damaged, hostile, or no such model.
        OutputError: The disk is full, or the store may not be written to.
    """
    store = store_folder(origin.store)
    home = store / model.name
    with locked(store, model.name, note=note):
        if has_card(home) and not origin.again and not problems(home):
            note(f"{model.name}: is here ({home})")
            return find(model.name, model.role, store=store)
        _check_ours(home)
        staging = make(unfinished(store, model.name))
        try:
            if not _was_finished(staging, again=origin.again):
                _gather(model, origin, staging, progress, note)
            _move(staging, home)
        except OSError as error:
            message = (
                f"{store}: cannot be written ({error.strerror or error}); free some space, or "
                "choose another --folder DIR"
            )
            raise OutputError(message) from error
    return find(model.name, model.role, store=store)


def _gather(
    model: Entry, origin: Origin, staging: Path, progress: Bytes, note: Callable[[str], None]
) -> None:
    folder = _source(model, origin)
    if folder is not None:
        _copy(model, folder, staging, progress, note)
        return
    if model.by_hand:
        message = (
            f"{model.name} is fetched from nowhere: no public address of it is known for certain; "
            f"bring {', '.join(model.sha256)} ({model.by_hand}): {model.command}"
        )
        raise MissingError(message)
    reason = offline_reason(offline=origin.offline)
    if reason:
        message = (
            f"{model.name} would have to be fetched from {address(model)}, and {reason} forbids "
            "that; "
            "bring its folder from another machine: sentigram models pull "
            f"{model.name} --from DIR"
        )
        raise MissingError(message)
    _fetch(model, staging, progress, note)


def _wanted(name: str, role: str | None) -> Entry:
    known = entry(name)
    if known is not None:
        if role not in (None, known.role):
            message = f"--role {role!r}: {known.name} is listed as {known.role!r}; leave it out"
            raise UsageError(message)
        return known
    folder = Path(name)
    if name and folder.is_dir():
        if not is_plain_name(folder.resolve().name):
            message = f"{name}: rename the folder; letters, digits and -._ make up a model's name"
            raise UsageError(message)
        if entry(folder.resolve().name) is not None:
            message = f"{name}: a model of the catalogue has this name; rename the folder"
            raise UsageError(message)
        checked = (
            read_card(folder).role if role is None and has_card(folder) else check_role(role, name)
        )
        layouts = catalogue().layouts_of_roles[checked]
        return Entry(folder.resolve().name, checked, "", layouts, revision=str(folder.resolve()))
    if "/" in name:
        return new_entry(name, role=role)
    raise MissingError(unknown(name))


# From a folder ------------------------------------------------------------------------------------


def _source(model: Entry, origin: Origin) -> Path | None:
    """The folder that holds a model, None if it is to be fetched."""
    if not model.repository:  # a folder was named itself
        return Path(model.revision)
    if origin.source is None:
        return None
    if model.by_hand:
        return _by_hand(model, origin.source)
    source, last = origin.source, model.repository.rpartition("/")[2]
    cached = source / f"models--{model.repository.replace('/', '--')}"
    places = [source / model.name, source / last, source / model.repository, *_snapshots(cached)]
    if source.name in (model.name, last):
        places.append(source)
    for place in places:
        if place.is_dir():
            return place
    message = (
        f"{source}: holds neither {model.name}/ nor {last}/; copy that folder there, or one of "
        + (model.address or f"https://huggingface.co/{model.repository}")
    )
    raise MissingError(message)


def _by_hand(model: Entry, source: Path) -> Path:
    """The folder that holds the files of a model which people bring; the file itself may be named.

    Raises:
        MissingError: They are not there.
    """
    folder = source.parent if source.is_file() and source.name in model.sha256 else source
    for place in (folder, folder / model.name):
        if all((place / name).is_file() for name in model.sha256):
            return place
    message = f"{source}: is not {', '.join(model.sha256)}, and holds none ({model.by_hand})"
    raise MissingError(message)


def _snapshots(cached: Path) -> list[Path]:
    """Of huggingface_hub's own cache: what `main` stands for."""
    try:
        commit = read_text(cached / "refs" / "main", MODEL_PART).strip()
    except (InputError, OSError, ValueError):
        return []
    return [cached / "snapshots" / commit] if is_plain_name(commit) else []


def _copy(
    model: Entry, folder: Path, staging: Path, progress: Bytes, note: Callable[[str], None]
) -> None:
    card = read_card(folder) if has_card(folder) else None
    if card is not None and card.role != model.role:
        message = f"{folder}: is a {card.role}, not a {model.role}"
        raise InputError(message)
    available = [path.name for path in folder.iterdir() if path.is_file()]
    names = tuple(card.files) if card else choose(model, available)
    sizes = {}
    for name in names:
        if not (folder / name).is_file():
            message = f"{folder}: {name} is missing; copy the whole folder again"
            raise InputError(message)
        if not stays_inside(folder / name, _home_of(folder)):
            message = (
                f"refused: {folder / name} is a link that leads out of the folder; copy the folder "
                "with what its links lead to (cp -rL), if you trust where it is from"
            )
            raise InputError(message)
        sizes[name] = (folder / name).stat().st_size
    note(_announcement(model, sum(sizes.values()), str(folder)))
    _keep_only(staging, names)
    _check_space(staging, sizes)
    done = 0
    for name, size in sizes.items():
        _copy_file(
            folder / name,
            make((staging / name).parent) / Path(name).name,
            lambda n, before=done: progress(before + n, sum(sizes.values())),  # type: ignore[misc]
        )
        done += size
        if card is not None and measure(staging / name) != card.files[name]:
            message = f"{folder / name}: damaged (not what its card says); copy it again"
            raise InputError(message)
        if not sha256_of(staging / name).startswith(model.sha256.get(name, "")):
            message = f"{folder / name}: damaged (not the published file: its sha256 differs)"
            raise InputError(message)
    if card is not None:
        write_card(staging, renamed(card, model.name))
        return
    _finish(model, staging, names, commit="", licence=model.licence, source="a folder")


def _home_of(folder: Path) -> Path:
    """The folder that a model's links may lead to; huggingface_hub's cache links to its blobs/."""
    snapshots = folder.resolve().parent
    is_cached = snapshots.name == "snapshots" and snapshots.parent.name.startswith("models--")
    return snapshots.parent if is_cached else folder


def _copy_file(source: Path, target: Path, progress: Callable[[int], None]) -> None:
    done = 0
    with source.open("rb") as old, target.open("wb") as new:
        while block := old.read(_COPY_BLOCK):
            new.write(block)
            done += len(block)
            progress(done)


# From the hub -------------------------------------------------------------------------------------


def _fetch(model: Entry, staging: Path, progress: Bytes, note: Callable[[str], None]) -> None:
    listing: Listing = list_files(model)
    by_name = {file.name: file for file in listing.files}
    files: list[HubFile] = [by_name[name] for name in choose(model, by_name)]
    names = tuple(file.name for file in files)
    if any(is_pickled(name) and not name.endswith(OLD) for name in names):
        require_torch(model.name)
    licence = model.licence or listing.licence
    total = sum(file.n_bytes for file in files)
    note(_announcement(replace(model, licence=licence), total, address(model)))
    _keep_only(staging, names)
    _check_space(staging, {file.name: file.n_bytes for file in files})
    done = 0
    for file in files:
        fetch(
            model,
            listing.commit,
            file,
            staging,
            progress=lambda n, before=done: progress(before + n, total),  # type: ignore[misc]
        )
        done += file.n_bytes
    _finish(model, staging, names, commit=listing.commit, licence=licence, source=address(model))


# Both ---------------------------------------------------------------------------------------------


def _announcement(model: Entry, n_bytes: int, source: str) -> str:
    licence = model.licence or "licence unknown: see its page"
    where = f" ({model.licence_url})" if model.licence_url else ""
    return f"{model.name}: {size_text(n_bytes)} from {source}; licence: {licence}{where}"


def _check_space(staging: Path, sizes: dict[str, int]) -> None:
    here = sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())
    converted = sum(size for name, size in sizes.items() if is_pickled(name))
    needed = max(sum(sizes.values()) - here, 0) + converted + _SPARE_BYTES
    free = shutil.disk_usage(staging).free
    if free < needed:
        message = (
            f"{staging}: {size_text(needed)} are needed and {size_text(free)} are free; make room, "
            "or choose another disk with --folder DIR"
        )
        raise OutputError(message)


def _keep_only(staging: Path, names: Sequence[str]) -> None:
    """Remove what an attempt at other files left: nothing unasked gets into the model."""
    for path in sorted(staging.rglob("*"), reverse=True):
        place = path.relative_to(staging)
        if path.is_file() and place.parts[0] != ".parts" and place.as_posix() not in names:
            path.unlink()


def _finish(
    model: Entry, staging: Path, names: Sequence[str], *, commit: str, licence: str, source: str
) -> None:
    """Convert what is pickled, and write the card."""
    converted = {}
    kept = [name for name in names if not is_pickled(name)]
    for name in sorted(set(names) - set(kept)):
        safe = to_safetensors(staging / name).name
        converted[safe] = (name, measure(staging / name).sha256)
        kept.append(safe)
    if not any(is_weights(name) for name in kept):
        message = f"{model.name}: no weights among {', '.join(names)}"
        raise InputError(message)
    card = ModelCard(
        name=model.name,
        role=model.role,
        repository=model.repository,
        revision=commit,
        licence=licence,
        source=source,
        languages=model.languages,
        files={name: measure(staging / name) for name in kept},
        converted=converted,
    )
    write_card(staging, card)


def _was_finished(staging: Path, *, again: bool) -> bool:
    """Whether an attempt was killed just before the last step."""
    return not again and has_card(staging) and not problems(staging, deep=True)


def _check_ours(home: Path) -> None:
    """Make sure that what would be replaced was brought by this module, or is nothing."""
    if home.exists() and not has_card(home):
        message = f"{home}: is in the way, and was not put there by Sentigram; move it elsewhere"
        raise OutputError(message)


def _move(staging: Path, home: Path) -> None:
    """Put a whole model in its place; the pickles and parts it was made from go."""
    card = read_card(staging)
    shutil.rmtree(staging / ".parts", ignore_errors=True)
    _keep_only(staging, (*card.files, CARD))
    old = staging.with_name(f"{home.name}.old-{os.getpid()}")
    if home.exists():
        _check_ours(home)
        home.rename(old)
    staging.rename(home)
    shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(OSError):
        staging.parent.rmdir()
