"""draft-cavage signatures as peers spell them, each with one thing wrong; refusals SIG-01 to SIG-14 and SIG-26."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_ai.activitypub import keys, signatures
from fediverse_ai.core.errors import Unauthenticated

NOW = datetime(2025, 10, 7, 10, 0, 0, tzinfo=UTC)
HOST = "home.test"
BODY = b'{"type":"Follow","actor":"https://good.test/u/bob"}'
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
OTHER = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEY_ID = "https://good.test/u/bob#main-key"


@dataclass(frozen=True)
class Peer:
    """How one server spells its signed requests; written here independently of the product's own signing."""

    covered: str = "(request-target) host date digest"
    key_id: str = KEY_ID
    algorithm: str | None = "rsa-sha256"
    separator: str = ","
    method: str = "POST"
    path: str = "/users/alice/inbox"
    query: str = ""
    signs_query: bool = True
    digest: str = "SHA-256"
    skew: timedelta = timedelta()
    extra: tuple[tuple[str, str], ...] = ()
    prefix: str = ""
    times: tuple[tuple[str, str], ...] = ()
    body: bytes | None = BODY
    in_authorization: bool = False
    upper_case_list: bool = False
    hash: Any = field(default_factory=SHA256)

    def headers(self) -> dict[str, str]:
        headers = {"host": HOST, "date": (NOW + self.skew).strftime("%a, %d %b %Y %H:%M:%S GMT")}
        if self.body is not None:
            digest = hashlib.sha256(self.body).digest()
            headers["digest"] = f"{self.digest}={base64.b64encode(digest).decode()}"
            headers["content-type"] = "application/activity+json"
            headers["content-length"] = str(len(self.body))
        return headers | dict(self.extra)

    def text(self) -> bytes:
        target = self.path + (f"?{self.query}" if self.query and self.signs_query else "")
        special = {"(request-target)": f"{self.method.lower()} {target}"}
        special |= {f"({name})": value.strip('"') for name, value in self.times}
        values = self.headers() | special
        return "\n".join(f"{name}: {values[name]}" for name in self.covered.split(" ")).encode()

    def parameters(self, key: Any = KEY) -> dict[str, str]:
        if isinstance(key, ed25519.Ed25519PrivateKey):
            signature = key.sign(self.text())
        else:
            signature = key.sign(self.text(), padding.PKCS1v15(), self.hash)
        covered = self.covered.upper() if self.upper_case_list else self.covered
        parameters = {"keyId": f'"{self.key_id}"'}
        if self.algorithm is not None:
            parameters["algorithm"] = f'"{self.algorithm}"'
        parameters |= dict(self.times)
        return parameters | {"headers": f'"{covered}"', "signature": f'"{base64.b64encode(signature).decode()}"'}

    def request(self, key: Any = KEY, **changed: str | None) -> Request:
        parameters: dict[str, Any] = self.parameters(key) | changed
        value = self.prefix + self.separator.join(
            f"{name}={value}" for name, value in parameters.items() if value is not None
        )
        headers = self.headers()
        raw = [(name.encode(), text.encode()) for name, text in headers.items()]
        if self.in_authorization:
            raw.append((b"authorization", b"Signature " + value.encode()))
        else:
            raw.append((b"signature", value.encode()))
        return Request(self.method, self.path, self.query, raw, self.body)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: bytes | None

    def without(self, name: bytes) -> Request:
        return replace(self, headers=[pair for pair in self.headers if pair[0] != name])

    def having(self, name: bytes, value: bytes) -> Request:
        changed = self.without(name)
        return replace(changed, headers=[*changed.headers, (name, value)])


def verify(request: Request, *, key: Any = None, now: datetime = NOW, host: str = HOST) -> signatures.Signature:
    parsed = signatures.parse(request.headers)
    signatures.verify(
        parsed,
        method=request.method,
        targets=signatures.request_targets(request.path.encode(), request.query.encode()),
        headers=request.headers,
        host=host,
        body=request.body,
        public_key=key or KEY.public_key(),
        now=now,
    )
    return parsed


