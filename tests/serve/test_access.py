"""Tokens, sessions, hosts and pace, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.errors import UsageError
from sentigram.serve.access import (
    Access,
    Hosts,
    Pace,
    check_token,
    cookie_name,
    is_loopback,
    neighbourhood,
    set_cookie,
)

TOKEN = "a-token-of-some-length"  # noqa: S105


def access(folder: Path, **options) -> Access:
    return Access(folder, **{"hosts": Hosts.of("127.0.0.1"), **options})


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 15, "with a space in the middle", "ümlaut" * 4]
)
def test_a_weak_token_is_refused_with_the_remedy(token: str) -> None:
    with pytest.raises(UsageError, match=r"openssl rand|letters, digits and signs"):
        check_token(token)


def test_a_token_is_known_whole_and_nothing_else_is(tmp_path: Path) -> None:
    it = access(tmp_path, token=TOKEN)
    assert it.is_token(TOKEN)
    for other in ("", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "\ud800"):
        assert not it.is_token(other)
    assert not access(tmp_path).is_token("")  # where there is none, nothing is it


def test_a_session_outlives_the_server_and_not_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies = {"sentigram-8765": access(tmp_path, token=TOKEN).new_session()}
    host = {"host": "localhost:8765"}
    again = access(tmp_path, token=TOKEN).visitor("1.2.3.4", host, cookies)
    assert (again.is_known, again.has_session) == (True, True)
    assert again.owner.startswith("session-")
    assert cookies["sentigram-8765"].partition(".")[0] not in again.owner
    assert not access(tmp_path, token=TOKEN + "2").visitor("1.2.3.4", host, cookies).is_known
    assert not access(tmp_path).visitor("1.2.3.4", host, cookies).has_session
    elsewhere = tmp_path / "another"
    elsewhere.mkdir()
    assert not access(elsewhere, token=TOKEN).visitor("1.2.3.4", host, cookies).has_session
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    at = __import__("time").time() + 31 * 24 * 3600
    monkeypatch.setattr("sentigram.serve.access.time.time", lambda: at)
    assert not access(tmp_path, token=TOKEN).visitor("1.2.3.4", host, cookies).has_session


def test_a_key_that_was_cut_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"")
    access(tmp_path)
    assert len((tmp_path / "key").read_bytes()) == 32


def test_a_key_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    theirs = b"-----BEGIN PRIVATE KEY-----"
    (tmp_path / "key").write_bytes(theirs)
    with pytest.raises(UsageError, match="`key` in it is not the key of a server's sessions"):
        access(tmp_path)
    assert (tmp_path / "key").read_bytes() == theirs


def test_sessions_differ(tmp_path: Path) -> None:
    it = access(tmp_path)
    assert len({it.new_session().partition(".")[0] for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "sentigram"),
        ("localhost:8765", "sentigram-8765"),
        ("[::1]:80", "sentigram-80"),
        ("[::1]", "sentigram"),
        ("x:y", "sentigram"),
    ],
)
def test_servers_at_other_ports_have_other_cookies(host: str, name: str) -> None:
    assert cookie_name(host) == name
    assert set_cookie(host, "v", is_secure=True).endswith("HttpOnly; SameSite=Strict; Secure")
    assert "Secure" not in set_cookie(host, "v", is_secure=False)


def test_hosts_of_a_server_on_loopback() -> None:
    hosts = Hosts.of("127.0.0.1", ["Captions.example.org"])
    for name in (
        "localhost",
        "localhost:1",
        "127.0.0.1:8765",
        "[::1]:9",
        "127.8.8.8",
        "LOCALHOST.",
    ):
        assert hosts.has(name), name
    assert hosts.has("captions.example.org")
    for name in ("10.0.0.1", "evil.example", "", "a b", "localhost:123456", "[::2]", "x@localhost"):
        assert not hosts.has(name), name


def test_hosts_of_a_server_on_the_network() -> None:
    hosts = Hosts.of("0.0.0.0")
    assert hosts.has("192.168.1.5:8765")  # no site is called by a number, so none can rebind to it
    assert not hosts.has("evil.example")
    with pytest.raises(UsageError, match=r"captions\.example\.org"):
        Hosts.of("0.0.0.0", ["https://x.example/"])


def test_where_others_reach_it_is_known() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "::1", "localhost", "127.1.2.3", "[::1]")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org", "")))


def test_a_pace_gives_some_at_once_and_then_a_few_a_second() -> None:
    now = [0.0]
    pace = Pace(per_s=2, burst=3, most=2, clock=lambda: now[0])
    assert [pace.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert pace.wait_s("b", counts=False) == 0
    now[0] = 0.5
    assert [pace.wait_s("a") for _ in range(2)] == [0, 0.5]
    now[0] = 100
    assert [pace.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]  # no more than the burst
    for who in ("c", "d"):
        pace.wait_s(who)
    assert pace.wait_s("a") == 0  # forgotten: only so many are kept


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_household_counts_as_one(address: str, counted: str) -> None:
    assert neighbourhood(address) == counted


def test_what_a_proxy_says_counts_only_behind_one(tmp_path: Path) -> None:
    told = {"x-forwarded-for": "6.6.6.6, 5.5.5.5", "x-forwarded-proto": "https"}
    plain, behind = access(tmp_path), access(tmp_path, behind_proxy=True)
    assert plain.address("127.0.0.1", told) == "127.0.0.1"
    assert behind.address("127.0.0.1", told) == "5.5.5.5"  # the last one is what the proxy saw
    assert behind.address("127.0.0.1", {}) == "127.0.0.1"
    assert not plain.is_secure("http", told)
    assert behind.is_secure("http", told)
    assert not behind.is_secure("http", {})


@pytest.mark.parametrize(
    ("headers", "has_session", "is_foreign"),
    [
        ({}, False, False),  # a script
        ({}, True, True),  # a browser always says where from
        ({"origin": "http://localhost:1"}, True, False),
        ({"origin": "https://localhost:1"}, True, False),  # a proxy may end the encryption
        ({"origin": "http://localhost:2"}, False, True),
        ({"origin": "null"}, False, True),
        ({"origin": "http://[x"}, False, True),
        ({"sec-fetch-site": "same-origin"}, True, False),
        ({"sec-fetch-site": "same-site"}, False, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost:1"}, True, True),
        ({"sec-fetch-site": "same-origin", "origin": "http://evil.example"}, True, True),
    ],
)
def test_what_other_sites_send_is_known(
    tmp_path: Path, headers: dict[str, str], has_session: bool, is_foreign: bool
) -> None:
    it, told = access(tmp_path), {"host": "localhost:1"} | headers
    assert it.foreign("POST", told, has_session=has_session) is is_foreign
    assert not it.foreign("GET", told, has_session=has_session)
