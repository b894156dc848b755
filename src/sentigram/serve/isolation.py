"""What keeps a job's process apart: limits, no network, no strange files, an end with its parent.

A recording comes from a stranger, and what decodes it is a million lines of C. So the process that
opens it, and all that it starts, gets little:

- memory, processor time, files and processes in limits of the system (`setrlimit`);
- no network: a namespace of its own, in which there is no interface that is up, and a filter that
  refuses to make sockets; either of them alone is enough, and each is tested alone;
- in a namespace of its own as well: its processes, which all end with the first of them;
- no calls that ordinary programs do not make and that faults of the kernel were reached by;
- of the disk, its own folder, and to read only, the program, its models and the system's libraries.

All of this is inherited by what it starts. It is Linux's; elsewhere `available` says what lacks.
"""

from __future__ import annotations

import ctypes
import os
import platform
import select
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sentigram.assets import asset, weights
from sentigram.errors import ResourceError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

NAMESPACE, FILTER, FILES = "namespace", "filter", "files"
FFMPEG = "SENTIGRAM_FFMPEG"  # `media.ffmpeg` says it too; it loads more than is wanted here
WAYS = (NAMESPACE, FILTER, FILES)
WITHOUT_NETWORK = frozenset({NAMESPACE, FILTER})
"""The ways of which each alone takes the network away."""

_MOST_HANDLES = 512
_MOST_PROCESSES = 256  # threads count; beside those that the user has already

_NICENESS = 10
_ENDS_FIRST = "500"  # of 1000; the server has 0

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET, _CLONE_NEWIPC = (
    0x10000000,
    0x20000000,
    0x40000000,
    0x08000000,
)
_ANY_NAMESPACE = 0x7E020000 | 0x00000080  # mount, cgroup, uts, ipc, user, pid, net; time
_CAPABILITIES = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
_USER_INSIDE = 1000  # any but 0: what is started then has no rights over the namespace

# Berkeley packet filter over `struct seccomp_data`: the number of the call at 0, the architecture
# at 4, the arguments of 8 bytes each from 16.
_LOAD, _IF_EQUAL, _IF_ANY_BIT, _IF_FROM, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_CALL_AT, _ARCH_AT, _FIRST_AT = 0, 4, 16
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_FILTER_MODE = 2
_X32 = 0x40000000  # a second set of calls on x86_64, which would go unseen


@dataclass(frozen=True, slots=True)
class _Machine:
    """An architecture: its number, and those of the calls that matter.

    Attributes:
        arch: As the kernel's audit calls it.
        refused: socket; ptrace, process_vm_readv and _writev, kcmp, pidfd_getfd: other processes;
            io_uring_setup: makes sockets without `socket`; unshare, setns, mount, umount2,
            pivot_root, open_tree, move_mount, fsopen, mount_setattr, open_by_handle_at: ways out;
            bpf, perf_event_open, userfaultfd, keyctl, add_key, request_key, kexec_load,
            init_module, finit_module, delete_module: rarely needed and often at fault.
        clone: Refused with the flags of namespaces.
    """

    arch: int
    refused: tuple[int, ...]
    clone: int


# fmt: off
_MACHINES = {
    "x86_64": _Machine(0xC000003E, (
        41, 101, 310, 311, 312, 438, 425, 272, 308, 165, 166, 155, 428, 429, 430, 442, 304,
        321, 298, 323, 250, 248, 249, 246, 175, 313, 176,
    ), 56),
    "aarch64": _Machine(0xC00000B7, (
        198, 117, 270, 271, 272, 438, 425, 97, 268, 40, 39, 41, 428, 429, 430, 442, 265,
        280, 241, 282, 219, 217, 218, 104, 105, 273, 106,
    ), 220),
}
# fmt: on
_CLONE3 = 435  # takes its flags where no filter sees them; libraries fall back to `clone`

