"""FEP-8b32 and FEP-521a vectors, RFC 8785 numbers and order, and every way in which a proof can be wrong (AUT-29)."""

from __future__ import annotations

import copy
import json
import math
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_ai.activitypub import proofs
from fediverse_ai.core.errors import Malformed, Unauthenticated

ALICE = "https://server.example/users/alice"
KEY_ID = f"{ALICE}#ed25519-key"
CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
# From fep-8b32.feature.
SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
PUBLIC = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
PROOF_VALUE = "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"]
DOCUMENT: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "https://server.example/activities/1",
    "type": "Create",
    "actor": ALICE,
    "object": {
        "id": "https://server.example/objects/1",
        "type": "Note",
        "attributedTo": ALICE,
        "content": "Hello world",
        "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962},
    },
}
SIGNED: dict[str, Any] = {
    **DOCUMENT,
    "proof": {
        "@context": CONTEXT,
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY_ID,
        "proofPurpose": "assertionMethod",
        "proofValue": PROOF_VALUE,
        "created": "2023-02-24T23:36:38Z",
    },
}
ACTOR: dict[str, Any] = {
    "type": "Person",
    "id": ALICE,
    "assertionMethod": [
        {"id": KEY_ID, "type": "Multikey", "controller": ALICE, "publicKeyMultibase": PUBLIC},
    ],
}


def private_key() -> Ed25519PrivateKey:
    data = proofs.from_multibase(SECRET)
    assert data[:2] == b"\x80\x26"  # multicodec ed25519-priv
    return Ed25519PrivateKey.from_private_bytes(data[2:])


def verify(document: dict[str, Any], key: Any = None, now: datetime = CREATED) -> None:
    proof = proofs.proof_of(document)
    assert proof is not None
    proofs.verify(document, proof, public_key=key or proofs.assertion_keys(ACTOR)[proof.key_id], now=now)


def test_fep_8b32_signing() -> None:
    assert proofs.sign(DOCUMENT, key_id=KEY_ID, private_key=private_key(), created=CREATED) == SIGNED


def test_fep_8b32_verifying() -> None:
    verify(SIGNED)
    verify(json.loads(json.dumps(SIGNED, indent=3, sort_keys=True)))
    verify({**SIGNED, "signature": {"type": "RsaSignature2017"}})


def test_fep_521a_ed25519() -> None:
    raw = bytes.fromhex("2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6")
    key = Ed25519PublicKey.from_public_bytes(raw)
    assert proofs.multikey_document(ALICE, key) == {
        "id": KEY_ID,
        "type": "Multikey",
        "controller": ALICE,
        "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    }


RSA_DER = bytes.fromhex(
    "3082010a0282010100b1b5fcd8d4d5e88ca5c4287b31f578865caf6a78826a3b8ff7b1b23aa4af4e6a0474139f945bd9d3a911ffd0fa72db78"
    "e4593a86c91f9da836186ebd3402d51f6a3844247ab5088b46929c311b43604fed84499f06f0f39bf55590e2187f1bbe229ba8f49fd2e570cd"
    "0e3733c76bfede80e1e7e0881e4538ea1bc5782be9512f8bf132526e05f4923564fe6e1e21bf7087adebb660fa533fca06d0a8e66991e1312d"
    "70b64a61da8ca77c028cdf939601e2cffe2855759b1d479f0847bcac59d7d62427a431d4e3dfd2697428b9dd6309a7b1167db99fe01af1ff1b"
    "739566fb949e47089d1dae84aef1214ef7f5773e86a0d3e9da246f9bec09d60c705891183d0203010001"
)
RSA_MULTIKEY = (
    "z4MXj1wBzi9jUstyPMS4jQqB6KdJaiatPkAtVtGc6bQEQEEsKTic4G7Rou3iBf9vPmT5dbkm9qsZsuVNjq8HCuW1w24nhBFGkRE4cd2Uf2tfrB3N7h"
    "4mnyPp1BF3ZttHTYv3DLUPi1zMdkULiow3M1GfXkoC6DoxDUm1jmN6GBj22SjVsr6dxezRVQc7aj9TxE7JLbMH1wh5X3kA58H3DFW8rnYMakFGbca5"
    "CB2Jf6CnGQZmL7o5uJAdTwXfy2iiiyPxXEGerMhHwhjTA1mKYobyk2CpeEcmvynADfNZ5MBvcCS7m3XkFCMNUYBS9NQ3fze6vMSUPsNa6GVYmKx2x6"
    "JrdEjCk3qRMMmyjnjCMfR4pXbRMZa3i"
)


def test_fep_521a_rsa() -> None:
    key = load_der_public_key(RSA_DER)
    assert isinstance(key, RSAPublicKey)
    assert proofs.multikey(key) == RSA_MULTIKEY
    loaded = proofs.load_multikey(RSA_MULTIKEY)
    assert isinstance(loaded, RSAPublicKey)
    assert loaded.public_numbers() == key.public_numbers()


@pytest.mark.parametrize(
    "text",
    [None, "", "z", "6Mk", "z0", "zO", PUBLIC[:-1], PUBLIC + "1", "m" + PUBLIC[1:], "z" + "1" * 2_000, SECRET, 7,
     proofs.multibase(b"\x85\x24" + b"nonsense"), proofs.multibase(b"\x85\x24" + RSA_DER[:-3])],
)  # fmt: skip
def test_multikeys_that_we_refuse(text: object) -> None:
    with pytest.raises(Unauthenticated):
        proofs.load_multikey(text)


@given(st.binary(max_size=80))
def test_multibase_there_and_back(data: bytes) -> None:
    assert proofs.from_multibase(proofs.multibase(data)) == data


def change(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(SIGNED)
    target: Any = document
    *parents, last = path.split(".")
    for parent in parents:
        target = target[parent]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("actor", "https://server.example/users/mallory"),
        ("object.content", "Hello, world"),
        ("object.location.latitude", 25.2739621),
        ("to", "https://www.w3.org/ns/activitystreams#Public"),
        ("id", None),
        ("object.location", None),
        ("@context", ["https://www.w3.org/ns/activitystreams"]),
        ("@context", [*reversed(CONTEXT)]),
        ("@context", ["https://evil.test/", *CONTEXT]),
        ("@context", None),
        ("proof.@context", None),
        ("proof.created", "2023-02-24T23:36:39Z"),
        ("proof.created", None),
        ("proof.created", "yesterday"),
        ("proof.created", "2023-02-25T01:36:38Z"),
        ("proof.expires", "2023-02-24T23:36:37Z"),
        ("proof.expires", "2033-02-24T23:36:37Z"),
        ("proof.verificationMethod", f"{ALICE}#other"),
        ("proof.verificationMethod", ["x"]),
        ("proof.verificationMethod", None),
        ("proof.proofPurpose", "authentication"),
        ("proof.cryptosuite", "eddsa-rdfc-2022"),
        ("proof.type", "RsaSignature2017"),
        ("proof.proofValue", PROOF_VALUE[:-1] + "M"),
        ("proof.proofValue", PROOF_VALUE[:-2]),
        ("proof.proofValue", None),
        ("proof.domain", "x"),
        ("proof", [SIGNED["proof"]]),
        ("proof", "x"),
    ],
)
def test_one_thing_wrong(path: str, value: Any) -> None:
    with pytest.raises(Unauthenticated):
        verify(change(path, value), key=private_key().public_key())


