"""RFC 9421: published vectors, Mastodon's and Fedify's spellings, and one thing wrong at a time (SIG-25)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from http_message_signatures import ContentDigest, HTTPMessageSigner, algorithms
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_ai.activitypub import message_signatures as ms
from fediverse_ai.activitypub.keys import load_private_key, load_public_key
from fediverse_ai.core.errors import Unauthenticated

NOW = datetime(2025, 10, 7, 10, 0, 0, tzinfo=UTC)
URL = "https://home.test/users/ann/inbox"
BODY = b'{"type":"Follow"}'
KEY_ID = "https://good.test/u/bob#main-key"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
ED25519 = ed25519.Ed25519PrivateKey.generate()

# RFC 9421 appendix B.1.1 and B.1.4.
RSA_PEM = """-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----
"""
ED25519_PEM = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
RFC_BODY = b'{"hello": "world"}'
RFC_DIGEST = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
PROXY_INPUT = (
    'proxy_sig=("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded")'
    ';created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540'
)
PROXY_SIGNATURE = (
    "proxy_sig=:S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniOaYmdkDcnL9cCpX"
    "JleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+7X5kXQfi8N"
    "MaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+YuI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrs"
    "wsE1w5o0LV/g==:"
)


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


def test_the_proxy_of_rfc_9421_section_4_3() -> None:
    headers = raw(
        {
            "Host": "origin.host.internal.example",
            "Content-Type": "application/json",
            "Content-Length": "18",
            "Forwarded": "for=192.0.2.123;host=example.com;proto=https",
            "Content-Digest": RFC_DIGEST,
            "Signature-Input": PROXY_INPUT,
            "Signature": PROXY_SIGNATURE,
        }
    )
    arguments: dict[str, Any] = {
        "method": "POST",
        "url": "https://origin.host.internal.example/foo",
        "headers": headers,
        "body": RFC_BODY,
        "public_key": load_public_key(RSA_PEM),
        "now": datetime.fromtimestamp(1_618_884_500, UTC),
    }
    ms.verify(ms.parse(headers), **arguments)
    # The example leaves the query uncovered: with one in the address, we refuse it.
    for changed in (
        {"url": "https://origin.host.internal.example/foo?param=Value&Pet=dog"},
        {"body": RFC_BODY + b" "},
        {"now": datetime.fromtimestamp(1_618_884_541, UTC)},
        {"url": "https://example.com/foo"},
    ):
        with pytest.raises(Unauthenticated):
            ms.verify(ms.parse(headers), **(arguments | changed))


def test_appendix_b_2_6_of_rfc_9421_bit_for_bit() -> None:
    key = load_private_key(ED25519_PEM)
    lines = ms._Headers(
        [
            ("Host", "example.com"),
            ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("Content-Type", "application/json"),
            ("Content-Length", "18"),
        ]
    )
    request = ms._Request("POST", "https://example.com/foo?param=Value&Pet=dog", lines)
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=ms._OneKey(key)).sign(
        request,
        key_id="test-key-ed25519",
        created=datetime.fromtimestamp(1_618_884_473, UTC),
        label="sig-b26",
        include_alg=False,
        covered_component_ids=["date", "@method", "@path", "@authority", "content-type", "content-length"],
    )
    signed = dict(lines.items())
    assert signed["Signature-Input"] == (
        'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    assert signed["Signature"] == (
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
    )


def test_rfc_9530_digests() -> None:
    assert ms.content_digest(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    assert ms.content_digest(b"") == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    assert ms.content_digest(RFC_BODY) == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"


class _NoDigest(ContentDigest):
    @classmethod
    def prepare(cls, headers: Any, body: bytes | None, *, use_existing_digest: bool) -> None:
        """Leave the header alone, so that a wrong digest can be signed."""


class Signer(HTTPMessageSigner):
    content_digest_class = _NoDigest


def request(
    covered: tuple[str, ...] = ("@method", "@target-uri", "content-digest"),
    *,
    method: str = "POST",
    url: str = URL,
    body: bytes | None = BODY,
    key: Any = KEY,
    algorithm: Any = algorithms.RSA_V1_5_SHA256,
    created: datetime = NOW,
    expires: datetime | None = None,
    include_alg: bool = True,
    label: str = "sig1",
    extra: dict[str, str] | None = None,
) -> list[tuple[bytes, bytes]]:
    headers = {"Host": "home.test", "Date": "Tue, 07 Oct 2025 10:00:00 GMT", **(extra or {})}
    if body is not None:
        headers.setdefault("Content-Digest", ms.content_digest(body))
        headers["Content-Type"] = "application/activity+json"
    lines = ms._Headers(list(headers.items()))
    Signer(signature_algorithm=algorithm, key_resolver=ms._OneKey(key)).sign(
        ms._Request(method, url, lines),
        key_id=KEY_ID,
        created=created,
        expires=expires,
        include_alg=include_alg,
        label=label,
        covered_component_ids=covered,
    )
    return raw(dict(lines.items()))


def verify(headers: list[tuple[bytes, bytes]], **changed: Any) -> ms.MessageSignature:
    signature = ms.parse(headers)
    arguments: dict[str, Any] = {
        "method": "POST", "url": URL, "headers": headers, "body": BODY, "public_key": KEY.public_key(), "now": NOW,
    }  # fmt: skip
    ms.verify(signature, **(arguments | changed))
    return signature


MASTODON = ("@method", "@target-uri", "content-digest")
FEDIFY = ("@method", "@target-uri", "@authority", "host", "date", "content-digest")


@pytest.mark.parametrize(
    "headers",
    [
        request(MASTODON),
        request(FEDIFY),
        request(("@method", "@authority", "@path", "content-digest")),
        request(MASTODON, include_alg=False),
        request(MASTODON, algorithm=algorithms.RSA_PSS_SHA512),
        request(MASTODON, expires=NOW + timedelta(minutes=5)),
        request(MASTODON, label="anything-1"),
        request(MASTODON, created=NOW - timedelta(minutes=64)),
        request(MASTODON, created=NOW + timedelta(minutes=59)),
    ],
)
def test_peers_are_understood(headers: list[tuple[bytes, bytes]]) -> None:
    assert verify(headers).key_id == KEY_ID
    assert ms.is_used(headers)


def test_ed25519_keys() -> None:
    headers = request(key=ED25519, algorithm=algorithms.ED25519)
    verify(headers, public_key=ED25519.public_key())
    with pytest.raises(Unauthenticated):
        verify(headers)
    with pytest.raises(Unauthenticated):
        verify(request(), public_key=ED25519.public_key())


def test_fetches_need_no_digest() -> None:
    headers = request(("@method", "@target-uri"), method="GET", body=None, url=URL + "?page=1")
    verify(headers, method="GET", body=None, url=URL + "?page=1")
    for changed in ({"method": "HEAD"}, {"url": URL}, {"url": URL + "?page=2"}, {"body": b"x"}):
        with pytest.raises(Unauthenticated):
            verify(headers, **({"method": "GET", "body": None, "url": URL + "?page=1"} | changed))


@pytest.mark.parametrize(
    "covered",
    [("@method",), ("@method", "@target-uri"), ("@target-uri", "content-digest"), ("@method", "content-digest"),
     ("@method", "@path", "content-digest"), ("@method", "@authority", "content-digest"), ("date",), ()],
)  # fmt: skip
def test_too_little_covered(covered: tuple[str, ...]) -> None:
    with pytest.raises(Unauthenticated):
        verify(request(covered))


def test_the_query_must_be_covered() -> None:
    covered = ("@method", "@authority", "@path", "content-digest")
    with pytest.raises(Unauthenticated):
        verify(request(covered, url=URL + "?a=1"), url=URL + "?a=1")
    verify(request((*covered, "@query"), url=URL + "?a=1"), url=URL + "?a=1")


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"},
        {"url": "https://home.test/users/lena/inbox"},
        {"url": "https://evil.test/users/ann/inbox"},
        {"url": "http://home.test/users/ann/inbox"},
        {"url": URL + "/"},
        {"url": URL + "?a=1"},
        {"body": BODY + b" "},
        {"body": b""},
        {"public_key": rsa.generate_private_key(public_exponent=65_537, key_size=2_048).public_key()},
        {"now": NOW + timedelta(minutes=66)},
        {"now": NOW - timedelta(minutes=61)},
    ],
)
def test_one_thing_wrong(changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        verify(request(), **changed)


@pytest.mark.parametrize(
    "headers",
    [
        request(expires=NOW - timedelta(seconds=1)),
        request(expires=NOW + timedelta(hours=13)),
        request(extra={"Content-Digest": "sha-256=:QUFB:"}),
        request(extra={"Content-Digest": "md5=:QUFB:"}),
        request(extra={"Content-Digest": f"{ms.content_digest(BODY)}, sha-512=:QUFB:"}),
        request(("@method", "@target-uri", '"content-digest";sf')),
        [pair for pair in request() if pair[0] != b"content-digest"],
        [pair for pair in request() if pair[0] != b"signature"],
        [pair for pair in request() if pair[0] != b"signature-input"],
        [*request(), *[pair for pair in request(label="sig2") if pair[0].startswith(b"signature")]],
        [*request(), request()[-1]],
        [*request(), (b"content-digest", b"sha-256=:QUFB:")],
    ],
)
def test_requests_that_are_refused(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Unauthenticated):
        verify(headers)


@pytest.mark.parametrize(
    "value",
    [
        "", "sig1", "sig1=1", "sig1=()", 'sig1=("@method")', 'sig1=("@method");keyid="k"',
        'sig1=("@method");created="1";keyid="k"', 'sig1=("@method");created=1.5;keyid="k"',
        'sig1=("@method");created=1;keyid=k', 'sig1=("@method");created=1;keyid=""',
        'sig1=(@method);created=1;keyid="k"',
        'sig1=("@method");created=1;keyid="k";alg="hmac-sha256"', 'sig1=("@method");created=1;keyid="k";alg=1',
        'sig1=("@method");created=1;keyid="k";expires="2"', 'sig1=("@method" "@method");created=1;keyid="k"',
        'sig1=("a";req);created=1;keyid="k"', 'sig2=("@method");created=1;keyid="k"', "\xff", '("@method")',
        'sig1=("@method");created=999999999999999;keyid="k"', "sig1=(" + '"a" ' * 3_000 + ');created=1;keyid="k"',
        'sig1=("@method");created=1;keyid="k", sig1=("@method");created=1;keyid="k"',
    ],
)  # fmt: skip
def test_fields_that_do_not_parse(value: str) -> None:
    with pytest.raises(Unauthenticated):
        verify([(b"signature-input", value.encode("latin-1")), (b"signature", b"sig1=:QUFB:"), (b"host", b"home.test")])


@settings(max_examples=200, deadline=None)
@given(
    first=st.binary(max_size=80) | st.text('sig1=("@method");createdkyi:,\'0 ', max_size=60).map(str.encode),
    second=st.binary(max_size=40) | st.just(b"sig1=:QUFB:"),
)
def test_nothing_but_unauthenticated_is_raised(first: bytes, second: bytes) -> None:
    with pytest.raises(Unauthenticated):
        verify([(b"signature-input", first), (b"signature", second)])


@settings(max_examples=100, deadline=None)
@given(bit=st.integers(0, 2_047))
def test_any_flipped_bit_of_the_signature_is_refused(bit: int) -> None:
    headers = dict(request())
    value = bytearray(base64.b64decode(headers[b"signature"][6:-1]))
    value[bit // 8] ^= 1 << bit % 8
    headers[b"signature"] = b"sig1=:" + base64.b64encode(bytes(value)) + b":"
    with pytest.raises(Unauthenticated):
        verify(list(headers.items()))


@pytest.mark.parametrize("key", [KEY, ED25519])
def test_what_we_send(key: Any) -> None:
    headers = ms.sign("POST", URL, BODY, key_id=KEY_ID, private_key=key, date=NOW)
    assert headers["Host"] == "home.test"
    assert headers["Digest"].startswith("SHA-256=")
    assert headers["Signature-Input"].startswith(
        'sig1=("@method" "@target-uri" "@authority" "content-digest" "content-type");created=1759831200;keyid='
    )
    verify(raw(headers), public_key=key.public_key())
    fetch = ms.sign("GET", URL, None, key_id=KEY_ID, private_key=key, date=NOW)
    assert set(fetch) == {"Host", "Date", "Signature-Input", "Signature"}
    verify(raw(fetch), method="GET", body=None, public_key=key.public_key())