def refused(request: Request, **options: Any) -> str:
    with pytest.raises(Unauthenticated) as caught:
        verify(request, **options)
    return caught.value.detail


CREATED = str(int(NOW.timestamp()))
PEERS = {
    "mastodon": Peer("(request-target) host date digest content-type"),
    "misskey": Peer("(request-target) date host digest"),
    "misskey with a query, path signed": Peer(query="x=1", signs_query=False),
    "gotosocial": Peer(key_id="https://good.test/users/bob/main-key"),
    "bookwyrm": Peer("(request-target) host date digest", key_id="https://good.test/user/bob/#main-key"),
    "wordpress": Peer("(request-target) host date digest", key_id="https://good.test/?author=1#main-key"),
    "wafrn": Peer("(request-target) host date digest algorithm", extra=(("algorithm", "rsa-sha256"),)),
    "pixelfed": Peer("(request-target) host date digest content-type user-agent", extra=(("user-agent", "(P)"),)),
    "pixelfed, path only": Peer(path="/f/inbox", query="page=2", signs_query=False),
    "pleroma": Peer("(request-target) content-length date digest host"),
    "threads, slow clock": Peer(skew=timedelta(minutes=-60), algorithm="hs2019"),
    "threads, fast clock": Peer(skew=timedelta(minutes=59), algorithm="hs2019"),
    "fedify": Peer("(request-target) host date digest content-type accept", extra=(("accept", "a/b"),)),
    "lemmy": Peer("(request-target) content-type date digest host", algorithm="hs2019"),
    "lemmy, fetching": Peer("(request-target) accept date digest host", method="GET", body=b"",
                            extra=(("accept", "application/activity+json"),)),
    "mastodon, fetching": Peer("(request-target) host date accept-encoding", method="GET", body=None,
                               extra=(("accept-encoding", "gzip"),)),
    "gotosocial, fetching": Peer("(request-target) host date", method="GET", body=None, query="page=true"),
    "hs2019 with times": Peer("(request-target) (created) (expires) host digest", algorithm="hs2019",
                              times=(("created", CREATED), ("expires", str(int(CREATED) + 300)))),
    "quoted times": Peer("(request-target) (created) host digest", algorithm="hs2019",
                         times=(("created", f'"{CREATED}"'),)),
    "no algorithm": Peer(algorithm=None),
    "sha-512": Peer(algorithm="rsa-sha512", hash=SHA512()),
    "blanks after commas": Peer(separator=", "),
    "leading word": Peer(prefix="Signature "),
    "authorization header": Peer(in_authorization=True),
    "lower-case digest": Peer(digest="sha-256"),
    "names in upper case": Peer(upper_case_list=True),
    "acct key id": Peer(key_id="acct:bob@good.test"),
}  # fmt: skip


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS.keys())
def test_peers_are_understood(peer: Peer) -> None:
    assert verify(peer.request()).key_id == peer.key_id


def _flip(request: Request) -> Request:
    name = b"authorization" if any(n == b"authorization" for n, _ in request.headers) else b"signature"
    value = dict(request.headers)[name].decode()
    start = value.index('signature="') + 20
    return request.having(name, (value[:start] + ("A" if value[start] != "A" else "B") + value[start + 1 :]).encode())