def test_contexts_added_by_a_carrier_are_not_what_was_signed_but_harmless() -> None:
    verify(change("@context", [*CONTEXT, "https://carrier.test/"]))


def test_other_keys() -> None:
    with pytest.raises(Unauthenticated):
        verify(SIGNED, key=Ed25519PrivateKey.generate().public_key())
    with pytest.raises(Unauthenticated):
        verify(SIGNED, key=rsa.generate_private_key(public_exponent=65_537, key_size=2_048).public_key())


def test_a_document_without_proof_has_none() -> None:
    assert proofs.proof_of(DOCUMENT) is None


def test_which_keys_count() -> None:
    key = ACTOR["assertionMethod"][0]
    assert list(proofs.assertion_keys(ACTOR)) == [KEY_ID]
    assert list(proofs.assertion_keys({**ACTOR, "assertionMethod": key})) == [KEY_ID]
    for wrong in (
        {**key, "controller": "https://evil.test/u/mal"},
        {**key, "controller": None},
        {**key, "id": "https://evil.test/u/mal#key"},
        {**key, "publicKeyMultibase": "z6Mk"},
        KEY_ID,
        None,
    ):
        assert proofs.assertion_keys({**ACTOR, "assertionMethod": [wrong]}) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), JSON, max_size=4))
def test_what_we_sign_verifies_after_any_rewriting(document: dict[str, Any]) -> None:
    document.pop("proof", None)
    document.pop("signature", None)
    signed = proofs.sign(document, key_id=KEY_ID, private_key=private_key(), created=CREATED)
    rewritten = json.loads(json.dumps(signed, ensure_ascii=True, indent=1))
    verify(rewritten, now=CREATED + timedelta(days=300))
    # Without parse_int, a double such as 5.5e16 would come back as an integer that is not quite its value.
    assert json.loads(proofs.canonical(document), parse_int=float) == document


# RFC 8785 appendix B: IEEE-754 bits in hexadecimal, and the number as text.
NUMBERS = [
    ("0000000000000000", "0"), ("8000000000000000", "0"), ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"), ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"), ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"), ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"), ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"), ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"), ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"), ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"), ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"), ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"), ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]  # fmt: skip


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_rfc_8785_numbers(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert proofs.canonical(value).decode() == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value(value: float) -> None:
    assert float(proofs.canonical(value)) == value


def test_rfc_8785_order_and_escapes() -> None:
    document = {
        "€": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "😀": "Emoji: Grinning Face", "\x80": "Control", "ö": "Latin Small Letter O With Diaeresis",
    }  # fmt: skip
    order = ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]
    assert list(json.loads(proofs.canonical(document))) == order
    text = {"string": "\u20ac$\u000f\nA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]}
    assert proofs.canonical(text).decode() == (
        '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53 + 1, "\ud800", {"\udc00": 1}, b"x", object()])
def test_what_has_no_canonical_form(value: object) -> None:
    with pytest.raises(Malformed):
        proofs.canonical({"a": value} if not isinstance(value, dict) else value)


def test_nesting_without_end_has_no_canonical_form() -> None:
    value: Any = 1
    for _ in range(5_000):
        value = [value]
    with pytest.raises(Malformed):
        proofs.canonical(value)
