"""What `sentigram doctor` says about the full engine: packages, devices, models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentigram.store.machine import CTranslate2View, TorchView


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it works, what was found, and the remedy."""

    check: str
    ok: bool
    found: str
    remedy: str = ""


def full_engine() -> Iterator[Finding]:
    """Everything that only the full engine needs; what is not installed is no failure."""
    from sentigram.store.machine import torch_view

    view = torch_view()
    yield machine()
    yield from packages()
    yield torch_gpu(view)
    yield ctranslate2_gpu()
    if view.version:
        yield compute()
    yield disk()
    yield from stored()
    yield completeness()


def machine() -> Finding:
    """Cores and memory."""
    from sentigram.reading import size_text
    from sentigram.store.machine import (
        free_memory_bytes,
        n_cores,
        total_memory_bytes,
    )

    free, total = free_memory_bytes(), total_memory_bytes()
    memory = f", memory {size_text(free)} free of {size_text(total)}" if total else ""
    return Finding("machine", ok=True, found=f"{n_cores()} cores{memory}")


def packages() -> Iterator[Finding]:
    """The packages of `sentigram[full]`."""
    from sentigram.store.machine import FULL_PACKAGES, INSTALL, package_version

    for name in FULL_PACKAGES:
        version = package_version(name)
        yield Finding(
            f"package {name}",
            ok=True,
            found=version or "not installed; only the full engine needs it",
            remedy="" if version else INSTALL,
        )


def torch_gpu(view: TorchView) -> Finding:
    """The GPU as torch sees it."""
    from sentigram.reading import size_text
    from sentigram.store.machine import INSTALL

    check = "GPU (torch)"
    if not view.version:
        if view.problem == "not installed":
            return Finding(check, ok=True, found="torch is not installed")
        again = f"{INSTALL} --force-reinstall"
        return Finding(check, ok=False, found=f"torch does not load: {view.problem}", remedy=again)
    built = f"torch {view.version}, "
    built += f"CUDA {view.cuda}, cuDNN {view.cudnn or 'missing'}" if view.cuda else "without CUDA"
    if view.problem:
        remedy = "free its memory or restart the machine; or use --device cpu"
        return Finding(check, ok=False, found=f"{view.problem}; {built}", remedy=remedy)
    if view.gpus:
        gpus = "; ".join(
            f"{gpu.name}, capability {gpu.capability[0]}.{gpu.capability[1]}, memory "
            f"{size_text(gpu.free_bytes)} free of {size_text(gpu.total_bytes)}"
            for gpu in view.gpus
        )
        return Finding(check, ok=True, found=f"{gpus}; {built}")
    if view.has_mps:
        return Finding(check, ok=True, found=f"Apple GPU (mps); {built}")
    return Finding(check, ok=True, found=f"none: networks run on the CPU; {built}")


def ctranslate2_gpu() -> Finding:
    """The GPU as CTranslate2 sees it, which runs Whisper."""
    from sentigram.store.machine import ctranslate2_view

    return ctranslate2_finding(ctranslate2_view())


def ctranslate2_finding(view: CTranslate2View) -> Finding:
    """What a look at CTranslate2 means."""
    check = "GPU (faster-whisper)"
    if not view.version:
        remedy = "only --transcriber faster-whisper needs it: pip install faster-whisper"
        return Finding(check, ok=False, found=view.problem, remedy=remedy)
    types = f"CTranslate2 {view.version}, computes in {', '.join(view.compute_types)}"
    if not view.n_gpus:
        return Finding(check, ok=True, found=f"no GPU: Whisper runs on the CPU; {types}")
    missing = [name for name, version in view.libraries if not version]
    here = ", ".join(f"{name} {version}" for name, version in view.libraries if version)
    found = f"{view.n_gpus} CUDA device(s); {types}" + (f"; {here}" if here else "")
    if missing:
        return Finding(
            check,
            ok=False,
            found=f"{found}; {' and '.join(missing)} cannot be loaded",
            remedy="pip install nvidia-cublas-cu12 'nvidia-cudnn-cu12>=9', and put their lib "
            "folders into LD_LIBRARY_PATH; or use --device cpu",
        )
    return Finding(check, ok=True, found=found)


def compute() -> Finding:
    """What `--device auto --precision auto` takes here."""
    from sentigram.emotion.encoders.compute import resolve

    try:
        auto, cpu = resolve(), resolve("cpu")
    except Exception as error:  # noqa: BLE001  (torch may be half installed; said above)
        return Finding("device and precision", ok=False, found=str(error), remedy="--device cpu")
    has = "has" if cpu.precision == "bfloat16" else "has no"
    found = f"auto takes {auto.device} in {auto.precision}; this CPU {has} bfloat16 hardware"
    return Finding("device and precision", ok=True, found=found)


def disk() -> Finding:
    """Where the store is, and how much room it has."""
    import shutil

    from sentigram.reading import size_text
    from sentigram.store.folder import VARIABLE, store_folder

    store = above = store_folder().absolute()
    while not above.is_dir() and above != above.parent:
        above = above.parent
    try:
        free = shutil.disk_usage(above).free
    except OSError as error:
        found = f"{store}: {error.strerror}"
        return Finding("model store", ok=False, found=found, remedy=f"set {VARIABLE}=DIR")
    return Finding("model store", ok=True, found=f"{store}, {size_text(free)} free")


def stored() -> Iterator[Finding]:
    """Every stored model, by the size of its files."""
    from sentigram.reading import size_text
    from sentigram.store.installed import problems, stored_folders
    from sentigram.store.removal import size_of

    for folder in stored_folders():
        damage = problems(folder)
        yield Finding(
            f"model {folder.name}",
            ok=not damage,
            found=damage[0] if damage else f"{size_text(size_of(folder))}, all files there",
            remedy=f"sentigram models pull {folder.name} --again" if damage else "",
        )


def completeness() -> Finding:
    """Whether the full engine can run, and what it lacks."""
    from sentigram.reading import size_text
    from sentigram.store.catalogue import DEFAULT_SET, catalogue, entries_of_set
    from sentigram.store.installed import installed
    from sentigram.store.machine import FULL_PACKAGES, INSTALL, package_version

    check = "full engine"
    lacks = [name for name in FULL_PACKAGES if not package_version(name)]
    here = {model.name for model in installed()}
    missing = {
        name: [entry for entry in entries_of_set(name) if entry.name not in here]
        for name in (DEFAULT_SET, *catalogue().sets)
    }
    name, entries = min(missing.items(), key=lambda item: len(item[1]))
    if not lacks and not entries:
        return Finding(check, ok=True, found=f"complete: the set {name} is here")
    steps = [INSTALL] if lacks else []
    if entries:
        size = size_text(sum(entry.size_bytes for entry in entries))
        steps.append(f"sentigram models pull {' '.join(e.name for e in entries)}  (about {size})")
    what = ", ".join([*lacks, *(entry.name for entry in entries)])
    found = f"not installed (the bundled one works without it); missing: {what}"
    return Finding(check, ok=True, found=found, remedy="; then ".join(steps))