FAULTS = {
    "another path": lambda r: replace(r, path="/users/lena/inbox"),
    "a slash more": lambda r: replace(r, path=r.path + "/"),
    "another method": lambda r: replace(r, method="PUT" if r.method == "POST" else "POST"),
    "another host header": lambda r: r.having(b"host", b"evil.test"),
    "no host header": lambda r: r.without(b"host"),
    "two host headers": lambda r: replace(r, headers=[*r.headers, (b"host", b"evil.test")]),
    "one bit of the signature": _flip,
    "no signature": lambda r: r.without(b"signature").without(b"authorization"),
    "another body": lambda r: replace(r, body=(r.body or b"") + b" "),
    "another date and digest": lambda r: r.having(b"date", b"x").having(b"digest", b"SHA-256=AAAA"),
    "a host of one's own": lambda r: r.having(b"host", b"home.test.evil.test"),
}


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS.keys())
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_one_thing_wrong_is_refused(peer: Peer, fault: Any) -> None:
    request = peer.request()
    verify(request)
    assert fault(request) != request
    refused(fault(request))


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS.keys())
def test_another_key_is_refused(peer: Peer) -> None:
    assert "match" in refused(peer.request(), key=OTHER.public_key())


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS.keys())
@pytest.mark.parametrize("hours", [-14, 14])
def test_another_time_is_refused(peer: Peer, hours: int) -> None:
    refused(peer.request(), now=NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    "covered",
    [
        "(request-target) host date",
        "host date digest",
        "(request-target) date digest",
        "(request-target) host digest",
        "date",
        "digest",
        "(created)",
    ],
)
def test_too_little_covered(covered: str) -> None:
    """SIG-01, SIG-04: what the sender leaves out of the list is not protected, however well it is signed."""
    peer = Peer(covered, times=(("created", CREATED),) if "created" in covered else (), algorithm="hs2019")
    refused(peer.request())


@pytest.mark.parametrize("listed", [None, '""', '" "', '"(request-target)  host date digest"', '"(nothing)"', '"a:b"'])
def test_lists_that_do_not_parse_or_are_missing(listed: str | None) -> None:
    refused(Peer().request(headers=listed))


def test_a_header_covered_twice_is_refused() -> None:
    refused(Peer("(request-target) host date digest host").request())


def test_the_body_swapped_under_an_uncovered_digest() -> None:
    request = replace(Peer("(request-target) host date").request(), body=b"{}")
    assert "digest" in refused(request)


SHA256_VALUE = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
SHA512_VALUE = base64.b64encode(hashlib.sha512(BODY).digest()).decode()


@pytest.mark.parametrize(
    ("value", "fair"),
    [
        (f"SHA-256={SHA256_VALUE}", True),
        (f"sha-512={SHA512_VALUE}", True),
        (f"SHA-512={SHA512_VALUE},SHA-256={SHA256_VALUE}", True),
        (f"unixsum=30637, sha-256={SHA256_VALUE}", True),
        (f"SHA-512={SHA256_VALUE}", False),
        (f"SHA-256={SHA256_VALUE},SHA-512={SHA256_VALUE}", False),
        (f"SHA-256={SHA256_VALUE},SHA-256={SHA256_VALUE}", False),
        (f"MD5={SHA256_VALUE}", False),
        (f"{SHA256_VALUE}", False),
        ("SHA-256=", False),
        ("SHA-256=!!!!", False),
        ("SHA-256=QUFB", False),
        ("", False),
    ],
)
def test_digests(value: str, fair: bool) -> None:
    """SIG-02, SIG-03."""
    request = Peer(extra=(("digest", value),)).request()
    if fair:
        verify(request)
    else:
        refused(request)


@pytest.mark.parametrize(
    ("seconds", "fair"), [(-3_900, True), (-3_901, False), (0, True), (3_600, True), (3_601, False), (-86_400, False)]
)
def test_the_window(seconds: int, fair: bool) -> None:
    """SIG-10: an hour and five minutes back, an hour ahead."""
    created = str(int(CREATED) + seconds)
    for peer in (
        Peer(skew=timedelta(seconds=seconds)),
        Peer("(request-target) (created) host digest", algorithm="hs2019", times=(("created", created),)),
    ):
        if fair:
            verify(peer.request())
        else:
            assert "now is" in refused(peer.request())


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "2025-10-07T10:00:00Z", "Tue, 07 Oct 2025 10:00:00", "Tue, 07 Oct 2025 10:00:00 CEST",
     "Tue, 31 Feb 2025 10:00:00 GMT", "Tue, 07 Okt 2025 10:00:00 GMT", "Tue, 07 Oct 99999 10:00:00 GMT",
     "Tue, 07 Oct 2025 25:00:00 GMT", "Tue, ٠٧ Oct 2025 10:00:00 GMT", "Tuesday, 07-Oct-25 10:00:00 GMT"],
)  # fmt: skip
def test_dates_that_do_not_parse(date: str) -> None:
    refused(Peer(extra=(("date", date),)).request())


