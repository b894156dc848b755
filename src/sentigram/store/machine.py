"""What this machine has for the full engine, as each library sees it. Nothing here raises."""

from __future__ import annotations

import ctypes
import os
import warnings
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

FULL_PACKAGES = ("faster-whisper", "torch", "transformers", "funasr", "huggingface-hub")
INSTALL = "pip install 'sentigram[full]'"

_CUBLAS, _CUDNN = "libcublas.so.12", "libcudnn.so.9"  # what CTranslate2 4.5 and later load


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU as torch sees it.

    Attributes:
        name: Of the product.
        capability: Of its instructions, such as (9, 0).
        free_bytes: Of its memory.
        total_bytes: Of its memory.
    """

    name: str
    capability: tuple[int, int]
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class TorchView:
    """What torch finds.

    Attributes:
        version: Of torch, "" if it does not load.
        cuda: Version that it was built for, "" for none.
        cudnn: Version that it loads, "" for none.
        gpus: That it can use.
        has_mps: Whether Apple's GPU is there.
        problem: Why it does not load, or why it cannot use the GPU.
    """

    version: str = ""
    cuda: str = ""
    cudnn: str = ""
    gpus: tuple[Gpu, ...] = ()
    has_mps: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CTranslate2View:
    """What CTranslate2 finds.

    Attributes:
        version: Of CTranslate2, "" if it does not load.
        n_gpus: That it can use.
        compute_types: Of the first GPU, or of the processor.
        libraries: Which CUDA libraries it would find, by name: version or "" for none. Empty
            without a GPU.
        problem: Why it does not load.
    """

    version: str = ""
    n_gpus: int = 0
    compute_types: tuple[str, ...] = ()
    libraries: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def torch_view() -> TorchView:
    """Ask torch, if it is installed."""
    if find_spec("torch") is None:
        return TorchView(problem="not installed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a driver that is too old is said below
            return _torch_view()
    except Exception as error:  # noqa: BLE001  (a broken installation can raise anything)
        return TorchView(problem=_first_line(error))


def ctranslate2_view() -> CTranslate2View:
    """Ask CTranslate2, if it is installed."""
    try:
        import ctranslate2

        n_gpus = int(ctranslate2.get_cuda_device_count())
        types = ctranslate2.get_supported_compute_types("cuda" if n_gpus else "cpu")
    except Exception as error:  # noqa: BLE001  (as above: its native library may not load)
        return CTranslate2View(problem=_first_line(error))
    return CTranslate2View(
        str(ctranslate2.__version__),
        n_gpus,
        tuple(sorted(types)),
        _cuda_libraries() if n_gpus and os.name == "posix" else (),
    )


def package_version(name: str) -> str:
    """The version of an installed package, "" if it is not."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def n_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory_bytes() -> int:
    """Memory that programs can still have, 0 when unknown."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return _pages("SC_AVPHYS_PAGES")


def total_memory_bytes() -> int:
    """Memory of the machine, 0 when unknown."""
    return _pages("SC_PHYS_PAGES")


def _pages(name: str) -> int:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows; macOS knows only some
        return 0


def _torch_view() -> TorchView:
    import torch

    cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    problem, gpus = "", []
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            try:
                free, total = torch.cuda.mem_get_info(index)
                gpus.append(
                    Gpu(
                        torch.cuda.get_device_name(index),
                        torch.cuda.get_device_capability(index),
                        free,
                        total,
                    )
                )
            except RuntimeError as error:
                problem = f"GPU {index}: {_first_line(error)}"
    return TorchView(
        str(torch.__version__),
        torch.version.cuda or "",
        _dotted(int(cudnn)) if cudnn else "",
        tuple(gpus),
        has_mps=torch.backends.mps.is_available(),
        problem=problem,
    )


def _cuda_libraries() -> tuple[tuple[str, str], ...]:
    """Load what CTranslate2 loads when it is first used: it fails there if they are missing."""
    found = []
    for name in (_CUBLAS, _CUDNN):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            found.append((name, ""))
            continue
        version = _dotted(library.cudnnGetVersion()) if name == _CUDNN else "12"
        found.append((name, version))
    return tuple(found)


def _dotted(version: int) -> str:
    """Of cuDNN: 91002 is 9.10.2, and 8902 is 8.9.2."""
    step = 10_000 if version >= 90_000 else 1_000
    return f"{version // step}.{version % step // 100}.{version % 100}"


def _first_line(error: Exception) -> str:
    first, *_ = str(error).strip().splitlines() or [type(error).__name__]
    return first[:200]
