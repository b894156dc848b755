"""Who may ask what: hosts, other sites, the token, sessions of browsers, and how often.

A browser gets a session: a cookie that scripts cannot read and other sites cannot send. A script
has no cookie; it shows the token where there is one, and the id of a job is what opens it. What a
session owns is never shown to a script, nor to another session.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sentigram.errors import UsageError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE_METHODS | {"POST", "PUT", "DELETE"}
LEAST_TOKEN = 16  # characters: what `openssl rand -hex 8` gives
SESSION_DAYS = 30
_SESSION_S = SESSION_DAYS * 24 * 3600
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_SESSION = re.compile(r"[A-Za-z0-9_-]{22}\.[0-9]{1,12}\.[A-Za-z0-9_-]{43}")
_OWN_SITE = frozenset({"same-origin", "none"})  # of Sec-Fetch-Site
_NETWORK = 64  # bits of an IPv6 address that a household has as a rule

KEY = "key"
"""The file of the key of the sessions, in the server's folder; by it the folder is known."""
_KEY_BYTES = 32

OF_TOKEN, OF_NOBODY = "token", "nobody"
"""Owners of jobs that no session owns."""


def check_token(token: str) -> None:
    """Make sure that a token is worth its name.

    Raises:
        UsageError: It is too short, or no header can hold it.
    """
    if len(token) < LEAST_TOKEN:
        message = (
            f"the token has {len(token)} characters; write at least {LEAST_TOKEN} into its file, "
            "such as those of: openssl rand -hex 16"
        )
        raise UsageError(message)
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise UsageError("the token may hold letters, digits and signs of ASCII, and no spaces")


class Pace:
    """How often each of many may do something: so many at once, and then so many a second.

    Args:
        per_s: What comes back each second.
        burst: What may be done at once.
        most: Of how many it is kept; those that were seen last.
        clock: Seconds.
    """

    def __init__(
        self,
        *,
        per_s: float,
        burst: int,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_s, self._burst, self._most, self._clock = per_s, burst, most, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, who: str, *, counts: bool = True) -> float:
        """Count one, and say how long to wait before it; 0 where it may be done now.

        Args:
            who: Whose it is.
            counts: Whether this is one; else it is only asked.
        """
        now = self._clock()
        left, at = self._left.pop(who, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) * self._per_s)
        wait_s = 0.0 if left >= 1 else (1 - left) / self._per_s
        self._left[who] = (left - 1 if counts and not wait_s else left, now)
        while len(self._left) > self._most:
            self._left.popitem(last=False)
        return wait_s


def neighbourhood(address: str) -> str:
    """What rates are counted by: an IPv4 address, or the network of an IPv6 one."""
    try:
        of = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(of, ipaddress.IPv6Address):
        if of.ipv4_mapped is not None:
            return str(of.ipv4_mapped)
        return str(ipaddress.ip_network((of, _NETWORK), strict=False))
    return str(of)