# Landlock, the same numbers on every architecture.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION = 1
_EXECUTE, _WRITE, _READ, _LIST = 1, 2, 4, 8
_TRUNCATE, _DEVICES = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICES
_SINCE = ((1, (1 << 13) - 1), (2, 1 << 13), (3, _TRUNCATE), (5, _DEVICES))
_BIND_AND_CONNECT, _ABSTRACT_SOCKETS_AND_SIGNALS = 3, 3  # since versions 4 and 6
_SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/nix/store",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives",
    "/etc/localtime", "/etc/fonts", "/etc/nsswitch.conf", "/etc/passwd", "/etc/OpenCL",
    "/etc/mime.types", "/proc", "/sys",
)  # fmt: skip
_DEVICES_USED = (
    "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dri",
    "/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a job's process may take.

    Attributes:
        memory_bytes: Of addresses; reserved ones count.
        cpu_seconds: Of all its processors together.
        file_bytes: Size of its largest file.
        parent: The process with which it ends.
        writable: Folders that it may write to.
        readable: Folders and files that it may read, beside the program and the system.
    """

    memory_bytes: int
    cpu_seconds: int
    file_bytes: int
    parent: int
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()


def isolate(allowed: Allowance, ways: Sequence[str] = WAYS) -> tuple[str, ...]:
    """Apply all that is to be had to this process, for good, before it opens anything.

    Where there are namespaces, the caller goes on in a process of its own, and the one that was
    started only waits for it and passes on how it ended.

    Args:
        allowed: What it may take.
        ways: Which of `WAYS` to take, as far as they are to be had here.

    Returns:
        The ways that were taken.

    Raises:
        ResourceError: The parent is gone already.
    """
    taken = []
    _end_with(allowed.parent)
    _give_way()
    if NAMESPACE in ways and _entered_namespaces():
        taken.append(NAMESPACE)
        _go_on_as_first_process()
    _set_limits(allowed)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if FILES in ways and _confined_to(allowed):
        taken.append(FILES)
    if FILTER in ways and _filtered():
        taken.append(FILTER)
    return tuple(taken)


@cache
def available() -> tuple[str, ...]:
    """Which of `WAYS` are to be had here; each is tried in a process that ends at once."""
    return tuple(way for way in WAYS if _works(way))


def _works(way: str) -> bool:
    here = f"{__name__}.{_TRIED[way].__name__}"
    code = f"import sys, {__name__}; sys.exit(not {here}())"
    tried = subprocess.run(  # noqa: S603  (this very program)
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return tried.returncode == 0


def hide() -> None:
    """Let no other process of this user look into this one: its memory, and its environment.

    For the server: where jobs are kept from the network alone, they could read its token there.
    """
    _prctl(_PR_SET_DUMPABLE, 0)


def _end_with(parent: int) -> None:
    """Be killed when the parent ends.

    Raises:
        ResourceError: It has ended already.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if hasattr(os, "getppid") and os.getppid() != parent:
        message = "the server that asked for this is gone"
        raise ResourceError(message)


def _give_way() -> None:
    """Run when nobody else wants to; and be the one that ends where memory runs out."""
    with suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_ENDS_FIRST, encoding="ascii")


def _set_limits(allowed: Allowance) -> None:
    if resource is None:
        return
    limits = {
        "RLIMIT_AS": allowed.memory_bytes,
        "RLIMIT_CPU": allowed.cpu_seconds,
        "RLIMIT_FSIZE": allowed.file_bytes,
        "RLIMIT_NOFILE": _MOST_HANDLES,
        "RLIMIT_NPROC": _n_tasks() + _MOST_PROCESSES,
        "RLIMIT_CORE": 0,
    }
    for name, most in limits.items():
        if (number := getattr(resource, name, None)) is not None:
            _, hard = resource.getrlimit(number)
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            with suppress(OSError, ValueError):  # macOS has no limit of addresses
                resource.setrlimit(number, (bound, bound))
    # A file that grows too large is an error of its writer, which says so; no silent end.
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _n_tasks() -> int:
    """Processes and threads that this user has, for whom they are counted together."""
    n = 0
    with suppress(OSError):
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdecimal() and process.stat().st_uid == os.getuid():
                    n += sum(1 for _ in (process / "task").iterdir())
    return n


def _entered_namespaces() -> bool:
    """Whether this process is in namespaces of its own now, without rights over them."""
    if sys.platform != "linux":
        return False
    user, group = os.getuid(), os.getgid()
    flags = _CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWPID
    if _libc().unshare(flags) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{_USER_INSIDE} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{_USER_INSIDE} {group} 1", encoding="ascii")
    except OSError as error:  # it cannot write files as nobody, nor go back
        message = f"this system allows half of a namespace ({error.strerror})"
        raise ResourceError(message) from error
    for capability in range(64):
        _libc().prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, none = struct.pack("=Ii", _CAPABILITIES, 0), bytes(24)
    _libc().capset(header, none)
    return True


