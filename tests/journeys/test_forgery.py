"""Forged, stale and broken deliveries meet the real inbox route: each is refused by its status and leaves no row.

Every case is a small change to a delivery that is accepted: the sender first proves, on the same server and with the
same key, that the unchanged form gets 202. Statuses are those of the table in FEDERATION.md.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa

from actors.models import Actor, DomainRule
from actors.policy import DomainRules
from fediverse_ai.core import limits
from inbox.models import Received
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, PUBLIC, Peer, RemoteActor, peer, public_pem, rsa_key

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        await made.make_actor("alice")
        await made.make_actor("lena")
        yield made


@dataclass
class Stage:
    """What a case works with: our server, mal's server, mal, whose key we know, and an activity not yet sent."""

    home: House
    evil: Peer
    mal: RemoteActor
    inbox: str

    @property
    def alice(self) -> str:
        return f"{self.home.origin}/users/alice"

    def follow(self) -> dict[str, Any]:
        return self.mal.activity("Follow", f"{self.home.origin}/users/lena")

    async def post(self, body: bytes, headers: dict[str, str], url: str | None = None) -> httpx.Response:
        return await self.evil.client.post(url or self.inbox, content=body, headers=headers)

    async def send(self, activity: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        return await self.mal.deliver(self.inbox, activity or self.follow(), **options)


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with peer() as evil:
        mal = evil.actor("mal")
        inbox = f"{home.origin}/users/alice/inbox"
        introduced = await mal.deliver(inbox, mal.activity("Follow", f"{home.origin}/users/alice"))
        assert introduced.status_code == 202, introduced.text
        yield Stage(home, evil, mal, inbox)


Case = Callable[[Stage], Awaitable[httpx.Response]]


def signed_headers(stage: Stage, body: bytes, **options: Any) -> dict[str, str]:
    return stage.mal.sign("POST", stage.inbox, body, **options)


async def unsigned(stage: Stage) -> httpx.Response:
    return await stage.post(json.dumps(stage.follow()).encode(), {"content-type": ACTIVITY_JSON})


async def expired(stage: Stage) -> httpx.Response:
    return await stage.send(date=datetime.now(UTC) - timedelta(hours=13))


async def from_the_future(stage: Stage) -> httpx.Response:
    return await stage.send(date=datetime.now(UTC) + timedelta(hours=2))


async def unreadable_date(stage: Stage) -> httpx.Response:
    return await stage.send(extra={"date": "yesterday"})


async def date_changed_afterwards(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    headers = signed_headers(stage, body, date=datetime.now(UTC) - timedelta(hours=13))
    fresh = signed_headers(stage, body)
    return await stage.post(body, {**headers, "date": fresh["date"]})


async def tampered_body(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    return await stage.post(body.replace(b"Follow", b"Block"), signed_headers(stage, body))


async def tampered_body_and_digest(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    other = body.replace(b"Follow", b"Block")
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(other).digest()).decode()
    return await stage.post(other, {**signed_headers(stage, body), "digest": digest})


async def body_not_covered(stage: Stage) -> httpx.Response:
    return await stage.send(names=["(request-target)", "host", "date"])


async def digest_missing(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    headers = signed_headers(stage, body, names=["(request-target)", "host", "date"])
    del headers["digest"]
    return await stage.post(body, headers)


async def digest_under_another_name(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    value = base64.b64encode(hashlib.sha256(body).digest()).decode()
    headers = signed_headers(stage, body)
    return await stage.post(body, {**headers, "digest": f"SHA-512={value}"})


async def no_target_covered(stage: Stage) -> httpx.Response:
    return await stage.send(names=["host", "date", "digest"])


async def nothing_covered(stage: Stage) -> httpx.Response:
    return await stage.send(names=[])


async def only_date_covered(stage: Stage) -> httpx.Response:
    return await stage.send(names=["date"])


async def covered_header_absent(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    names = ["(request-target)", "host", "date", "digest", "x-never"]
    return await stage.post(body, _without(signed_headers(stage, body, names=names, extra={"x-never": "1"}), "x-never"))


async def foreign_key(stage: Stage) -> httpx.Response:
    """Mal's keyId, somebody else's key."""
    return await stage.send(key=rsa_key(7))


async def for_another_inbox(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    return await stage.post(body, signed_headers(stage, body), stage.inbox.replace("alice", "lena"))


async def for_another_server(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    elsewhere = stage.mal.sign("POST", stage.inbox.replace("127.0.0.1", "good.test"), body)
    return await stage.post(body, elsewhere)


async def host_changed_afterwards(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    elsewhere = stage.mal.sign("POST", stage.inbox.replace("127.0.0.1", "good.test"), body)
    return await stage.post(body, {**elsewhere, "host": httpx.URL(stage.inbox).netloc.decode()})


async def hmac_with_the_public_key(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    headers = signed_headers(stage, body)
    text = "\n".join(
        [
            "(request-target): post /users/alice/inbox",
            *(f"{name}: {headers[name]}" for name in ("host", "date", "digest")),
        ]
    )
    forged = base64.b64encode(hmac.digest(public_pem(stage.mal.key).encode(), text.encode(), "sha256")).decode()
    headers["signature"] = _with_parameter(headers["signature"], algorithm="hmac-sha256", signature=forged)
    return await stage.post(body, headers)


def _with_parameter(header: str, /, **changes: str) -> str:
    for name, value in changes.items():
        before, _, rest = header.partition(f'{name}="')
        header = f'{before}{name}="{value}"{rest.partition(chr(34))[2]}'
    return header


def _without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


def header_becomes(change: Callable[[str], str]) -> Case:
    async def case(stage: Stage) -> httpx.Response:
        body = json.dumps(stage.follow()).encode()
        headers = signed_headers(stage, body)
        return await stage.post(body, {**headers, "signature": change(headers["signature"])})

    return case


async def two_signature_headers(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    pairs = [
        *signed_headers(stage, body).items(),
        ("signature", signed_headers(stage, body, key=rsa_key(7))["signature"]),
    ]
    return await stage.evil.client.post(stage.inbox, content=body, headers=pairs)


async def two_dates(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    pairs = [*signed_headers(stage, body).items(), ("date", "Tue, 07 Oct 2025 10:00:00 GMT")]
    return await stage.evil.client.post(stage.inbox, content=body, headers=pairs)


async def forged_in_authorization(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    headers = signed_headers(stage, body, key=rsa_key(7))
    return await stage.post(
        body, {**_without(headers, "signature"), "authorization": f"Signature {headers['signature']}"}
    )


async def another_in_authorization(stage: Stage) -> httpx.Response:
    body = json.dumps(stage.follow()).encode()
    headers = signed_headers(stage, body)
    other = signed_headers(stage, body, key=rsa_key(7))["signature"]
    return await stage.post(body, {**headers, "authorization": f"Signature {other}"})


async def message_signature(stage: Stage) -> httpx.Response:
    """RFC 9421, as Fedify sends it first: a 401 makes it fall back."""
    body = json.dumps(stage.follow()).encode()
    covered = '("@method" "@target-uri" "content-digest");created=1;keyid="k";alg="rsa-v1_5-sha256"'
    headers = {
        "content-type": ACTIVITY_JSON,
        "content-digest": f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:",
        "signature-input": f"sig1={covered}",
        "signature": "sig1=:AAAA:",
    }
    return await stage.post(body, headers)


async def message_signature_beside_a_good_one(stage: Stage) -> httpx.Response:
    return await stage.send(headers={"signature-input": 'sig1=("@method");created=1'})


REFUSED_401: dict[str, Case] = {
    "unsigned": unsigned,
    "expired": expired,
    "from the future": from_the_future,
    "unreadable date": unreadable_date,
    "date changed after signing": date_changed_afterwards,
    "tampered body": tampered_body,
    "tampered body and digest": tampered_body_and_digest,
    "body not covered": body_not_covered,
    "digest missing": digest_missing,
    "digest under another name": digest_under_another_name,
    "request target not covered": no_target_covered,
    "nothing covered": nothing_covered,
    "only the date covered": only_date_covered,
    "covered header absent": covered_header_absent,
    "foreign key": foreign_key,
    "signed for another inbox": for_another_inbox,
    "signed for another server": for_another_server,
    "host changed after signing": host_changed_afterwards,
    "hmac with the public key": hmac_with_the_public_key,
    "two signature headers": two_signature_headers,
    "two dates": two_dates,
    "forged in Authorization": forged_in_authorization,
    "another one in Authorization": another_in_authorization,
    "RFC 9421": message_signature,
    "RFC 9421 beside a good one": message_signature_beside_a_good_one,
    "garbage": header_becomes(lambda _: "garbage"),
    "empty": header_becomes(lambda _: ""),
    "only quotes": header_becomes(lambda _: '"""""""'),
    "no keyId": header_becomes(lambda value: value.partition(",")[2]),
    "keyId twice": header_becomes(lambda value: f'keyId="https://good.test/u/bob#main-key",{value}'),
    "not base64": header_becomes(lambda value: _with_parameter(value, signature="!!!!")),
    "empty signature": header_becomes(lambda value: _with_parameter(value, signature="")),
    "algorithm none": header_becomes(lambda value: _with_parameter(value, algorithm="none")),
    "algorithm rsa-sha1": header_becomes(lambda value: _with_parameter(value, algorithm="rsa-sha1")),
    "algorithm ed25519 for an RSA key": header_becomes(lambda value: _with_parameter(value, algorithm="ed25519")),
    "headers repeated": header_becomes(lambda value: _with_parameter(value, headers="date date digest host")),
    "very long": header_becomes(lambda value: value + ",x=" + '"' + "x" * 9_000 + '"'),
    "keyId acct:": header_becomes(lambda value: _with_parameter(value, keyId="acct:mal@evil.test")),
    "keyId data:": header_becomes(lambda value: _with_parameter(value, keyId="data:application/json,{}")),
    "keyId a fragment": header_becomes(lambda value: _with_parameter(value, keyId="#main-key")),
    "keyId with a user": header_becomes(lambda value: _with_parameter(value, keyId="https://a:b@evil.test/u#k")),
}


@pytest.mark.parametrize("name", REFUSED_401)
async def test_a_forged_delivery_gets_401_and_leaves_no_row(stage: Stage, name: str) -> None:
    before, asked = stage.home.dump(), len(stage.evil.asked)
    answer = await REFUSED_401[name](stage)
    assert answer.status_code == 401, answer.text
    assert stage.home.dump() == before
    # At most the one refetch of mal's actor that a changed key would need (two requests: key, owner).
    assert len(stage.evil.asked) - asked <= 2


async def test_the_unchanged_delivery_is_accepted(stage: Stage) -> None:
    """The control of every case above."""
    activity = stage.follow()
    answer = await stage.send(activity)
    assert (answer.status_code, answer.content) == (202, b"")
    [row] = await stage.home.rows(Received, activity_uri=activity["id"])
    assert row.sender_uri == stage.mal.uri


async def test_a_replay_is_acknowledged_and_has_no_second_effect(stage: Stage) -> None:
    body = json.dumps(stage.follow()).encode()
    headers = signed_headers(stage, body)
    assert (await stage.post(body, headers)).status_code == 202
    before = stage.home.dump()
    assert (await stage.post(body, headers)).status_code == 202
    assert (await stage.send(json.loads(body))).status_code == 202, "a fresh signature over the same activity"
    assert stage.home.dump() == before


async def test_an_activity_of_another_actor_is_never_believed(stage: Stage) -> None:
    """Mal signs correctly, but the activity says that bob, of another server, did it (SIG-05).

    It is acknowledged like any forward, since a carrier is not to be punished, and it has no effect.
    """
    async with peer() as good:
        bob = good.actor("bob", key=1)
        forged = {**stage.follow(), "actor": bob.uri, "id": f"{good.origin}/activities/never-made"}
        before = stage.home.dump()
        answer = await stage.send(forged)
        assert answer.status_code == 202, answer.text
        assert stage.home.dump() == before
        assert await stage.home.rows(Actor, uri=bob.uri) == []
        assert good.asked == [], "a Follow is nothing that bob's home could be asked about"


async def test_a_neighbour_on_the_same_server_is_not_believed_either(stage: Stage) -> None:
    eve = stage.evil.actor("eve", key=1)
    forged = {**stage.follow(), "actor": eve.uri}
    before = stage.home.dump()
    answer = await stage.send(forged)
    assert answer.status_code == 202, answer.text
    assert stage.home.dump() == before


async def test_an_activity_whose_id_lies_elsewhere_is_refused(stage: Stage) -> None:
    before = stage.home.dump()
    for uri in ("https://good.test/activities/1", f"{stage.home.origin}/activities/1"):
        answer = await stage.send({**stage.follow(), "id": uri})
        assert answer.status_code in (400, 401, 403), answer.text
    assert stage.home.dump() == before


async def test_a_key_document_that_names_another_owner_is_refused(stage: Stage) -> None:
    """SIG-06: a key on evil's server claims bob of good as its owner; then mal, who does not list it."""
    async with peer() as good, peer() as other:
        bob = good.actor("bob", key=1)
        url = f"{other.origin}/keys/1"
        for owner in (bob.uri, other.actor("mallory", key=2).uri):
            key = {"@context": "https://w3id.org/security/v1", "id": url, "type": "Key", "owner": owner}
            other.serve({**key, "publicKeyPem": public_pem(rsa_key(3))})
            body = json.dumps({**stage.follow(), "actor": owner, "id": f"{owner}/follows/1"}).encode()
            headers = (
                other.actors["mallory"].sign("POST", stage.inbox, body, key_id=url, key=rsa_key(3))
                if ("mallory" in other.actors)
                else stage.mal.sign("POST", stage.inbox, body, key_id=url, key=rsa_key(3))
            )
            answer = await stage.post(body, headers)
            assert answer.status_code == 401, (owner, answer.text)
            assert await stage.home.rows(Received, sender_uri=owner) == []
        assert await stage.home.rows(Actor, uri=bob.uri) == []


async def test_a_key_whose_document_has_another_id_is_refused(stage: Stage) -> None:
    """SIG-07: the asked address answers with the document of bob, whose key is another one."""
    async with peer() as other:
        bob, mallory = other.actor("bob", key=1), other.actor("mallory", key=2)

        async def answers_bob(*_: Any) -> tuple[int, dict[str, str], bytes]:
            return 200, {"content-type": ACTIVITY_JSON}, json.dumps(bob.document()).encode()

        other.behaviours["/users/mallory"] = answers_bob
        answer = await mallory.deliver(stage.inbox, bob.activity("Follow", stage.alice))
        assert answer.status_code == 401, answer.text
        assert await stage.home.rows(Received, sender_uri=bob.uri) == []
        assert await stage.home.rows(Actor, uri=mallory.uri) == []


async def test_a_key_that_is_too_weak_is_refused(stage: Stage) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    async with peer() as other:
        carl = other.actor("carl")
        carl.key = weak
        answer = await carl.deliver(stage.inbox, carl.activity("Follow", stage.alice))
        assert answer.status_code == 401, answer.text
        assert await stage.home.rows(Received, sender_uri=carl.uri) == []


async def test_our_own_keys_do_not_work_from_outside(stage: Stage) -> None:
    """SIG-20: a keyId on our host is not looked up, and no local actor speaks through the inbox."""
    before = stage.home.dump()
    body = json.dumps({**stage.follow(), "actor": stage.alice, "id": f"{stage.alice}/follows/1"}).encode()
    answer = await stage.post(body, stage.mal.sign("POST", stage.inbox, body, key_id=f"{stage.alice}#main-key"))
    assert answer.status_code == 401, answer.text
    assert stage.home.dump() == before


@pytest.mark.parametrize("form", ["fragment", "path", "slash"])
async def test_the_key_forms_of_other_servers_are_accepted(stage: Stage, form: str) -> None:
    """Mastodon's #main-key, GoToSocial's /main-key, BookWyrm's /#main-key."""
    async with peer() as other:
        carl = other.actor("carl", key=2, key_form=form)
        activity = carl.activity("Follow", stage.alice)
        answer = await carl.deliver(stage.inbox, activity)
        assert answer.status_code == 202, answer.text
        [row] = await stage.home.rows(Received, activity_uri=activity["id"])
        assert row.sender_uri == carl.uri


async def test_a_key_in_a_document_of_its_own_is_accepted(stage: Stage) -> None:
    async with peer() as other:
        carl = other.actor("carl", key=2)
        url = f"{other.origin}/keys/carl"
        listed = {"id": url, "owner": carl.uri, "publicKeyPem": public_pem(carl.key)}
        carl.changes["publicKey"] = listed
        other.serve({"@context": "https://w3id.org/security/v1", "type": "Key", **listed})
        activity = carl.activity("Follow", stage.alice)
        answer = await carl.deliver(stage.inbox, activity, key_id=url)
        assert answer.status_code == 202, answer.text


async def test_a_second_actor_of_one_name_does_not_take_over_the_handle(stage: Stage) -> None:
    """Two actors of one server both call themselves carl: each is who signed, and the handle stays with the first."""
    async with peer() as other:
        first = other.actor("carl", key=2)
        second = other.actor("karl", key=3, preferredUsername="carl")
        nameless = other.actor("nobody", key=4, preferredUsername=None)
        for actor in (first, second, nameless):
            answer = await actor.deliver(stage.inbox, actor.activity("Follow", stage.alice))
            assert answer.status_code == 202, answer.text
        found = {row.uri: row.username for row in await stage.home.rows(Actor, host=other.host)}
        assert found[first.uri] == "carl"
        assert len({found[actor.uri] for actor in (first, second, nameless)}) == 3


async def test_a_flood_of_new_keys_is_told_to_come_back(stage: Stage) -> None:
    """SIG-17: a server's unknown keys drive only a few fetches a minute; honest ones among them are not refused."""
    async with peer() as other:
        statuses = []
        for number in range(limits.KEY_FETCHES_PER_HOST_PER_MINUTE + 3):
            actor = other.actor(f"p{number}")
            answer = await actor.deliver(stage.inbox, actor.activity("Follow", stage.alice))
            statuses.append(answer.status_code)
        assert statuses == [202] * limits.KEY_FETCHES_PER_HOST_PER_MINUTE + [503] * 3
        assert answer.headers["retry-after"] == "60"
        stage.home.clock.forward(61)
        assert (await actor.deliver(stage.inbox, actor.activity("Follow", stage.alice))).status_code == 202


async def test_a_changed_key_is_fetched_once_and_the_old_one_is_refused_then(stage: Stage) -> None:
    stage.home.clock.forward(301)  # the cool-down counts from the first fetch
    old, stage.mal.key = stage.mal.key, rsa_key(5)
    assert (await stage.send()).status_code == 202
    assert (await stage.send(key=old)).status_code == 401
    asked = len(stage.evil.asked)
    for _ in range(5):
        assert (await stage.send(key=rsa_key(6))).status_code == 401
    assert len(stage.evil.asked) == asked, "junk drives no fetches within the cool-down"


async def test_a_key_whose_home_is_down_gets_503_and_the_sender_may_try_again(stage: Stage) -> None:
    async with peer() as other:
        carl = other.actor("carl", key=2)

        async def broken(*_: Any) -> tuple[int, dict[str, str], bytes]:
            return 502, {}, b""

        other.behaviours["/users/carl"] = broken
        before = stage.home.dump()
        answer = await carl.deliver(stage.inbox, carl.activity("Follow", stage.alice))
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert stage.home.dump() == before
        del other.behaviours["/users/carl"]
        assert (await carl.deliver(stage.inbox, carl.activity("Follow", stage.alice))).status_code == 202


async def test_a_body_over_a_mebibyte_gets_413(stage: Stage) -> None:
    before = stage.home.dump()
    filler = {**stage.follow(), "filler": "x" * (1024 * 1024)}
    assert (await stage.send(filler)).status_code == 413

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 65_536

    unannounced = await stage.evil.client.post(
        stage.inbox, content=drip(), headers=_without(signed_headers(stage, b""), "digest")
    )
    assert unannounced.status_code == 413, "without a Content-Length it is counted while it streams"
    assert stage.home.dump() == before


@pytest.mark.parametrize("media_type", ["text/html", "application/json", "image/png", ""])
async def test_another_media_type_gets_415(stage: Stage, media_type: str) -> None:
    before = stage.home.dump()
    answer = await stage.send(headers={"content-type": media_type})
    assert answer.status_code == 415, answer.text
    assert stage.home.dump() == before


@pytest.mark.parametrize(
    "media_type",
    [
        "application/activity+json; charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/ld+json;profile=https://www.w3.org/ns/activitystreams",
    ],
)
async def test_the_media_types_that_peers_send_are_accepted(stage: Stage, media_type: str) -> None:
    assert (await stage.send(headers={"content-type": media_type})).status_code == 202


def _text(stage: Stage) -> str:
    return json.dumps(stage.follow())


MALFORMED: dict[str, Callable[[Stage], bytes]] = {
    "empty": lambda _: b"",
    "not JSON": lambda _: b"hello",
    "not UTF-8": lambda stage: _text(stage).encode("utf-16"),
    "byte order mark": lambda stage: b"\xef\xbb\xbf" + _text(stage).encode(),
    "a list": lambda stage: f"[{_text(stage)}]".encode(),
    "a string": lambda _: b'"Follow"',
    "a member twice": lambda stage: _text(stage).replace('"type"', '"type": "Block", "type"', 1).encode(),
    "NaN": lambda stage: (_text(stage)[:-1] + ', "n": NaN}').encode(),
    "deep": lambda stage: (_text(stage)[:-1] + ', "n": ' + "[" * 40 + "]" * 40 + "}").encode(),
    "bottomless": lambda stage: (_text(stage)[:-1] + ', "n": ' + "[" * 90_000 + "]" * 90_000 + "}").encode(),
    "long list": lambda stage: (_text(stage)[:-1] + ', "to": [' + ",".join(['"a"'] * 1_001) + "]}").encode(),
    "@graph": lambda stage: (_text(stage)[:-1] + ', "@graph": []}').encode(),
    "gzip": lambda stage: gzip.compress(_text(stage).encode()),
    "no id": lambda stage: json.dumps({k: v for k, v in stage.follow().items() if k != "id"}).encode(),
    "no actor": lambda stage: json.dumps({k: v for k, v in stage.follow().items() if k != "actor"}).encode(),
    "no type": lambda stage: json.dumps({k: v for k, v in stage.follow().items() if k != "type"}).encode(),
    "number as id": lambda stage: json.dumps({**stage.follow(), "id": 5}).encode(),
    "number as actor": lambda stage: json.dumps({**stage.follow(), "actor": 1}).encode(),
    "odd id": lambda stage: json.dumps({**stage.follow(), "id": f"{stage.evil.origin}/a/../b"}).encode(),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_activity_gets_400_though_well_signed(stage: Stage, name: str) -> None:
    body = MALFORMED[name](stage)
    before = stage.home.dump()
    answer = await stage.mal.deliver(stage.inbox, body)
    assert answer.status_code == 400, answer.text
    assert stage.home.dump() == before


async def test_a_delete_of_somebody_never_seen_is_dropped_without_a_fetch(stage: Stage) -> None:
    async with peer() as other:
        gone = other.actor("gone", key=2)
        before = stage.home.dump()
        delete = gone.activity("Delete", gone.uri, to=[PUBLIC])
        for inbox in (stage.inbox, stage.home.inbox):
            answer = await gone.deliver(inbox, delete)
            assert answer.status_code == 202, answer.text
        assert other.asked == []
        assert stage.home.dump() == before


async def test_a_suspended_domain_gets_403_before_any_work(stage: Stage) -> None:
    async with peer("127.0.0.1") as other:
        # All peers of this test share one address, so the rule is lifted again at the end.
        carl = other.actor("carl", key=2)
        rule = DomainRule(id=stage.home.context.ids.new(), host="127.0.0.1", created_ms=1)
        async with stage.home.context.database.write() as session:
            session.add(rule)
        stage.home.context.part(DomainRules).forget()
        try:
            before = stage.home.dump()
            answer = await carl.deliver(stage.inbox, carl.activity("Follow", stage.alice))
            assert answer.status_code == 403, answer.text
            assert other.asked == []
            assert stage.home.dump() == before
        finally:
            async with stage.home.context.database.write() as session:
                await session.delete(rule)
            stage.home.context.part(DomainRules).forget()


async def test_the_shared_inbox_checks_like_a_personal_one(stage: Stage) -> None:
    stage.inbox = stage.home.inbox
    before = stage.home.dump()
    for case in (unsigned, expired, tampered_body, foreign_key):
        assert (await case(stage)).status_code == 401
    assert stage.home.dump() == before
    assert (await stage.send()).status_code == 202