def test_date_spellings_that_do() -> None:
    for date in ("Tue, 07 Oct 2025 10:00:00 UTC", "Tue, 7 Oct 2025 10:00:00 GMT", "07 Oct 2025 10:00:00 +0000"):
        verify(Peer(extra=(("date", date),)).request())


@pytest.mark.parametrize(
    ("times", "covered", "algorithm"),
    [
        ((("created", CREATED), ("expires", str(int(CREATED) - 1))), "(request-target) host date digest", "hs2019"),
        ((("expires", str(int(CREATED) + 13 * 3_600)),), "(request-target) host date digest", "hs2019"),
        ((("expires", "999999999999"),), "(request-target) host date digest", "hs2019"),
        ((("created", CREATED),), "(request-target) (created) host date digest", "rsa-sha256"),
        ((("created", CREATED),), "(request-target) (created) host date digest", "rsa-sha512"),
        ((("created", "999999999999"),), "(request-target) (created) host digest", "hs2019"),
    ],
    ids=["expired", "lives too long", "lives for ever", "created with rsa-sha256", "rsa-sha512", "far future"],
)
def test_times(times: Any, covered: str, algorithm: str) -> None:
    refused(Peer(covered, times=times, algorithm=algorithm).request())


def test_a_covered_time_must_be_there() -> None:
    peer = Peer("(request-target) (created) host digest", algorithm="hs2019", times=(("created", CREATED),))
    assert "(created)" in refused(peer.request(created=None))
    refused(peer.request(created='"soon"'))
    refused(peer.request(created="-5"))


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "none", "rsa-sha1", "ecdsa-sha256", "rsa", "", "RS256"])
def test_algorithms_that_we_do_not_know(algorithm: str) -> None:
    """SIG-11: the name is never a way to choose another kind of check."""
    refused(Peer(algorithm=algorithm).request())


def test_the_algorithm_follows_the_key() -> None:
    assert verify(Peer(algorithm="hs2019").request(ED25519), key=ED25519.public_key())
    assert verify(Peer(algorithm="ed25519").request(ED25519), key=ED25519.public_key())
    assert verify(Peer(algorithm=None).request(ED25519), key=ED25519.public_key())
    refused(Peer(algorithm="rsa-sha256").request(ED25519), key=ED25519.public_key())
    refused(Peer(algorithm="ed25519").request())
    refused(Peer(algorithm="hs2019").request(), key=ED25519.public_key())
    refused(Peer(algorithm="rsa-sha512").request())
    refused(Peer(algorithm="hs2019", hash=SHA1()).request())


@pytest.mark.parametrize(
    "value",
    [
        'keyId="a",keyId="b",headers="date",signature="QUFB"',
        'keyId="a",KeyID="b",headers="date",signature="QUFB"',
        'keyId=a,headers="date",signature="QUFB"',
        'keyId="a" headers="date" signature="QUFB"',
        'keyId="a\\"b",headers="date",signature="QUFB"',
        'keyId="a',
        'headers="date",signature="QUFB"',
        'keyId="",headers="date",signature="QUFB"',
        'keyId="a b",headers="date",signature="QUFB"',
        'keyId="a",headers="date"',
        'keyId="a",headers="date",signature=""',
        'keyId="a",headers="date",signature="!"',
        'keyId="a",headers="date",signature="QUFB QUFB"',
        'keyId="a",headers="date",signature="' + "QUFB" * 200 + '"',
        "sig1=:QUFB:",
        ",",
        "",
        "Signature",
        'keyId="' + "a" * 9_000 + '",headers="date",signature="QUFB"',
        'keyId="é",headers="date",signature="QUFB"',
        'keyId="a",headers="' + " ".join(f"x{n}" for n in range(33)) + '",signature="QUFB"',
    ],
)
def test_headers_that_do_not_parse(value: str) -> None:
    """SIG-12: one strict parser, no last-wins dictionary."""
    with pytest.raises(Unauthenticated):
        signatures.parse([(b"signature", value.encode())])