def _go_on_as_first_process() -> None:
    """Go on in the new namespace of processes; when its first process ends, all in it do."""
    alive, ours = os.pipe()
    child = os.fork()
    if child:
        os.close(alive)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:  # end in the same way, so that the server sees which it was
            with suppress(OSError, ValueError):
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        os._exit(max(code, 0) or (128 - code if code < 0 else 0))
    os.close(ours)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    ended = select.poll()
    ended.register(alive, select.POLLHUP)
    if ended.poll(0):  # before the line above
        os._exit(1)


def _filtered() -> bool:
    """Whether a filter of calls is in place now."""
    machine = _MACHINES.get(platform.machine())
    if machine is None or sys.platform != "linux" or sys.maxsize < 2**32:
        return False
    code = b"".join(_program(machine))
    program = ctypes.create_string_buffer(code)
    described = struct.pack("=HxxxxxxQ", len(code) // 8, ctypes.addressof(program))
    return bool(_libc().prctl(_PR_SET_SECCOMP, _FILTER_MODE, described, 0, 0) == 0)


def _program(machine: _Machine) -> Iterable[bytes]:
    """The filter, an instruction of 8 bytes each: code, jump if true, jump if not, operand."""

    def step(code: int, operand: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("=HBBI", code, yes, no, operand)

    yield step(_LOAD, _ARCH_AT)
    yield step(_IF_EQUAL, machine.arch, yes=1)
    yield step(_RETURN, _KILL)
    yield step(_LOAD, _CALL_AT)
    yield step(_IF_FROM, _X32, no=1)
    yield step(_RETURN, _REFUSE | _ENOSYS)
    yield step(_IF_EQUAL, _CLONE3, no=1)
    yield step(_RETURN, _REFUSE | _ENOSYS)
    for call in machine.refused:
        yield step(_IF_EQUAL, call, no=1)
        yield step(_RETURN, _REFUSE | _EPERM)
    yield step(_IF_EQUAL, machine.clone, no=3)
    yield step(_LOAD, _FIRST_AT)
    yield step(_IF_ANY_BIT, _ANY_NAMESPACE & ~0x80, no=1)  # 0x80 is a signal's bit in `clone`
    yield step(_RETURN, _REFUSE | _EPERM)
    yield step(_RETURN, _ALLOW)


def _is_filterable() -> bool:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    return _filtered()


def _landlock_version() -> int:
    """0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION)))


def _confined_to(allowed: Allowance) -> bool:
    """Whether this process sees only its own files now."""
    version = _landlock_version()
    if version == 0:
        return False
    handled = sum(bits for since, bits in _SINCE if version >= since)
    attributes = struct.pack(
        "=QQQ",
        handled,
        _BIND_AND_CONNECT if version >= 4 else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    known = attributes[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = int(_libc().syscall(_LANDLOCK_CREATE, known, len(known), 0))
    if rules < 0:
        return False
    try:
        for path in (*_program_files(), *allowed.readable, *map(Path, _SYSTEM)):
            _allow(rules, path, handled & (_EXECUTE | _READ | _LIST))
        for path in (*allowed.writable, *map(Path, _DEVICES_USED)):
            _allow(rules, path, handled)
        return bool(_libc().syscall(_LANDLOCK_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _program_files() -> Iterable[Path]:
    """Where Python, Sentigram, ffmpeg and their libraries are."""
    ffmpeg = (os.environ.get(FFMPEG), shutil.which("ffmpeg"))
    named = (sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, *os.get_exec_path())
    yield from (Path(name) for name in named if name)
    yield from (Path(name).resolve().parent for name in ffmpeg if name)
    yield from (asset("templates"), asset("fonts"), weights().parent)


def _allow(rules: int, path: Path, access: int) -> None:
    """Allow some access to a file, or to a folder and all that is in it."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it is not there
        return
    try:
        bits = access if path.is_dir() else access & _OF_FILES
        rule = struct.pack("=Qi", bits, handle)
        _libc().syscall(_LANDLOCK_ADD, rules, 1, rule, 0)
    finally:
        os.close(handle)


_TRIED: Mapping[str, Callable[[], object]] = MappingProxyType(
    {NAMESPACE: _entered_namespaces, FILTER: _is_filterable, FILES: _landlock_version}
)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _libc().prctl(option, value, 0, 0, 0)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
