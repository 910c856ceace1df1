"""Hosts, origins and ids in their one canonical form (D8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_ai.core.errors import Malformed
from fediverse_ai.core.urls import canonical_host, check_id, host_of, origin, same_origin


@pytest.mark.parametrize(
    ("given_host", "canonical"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("example.com:443", "example.com"),
        ("example.com:8443", "example.com:8443"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("[::1]:8000", "[::1]:8000"),
        ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_one_form_for_each_host(given_host: str, canonical: str) -> None:
    assert canonical_host(given_host) == canonical
    assert canonical_host(canonical) == canonical


@pytest.mark.parametrize(
    "host",
    [
        "", ".", "..", "a..b", "-a.example", "a-.example", "a_b.example", "127.1", "2130706433", "0x7f000001", "0x7f.1",
        "0177.0.0.1", "0", "256.1.1.1", "1.2.3.4.5", "[::1", "::1", "[::1%lo]", "[1.2.3.4]", "a.example:0",
        "a.example:65536", "a.example:x", "a.example:", "user@a.example", "a.example/", "a b.example", "a\x00.example",
        "a" * 64 + ".example", ".".join(["a" * 60] * 5), "a\u200bb.example", "a\u2024example", "☃.example", "example.com..",  # noqa: E501
        "a.example\n", "%61.example",
    ],
)  # fmt: skip
def test_hosts_that_are_none(host: str) -> None:
    with pytest.raises(Malformed):
        canonical_host(host)


@given(st.text(max_size=40))
def test_a_canonical_host_stays_as_it_is(text: str) -> None:
    try:
        once = canonical_host(text)
    except Malformed:
        return
    assert canonical_host(once) == once
    assert once == once.lower()
    assert once.isascii()


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example/users/ann",
        "https://a.example/users/ann#main-key",
        "https://a.example/",
        "https://a.example/@ann/1?page=2&x=%20a",
        "https://a.example:8443/x",
        "http://127.0.0.1:8000/users/ann",
        "http://[::1]:8000/users/ann",
        "https://a.example/%c3%a9t%C3%A9",
        "https://a.example/~ann;v=1/(x)!$'*+,=:",
        "https://a.example/...",
        "https://a.example/.well-known/x",
        "https://xn--bcher-kva.example/x",
        "https://a.example/" + "x" * 2030,
    ],
)
def test_ids_in_normal_form(uri: str) -> None:
    assert check_id(uri) is uri


@pytest.mark.parametrize(
    "uri",
    [
        "", "a.example/x", "//a.example/x", "acct:ann@a.example", "ftp://a.example/x", "HTTPS://a.example/x",
        "https://a.example", "https://a.example?x", "https://A.example/x", "https://a.example./x", "https:/a.example/x",
        "https://a.example:443/x", "http://a.example:80/x", "https://a.example:0443/x", "https://a.example:/x",
        "https://u@a.example/x", "https://u:p@a.example/x", "https://a.example\\@b.example/x", "https://a.example/a/../b",
        "https://a.example/./x", "https://a.example/x/..", "https://a.example/%41", "https://a.example/%7e",
        "https://a.example/%2d", "https://a.example/?q=%61", "https://a.example/%", "https://a.example/%zz",
        "https://a.example/a b", "https://a.example/x\n", "https://a.example/\x00", "https://a.example/é",
        "https://bücher.example/x", "https://a.example/<script>", 'https://a.example/"', "https://a.example/#a#b",
        "https://127.1/x", "https://a.example/" + "x" * 2031,
    ],
)  # fmt: skip
def test_ids_that_another_reader_might_read_otherwise(uri: str) -> None:
    with pytest.raises(Malformed):
        check_id(uri)


@pytest.mark.parametrize("value", [None, 1, ["https://a.example/x"], {"id": "https://a.example/x"}])
def test_ids_are_strings(value: object) -> None:
    with pytest.raises(Malformed):
        check_id(value)  # type: ignore[arg-type]


def test_origins() -> None:
    assert origin("https://A.example:443/x") == "https://a.example"
    assert origin("http://a.example:443/x") == "http://a.example:443"
    assert origin("https://a.example:8443?x") == "https://a.example:8443"
    assert host_of("http://127.0.0.1:8000/users/ann") == "127.0.0.1:8000"
    assert same_origin("https://a.example/x", "https://A.EXAMPLE:443/y#z")
    assert not same_origin("https://a.example/x", "http://a.example/x")
    assert not same_origin("https://a.example/x", "https://a.example.evil/x")
    assert not same_origin("https://a.example/x", "https://a.example:444/x")
    assert not same_origin("nonsense", "nonsense")


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example\\@b.example/",
        "https://a@b.example/",
        "https:// a.example/",
        "mailto:x",
        "https://",
        "https://a\tb.example/",
    ],
)
def test_what_has_no_origin(uri: str) -> None:
    with pytest.raises(Malformed):
        origin(uri)