def test_a_comma_inside_quotes_is_text() -> None:
    parsed = signatures.parse([(b"signature", b'keyId="https://a.test/,b",headers="date",signature="QUFB"')])
    assert parsed.key_id == "https://a.test/,b"


def test_two_signatures() -> None:
    request, other = Peer().request(), Peer(in_authorization=True).request(OTHER)
    both = [*request.headers, other.headers[-1]]
    refused(replace(request, headers=both))
    refused(replace(request, headers=[*request.headers, request.headers[-1]]))
    same = (b"authorization", b"Signature " + request.headers[-1][1])
    assert verify(replace(request, headers=[*request.headers, same]))
    bearer = (b"authorization", b"Bearer x")
    assert verify(replace(request, headers=[*request.headers, bearer]))


def test_rfc_9421_is_refused_even_beside_a_valid_signature() -> None:
    request = Peer().request()
    assert "9421" in refused(replace(request, headers=[*request.headers, (b"signature-input", b'sig1=("@method")')]))


@pytest.mark.parametrize("name", ["content-type", "x-missing"])
def test_a_listed_header_must_be_there_once(name: str) -> None:
    """SIG-13."""
    request = Peer(f"(request-target) host date digest {name}", extra=((name, "v"),)).request()
    verify(request)
    assert name in refused(request.without(name.encode()))
    assert name in refused(replace(request, headers=[*request.headers, (name.encode(), b"v")]))
    assert name in refused(replace(request, headers=[*request.headers, (name.encode(), b"w")]))


def test_hosts() -> None:
    for host in ("home.test", "HOME.test", "home.test:443"):
        verify(Peer(extra=(("host", host),)).request())
    for host in ("home.test:8443", "home.test.evil.test", "", "evil.test", "home.test."):
        refused(Peer(extra=(("host", host),)).request())
    assert verify(Peer(extra=(("host", "127.0.0.1:8000"),)).request(), host="127.0.0.1:8000")


def test_targets_with_and_without_query() -> None:
    """SIG-26."""
    assert signatures.request_targets(b"/inbox", b"") == ["/inbox"]
    assert signatures.request_targets(b"/inbox", b"a=1") == ["/inbox?a=1", "/inbox"]
    assert signatures.request_targets(b"/a%20b", b"c=%2F") == ["/a%20b?c=%2F", "/a%20b"]
    verify(Peer(path="/inbox", query="a=1").request())
    verify(Peer(path="/inbox", query="a=1", signs_query=False).request())
    refused(replace(Peer(path="/inbox", query="a=1").request(), query="a=2"))
    refused(replace(Peer(path="/inbox").request(), path="/inbox/"))


def pem_of(key: Any) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def odd_rsa(exponent: int) -> bytes:
    return pem_of(RSAPublicNumbers(exponent, KEY.public_key().public_numbers().n).public_key())


SPKI = pem_of(KEY.public_key()).decode()
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "pem",
    [
        SPKI,
        SPKI.strip(),
        SPKI.replace("\n", "\r\n"),
        SPKI.replace("\n", "\\n"),
        SPKI.replace("\n", ""),
        SPKI.replace("\n", " "),
        f"\n\n  {SPKI}  \n",
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode(),
        SPKI.encode(),
    ],
    ids=["spki", "no newline", "crlf", "escaped", "one line", "blanks", "padded", "pkcs1", "bytes"],
)
def test_keys_that_we_take(pem: str | bytes) -> None:
    loaded = keys.load_public_key(pem)
    assert isinstance(loaded, rsa.RSAPublicKey)
    assert loaded.public_numbers() == KEY.public_key().public_numbers()


def test_ed25519_keys_are_taken() -> None:
    assert isinstance(keys.load_public_key(pem_of(ED25519.public_key())), ed25519.Ed25519PublicKey)


