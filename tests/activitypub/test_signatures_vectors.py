"""Published vectors: draft-cavage-12 Appendix C, reproduced bit for bit."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fediverse_ai.activitypub import signatures
from fediverse_ai.activitypub.keys import load_private_key, load_public_key
from fediverse_ai.core.errors import Unauthenticated

# The draft's key, published for testing (Appendix C). 1024 bits: the primitive takes it, our policy does not.
PRIVATE_PEM = """-----BEGIN RSA PRIVATE KEY-----
MIICXgIBAAKBgQDCFENGw33yGihy92pDjZQhl0C36rPJj+CvfSC8+q28hxA161QF
NUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6Z4UMR7EOcpfdUE9Hf3m/hs+F
UR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJwoYi+1hqp1fIekaxsyQIDAQAB
AoGBAJR8ZkCUvx5kzv+utdl7T5MnordT1TvoXXJGXK7ZZ+UuvMNUCdN2QPc4sBiA
QWvLw1cSKt5DsKZ8UETpYPy8pPYnnDEz2dDYiaew9+xEpubyeW2oH4Zx71wqBtOK
kqwrXa/pzdpiucRRjk6vE6YY7EBBs/g7uanVpGibOVAEsqH1AkEA7DkjVH28WDUg
f1nqvfn2Kj6CT7nIcE3jGJsZZ7zlZmBmHFDONMLUrXR/Zm3pR5m0tCmBqa5RK95u
412jt1dPIwJBANJT3v8pnkth48bQo/fKel6uEYyboRtA5/uHuHkZ6FQF7OUkGogc
mSJluOdc5t6hI1VsLn0QZEjQZMEOWr+wKSMCQQCC4kXJEsHAve77oP6HtG/IiEn7
kpyUXRNvFsDE0czpJJBvL/aRFUJxuRK91jhjC68sA7NsKMGg5OXb5I5Jj36xAkEA
gIT7aFOYBFwGgQAQkWNKLvySgKbAZRTeLBacpHMuQdl1DfdntvAyqpAZ0lY0RKmW
G6aFKaqQfOXKCyWoUiVknQJAXrlgySFci/2ueKlIE1QqIiLSZ8V8OlpFLRnb1pzI
7U1yQXnTAEFYM560yJlzUpOb1V4cScGd365tiSMvxLOvTA==
-----END RSA PRIVATE KEY-----
"""
BODY = b'{"hello": "world"}'
HEADERS = [
    (b"host", b"example.com"),
    (b"date", b"Sun, 05 Jan 2014 21:31:40 GMT"),
    (b"content-type", b"application/json"),
    (b"digest", b"SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
    (b"content-length", b"18"),
]
VECTORS = [
    (
        "C.1 default",
        None,
        "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7q25WqS+lavg7T8hc0G"
        "ppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM=",
    ),
    (
        "C.2 basic",
        "(request-target) host date",
        "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3"
        "nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0=",
    ),
    (
        "C.3 all headers",
        "(request-target) host date content-type digest content-length",
        "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48Xa"
        "ERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE=",
    ),
]


@pytest.fixture
def key() -> RSAPrivateKey:
    key = load_private_key(PRIVATE_PEM)
    assert isinstance(key, RSAPrivateKey)
    return key


def header(covered: str | None, signature: str) -> list[tuple[bytes, bytes]]:
    listed = f'headers="{covered}",' if covered else ""
    value = f'keyId="Test",algorithm="rsa-sha256",{listed}signature="{signature}"'
    return [*HEADERS, (b"signature", value.encode())]


@pytest.mark.parametrize(("covered", "expected"), [vector[1:] for vector in VECTORS], ids=[v[0] for v in VECTORS])
def test_appendix_c(key: RSAPrivateKey, covered: str | None, expected: str) -> None:
    parsed = signatures.parse(header(covered, expected))
    assert parsed.key_id == "Test"
    text = signatures.signing_string(parsed, "post", "/foo?param=value&pet=dog", header(covered, expected))
    assert base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode() == expected


@pytest.mark.parametrize("vector", VECTORS[1:], ids=[v[0] for v in VECTORS[1:]])
def test_appendix_c_verifies_where_it_covers_enough(key: RSAPrivateKey, vector: tuple[str, str, str]) -> None:
    _, covered, signature = vector
    headers = header(covered, signature)
    arguments = {
        "method": "POST",
        "targets": ["/foo?param=value&pet=dog"],
        "headers": headers,
        "host": "example.com",
        "body": BODY,
        "public_key": key.public_key(),
        "now": signatures.parse_http_date("Sun, 05 Jan 2014 21:32:00 GMT"),
    }
    if "digest" in covered:
        signatures.verify(signatures.parse(headers), **arguments)
        arguments["body"] = BODY + b" "
    with pytest.raises(Unauthenticated):
        signatures.verify(signatures.parse(headers), **arguments)


def test_the_1024_bit_key_of_the_draft_is_refused_by_policy(key: RSAPrivateKey) -> None:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(Unauthenticated, match="1024"):
        load_public_key(pem)
    assert load_public_key(pem, minimum_bits=1024)


def test_the_digest_of_the_draft() -> None:
    assert signatures.digest_header(BODY) == "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
    assert base64.b64encode(hashlib.sha256(BODY).digest()) == b"X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