def is_loopback(host: str) -> bool:
    """Whether a host to listen at is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names that this server answers to: a page whose name leads here is none of them.

    Attributes:
        names: In small letters, without ports.
        any_address: Addresses in numbers count as well: no other site is called so.
    """

    names: frozenset[str]
    any_address: bool = False

    @classmethod
    def of(cls, host: str, public_names: Sequence[str] = ()) -> Hosts:
        """The names of a server that listens at a host.

        Raises:
            UsageError: A public name is none.
        """
        for name in public_names:
            found = _HOST.fullmatch(name)
            if not found or found[2]:
                message = f"`public_name {name!r}`: write a name such as captions.example.org"
                raise UsageError(message)
        own = {"localhost", "127.0.0.1", "[::1]"}
        if not is_loopback(host):
            own.add(host.lower())
        names = frozenset(own | {name.lower() for name in public_names})
        return cls(names, any_address=not is_loopback(host))

    def has(self, header: str) -> bool:
        """Whether a `Host` header names this server."""
        found = _HOST.fullmatch(header)
        if not found:
            return False
        name = found[1].lower().rstrip(".")
        if name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return self.any_address or address.is_loopback


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks.

    Attributes:
        owner: Whose jobs are theirs: a session's, the token's or nobody's.
        is_known: They showed the token, now or when their session began, or there is none to show.
        has_session: They are a browser with a session.
        address: What rates are counted by.
    """

    owner: str
    is_known: bool
    has_session: bool
    address: str


class Access:
    """What is asked of every request.

    Args:
        folder: Where the key of the sessions is kept, for sessions outlive the server.
        token: What must be shown, "" for nothing.
        hosts: What this server is called.
        behind_proxy: The last address in X-Forwarded-For is whoever asks, and
            X-Forwarded-Proto says how: a proxy stands before this server, and nobody goes round it.
    """

    def __init__(
        self, folder: Path, *, token: str = "", hosts: Hosts, behind_proxy: bool = False
    ) -> None:
        if token:
            check_token(token)
        self.hosts = hosts
        self.has_token = bool(token)
        self.behind_proxy = behind_proxy
        self._token = _digest(token)
        self._key = _kept_key(folder)
        # A class of thirty behind one address opens the page at once; one visitor never does so.
        self.requests = Pace(per_s=100, burst=1000)
        self.uploads = Pace(per_s=1, burst=60)
        self.wrong_tokens = Pace(per_s=1 / 12, burst=5)

    def address(self, peer: str, headers: Mapping[str, str]) -> str:
        """Who asks, as rates are counted: see `behind_proxy`."""
        if self.behind_proxy:
            told = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            return neighbourhood(told or peer)
        return neighbourhood(peer)

    def is_secure(self, scheme: str, headers: Mapping[str, str]) -> bool:
        """Whether the browser came by HTTPS."""
        if self.behind_proxy:
            return headers.get("x-forwarded-proto", scheme).rpartition(",")[2].strip() == "https"
        return scheme == "https"

    def is_token(self, given: str) -> bool:
        """Whether this is the token; it takes as long whatever is given."""
        return self.has_token and hmac.compare_digest(_digest(given), self._token)

    def foreign(self, method: str, headers: Mapping[str, str], *, has_session: bool) -> bool:
        """Whether a request that changes something comes from a page of another site."""
        if method in SAFE_METHODS:
            return False
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site not in _OWN_SITE:
            return True
        if origin is not None:
            return not self._is_own(origin, headers.get("host", ""))
        return has_session and site is None  # a browser says where from; what says nothing is none

    def _is_own(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()

    def visitor(
        self, address: str, headers: Mapping[str, str], cookies: Mapping[str, str]
    ) -> Visitor:
        """Who asks, by their cookie, or by the token that they show."""
        session = self._session(cookies.get(cookie_name(headers.get("host", "")), ""))
        if session:
            owner = "session-" + hashlib.sha256(session.encode()).hexdigest()[:32]
            return Visitor(owner, is_known=True, has_session=True, address=address)
        if not self.has_token:
            return Visitor(OF_NOBODY, is_known=True, has_session=False, address=address)
        kind, _, given = headers.get("authorization", "").partition(" ")
        is_known = kind.lower() == "bearer" and self.is_token(given.strip())
        return Visitor(OF_TOKEN, is_known=is_known, has_session=False, address=address)

    def new_session(self) -> str:
        """The value of a new cookie, for a browser that may come in."""
        begun = f"{secrets.token_urlsafe(16)}.{int(time.time())}"
        return f"{begun}.{self._seal(begun)}"

    def _session(self, value: str) -> str:
        """The id in a cookie of ours that still holds; else ""."""
        if not _SESSION.fullmatch(value):
            return ""
        begun, _, seal = value.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(begun).encode()):
            return ""
        session, _, at = begun.partition(".")
        return session if 0 <= time.time() - int(at) + 60 <= _SESSION_S else ""

    def _seal(self, begun: str) -> str:
        """What only this server can write; it changes with the token, which ends all sessions."""
        mac = hmac.new(self._key, self._token + begun.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).decode("ascii").rstrip("=")


def cookie_name(host: str) -> str:
    """The session's cookie: servers at other ports of a host have other ones."""
    port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
    return f"sentigram-{port}" if port.isascii() and port.isdigit() else "sentigram"


def set_cookie(host: str, value: str, *, is_secure: bool) -> str:
    """The `Set-Cookie` header of a session."""
    ends = f"; Path=/; Max-Age={_SESSION_S}; HttpOnly; SameSite=Strict"
    return f"{cookie_name(host)}={value}{ends}{'; Secure' if is_secure else ''}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def is_key(path: Path) -> bool:
    """Whether a server wrote this key, or began to."""
    try:
        return path.is_file() and path.stat().st_size in (0, _KEY_BYTES)
    except OSError:
        return False


def _kept_key(folder: Path) -> bytes:
    """The key of the sessions: made once, for its owner alone.

    Raises:
        UsageError: A file of that name is there, and is not such a key.
    """
    path = folder / KEY
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if not is_key(path):
            message = (
                f"`data {folder}`: `{KEY}` in it is not the key of a server's sessions; give the "
                "server a folder of its own"
            )
            raise UsageError(message) from None
        key = path.read_bytes()
        if key:
            return key
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC)  # of a start that was killed
    with os.fdopen(handle, "wb") as file:
        key = secrets.token_bytes(_KEY_BYTES)
        file.write(key)
    return key