def rsa_of_bits(bits: int) -> bytes:
    """A public key of that size; the modulus need not be a product of two primes for our check to see its size."""
    return pem_of(RSAPublicNumbers(65_537, (1 << (bits - 1)) | 1).public_key())


@pytest.mark.parametrize(
    "pem",
    [
        rsa_of_bits(1_024), rsa_of_bits(2_047), rsa_of_bits(4_097), rsa_of_bits(16_384), odd_rsa(3),
        odd_rsa((1 << 40) | 1),
        pem_of(ec.generate_private_key(ec.SECP256R1()).public_key()),
        PRIVATE, KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode(),
        SPKI.replace("PUBLIC KEY", "CERTIFICATE"), SPKI + SPKI, SPKI + PRIVATE, SPKI[:200], SPKI.replace("A", "é"),
        "", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", SPKI + " " * 20_000, b"\xff\xfe",
    ],
)  # fmt: skip
def test_keys_that_we_refuse(pem: str | bytes) -> None:
    """SIG-14."""
    with pytest.raises(Unauthenticated):
        keys.load_public_key(pem)


def test_dsa_keys_are_refused() -> None:
    pem = pem_of(dsa.generate_private_key(1_024).public_key())
    with pytest.raises(Unauthenticated, match="neither"):
        keys.load_public_key(pem)


@pytest.mark.parametrize("bits", [2_048, 4_096])
def test_sizes_that_we_take(bits: int) -> None:
    assert keys.load_public_key(rsa_of_bits(bits))


def test_private_keys() -> None:
    for trusted in (False, True):
        loaded = keys.load_private_key(PRIVATE, trusted=trusted)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        assert isinstance(loaded.private_numbers(), RSAPrivateNumbers)
    with pytest.raises(ValueError):
        keys.load_private_key("nonsense")
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError):
        keys.load_private_key(pem)


def test_what_we_send() -> None:
    headers = signatures.sign(
        "POST", "https://Good.Test:443/u/bob/inbox", BODY, key_id=KEY_ID, private_key=KEY, date=NOW
    )
    assert headers["Host"] == "good.test"
    assert headers["Date"] == "Tue, 07 Oct 2025 10:00:00 GMT"
    assert headers["Digest"].startswith("SHA-256=")
    signature = headers["Signature"]
    prefix = f'keyId="{KEY_ID}",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="'
    assert signature.startswith(prefix)
    # BookWyrm and snac split at every comma and do not trim.
    assert len(signature.split(",")) == 4
    assert ", " not in signature


def test_what_we_send_to_fetch() -> None:
    headers = signatures.sign(
        "GET", "http://127.0.0.1:8001/?author=1#x", None, key_id=KEY_ID, private_key=KEY, date=NOW
    )
    assert headers["Host"] == "127.0.0.1:8001"
    assert "Digest" not in headers
    assert 'headers="(request-target) host date",' in headers["Signature"]
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    verify(Request("GET", "/", "author=1", raw, None), host="127.0.0.1:8001")


def test_further_headers_can_be_covered() -> None:
    extra = {"Collection-Synchronization": 'collectionId="a", url="b", digest="c"'}
    headers = signatures.sign(
        "POST", f"https://{HOST}/inbox", BODY, key_id=KEY_ID, private_key=KEY, date=NOW, covered=extra
    )
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    request = Request("POST", "/inbox", "", raw, BODY)
    verify(request)
    refused(request.having(b"collection-synchronization", b"x"))


def test_dates_are_english_and_in_gmt() -> None:
    moment = datetime(2026, 3, 1, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    assert signatures.http_date(moment) == "Sat, 28 Feb 2026 23:02:03 GMT"
    assert signatures.parse_http_date(signatures.http_date(moment)) == moment


PATHS = st.from_regex(r"/[a-z0-9/._~-]{0,30}", fullmatch=True)
QUERIES = st.from_regex(r"([a-z]=[a-z0-9%]{0,8})?", fullmatch=True)


def signed(path: str, query: str, body: bytes) -> Request:
    url = f"https://{HOST}{path}" + (f"?{query}" if query else "")
    headers = signatures.sign("POST", url, body, key_id=KEY_ID, private_key=KEY, date=NOW)
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request("POST", path, query, raw, body)


@settings(max_examples=100, deadline=None)
@given(path=PATHS, query=QUERIES, body=st.binary(max_size=200))
def test_what_we_sign_verifies(path: str, query: str, body: bytes) -> None:
    verify(signed(path, query, body))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_of_what_is_covered_is_refused(data: st.DataObject) -> None:
    request = signed("/users/alice/inbox", "a=1", BODY)
    part = data.draw(st.sampled_from(["body", "path", "query", "host", "date", "digest", "signature"]))
    if part == "signature":
        value = dict(request.headers)[b"signature"]
        start = value.index(b'signature="') + 11
        raw = bytearray(base64.b64decode(value[start:-1]))
        bit = data.draw(st.integers(0, len(raw) * 8 - 1))
        raw[bit // 8] ^= 1 << bit % 8
        changed = request.having(b"signature", value[:start] + base64.b64encode(bytes(raw)) + b'"')
    elif part in ("host", "date", "digest"):
        value = bytearray(dict(request.headers)[part.encode()])
        bit = data.draw(st.integers(0, len(value) * 8 - 1))
        value[bit // 8] ^= 1 << bit % 8
        changed = request.having(part.encode(), bytes(value))
    elif part == "body":
        raw = bytearray(BODY)
        bit = data.draw(st.integers(0, len(raw) * 8 - 1))
        raw[bit // 8] ^= 1 << bit % 8
        changed = replace(request, body=bytes(raw))
    else:
        raw = bytearray(getattr(request, part).encode())
        bit = data.draw(st.integers(0, len(raw) * 8 - 1))
        raw[bit // 8] ^= 1 << bit % 8
        changed = replace(request, **{part: bytes(raw).decode("latin-1")})
    refused(changed)


SIGNATURE_HEADER = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.tuples(
            st.sampled_from(["keyId", "algorithm", "headers", "signature", "created", "expires", "opaque"]),
            st.one_of(
                st.sampled_from(
                    ['"a"', '"date"', '"(request-target) host date digest"', '"QUFB"', "1", '"rsa-sha256"']
                ),
                st.text(max_size=10),
            ),
        ),
        max_size=6,
    ).map(lambda pairs: ",".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "replace")),
)
NAMES = st.sampled_from([b"host", b"date", b"digest", b"signature", b"authorization", b"x"])


@settings(max_examples=300, deadline=None)
@given(
    header=SIGNATURE_HEADER,
    others=st.lists(st.tuples(NAMES, st.binary(max_size=40)), max_size=5),
    body=st.none() | st.binary(max_size=10),
)
def test_nothing_but_unauthenticated_is_raised(
    header: bytes, others: list[tuple[bytes, bytes]], body: bytes | None
) -> None:
    with pytest.raises(Unauthenticated):
        verify(Request("POST", "/inbox", "", [*others, (b"signature", header)], body))


@settings(max_examples=200, deadline=None)
@given(covered=st.lists(st.sampled_from(["(request-target)", "host", "date", "digest", "x", "(created)"]), unique=True),
       times=st.sampled_from([(), (("created", CREATED),), (("created", "999999999999"),)]),
       others=st.lists(st.tuples(NAMES, st.binary(max_size=40)), max_size=5))  # fmt: skip
def test_verify_of_well_formed_nonsense_raises_nothing_else(
    covered: list[str], times: Any, others: list[tuple[bytes, bytes]]
) -> None:
    parsed = signatures.Signature("k", tuple(covered), None, b"x" * 256, int(times[0][1]) if times else None, None)
    with pytest.raises(Unauthenticated):
        signatures.verify(
            parsed, method="POST", targets=["/"], headers=others, host=HOST, body=b"", public_key=KEY.public_key(),
            now=NOW,
        )  # fmt: skip
