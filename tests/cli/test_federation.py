"""`federation …` and what it shows: lookups, traces, deliveries, rules, lists, wishes and recorded requests."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from fediverse_ai.core.config import load
from fediverse_ai.core.context import Context
from fediverse_ai.wiring import close_context, open_context
from inbox.models import Received
from outbox.models import Attachment, Post
from tests.cli.conftest import Cli, Inside
from tests.cli.test_commands import serve, settled
from tests.support.peer import Peer, RemoteActor, peer, public_pem, rsa_key

__all__ = ["settled"]

T = TypeVar("T")


class Elsewhere:
    """A peer in a thread of its own, since commands run in this one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.server: Peer | None = None
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        async with peer("localhost") as made:
            self.server = made
            self._ready.set()
            await self._end.wait()

    def __enter__(self) -> Elsewhere:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        self.loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as made:
        yield made


@pytest.fixture
def bob(elsewhere: Elsewhere) -> RemoteActor:
    assert elsewhere.server is not None
    return elsewhere.server.actor("bob")


def in_house(folder: Path, work: Callable[[Context], Coroutine[Any, Any, T]]) -> T:
    """Do something with the rows of a folder, as the server would."""

    async def run() -> T:
        context = await open_context(load(folder), engine=False)
        try:
            return await work(context)
        finally:
            await close_context(context)

    return asyncio.run(run())


def patiently(holds: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.1)


def befriend(folder: Path, bob: RemoteActor) -> None:
    """bob is known here, follows ann, and has a post."""

    async def work(context: Context) -> None:
        from actors import follows, queries, remote
        from actors.models import FollowState

        await remote.resolve(context, bob.uri)
        async with context.database.write() as session:
            ann, row = await queries.local_by_name(session, "ann"), await queries.by_uri(session, bob.uri)
            assert ann is not None
            assert row is not None
            await follows.add(session, row, ann, f"{bob.uri}#follow", FollowState.ACCEPTED)
            post = Post(id=context.ids.new(), uri=f"{bob.uri}/1", author_id=row.id, state="published", created_ms=1)
            session.add(post)

    in_house(folder, work)


def published(folder: Path, *, picture: bool) -> str:
    """A post of ann's that was just published; its address."""

    async def work(context: Context) -> str:
        from actors import queries
        from outbox import activities, audience
        from outbox.send import send

        async with context.database.write() as session:
            ann = await queries.local_by_name(session, "ann")
            assert ann is not None
            post_id = context.ids.new()
            base = context.config.public_url
            post = Post(id=post_id, uri=f"{base}/notes/{post_id}", url=f"{base}/@ann/{post_id}", local=True,
                        author_id=ann.id, state="published", created_ms=1, to=[], cc=[])  # fmt: skip
            session.add(post)
            await session.flush()
            if picture:
                session.add(Attachment(id=context.ids.new(), post_id=post_id))
            body = activities.create(context, post, ann, {"id": post.uri, "type": "Note", "to": [], "cc": []})
            await send(session, ann, body, await audience.inboxes(session, ann, post), object_uri=post.uri)
        return f"{base}/@ann/{post_id}"

    return in_house(folder, work)


def test_lookup_of_an_actor_and_of_a_post(settled: Inside, bob: RemoteActor) -> None:
    note = bob.note("<p>Hello</p>")
    found = settled("--json", "federation", "lookup", bob.handle)
    assert (found.code, found.facts["id"], found.facts["key"]) == (0, bob.uri, bob.key_id), found
    assert found.facts["rule"] is None
    told = settled("federation", "lookup", note["id"])
    assert (told.code, bob.uri in told.out, "Note" in told.out) == (0, True, True)
    missing = settled("federation", "lookup", f"{bob.peer.origin}/notes/none")
    assert (missing.code, len(missing.err.splitlines())) == (1, 1)


def test_a_rule_from_preview_to_undo(settled: Inside, bob: RemoteActor) -> None:
    befriend(settled.folder, bob)
    wanted = {"follows": 0, "followers": 1, "posts": 1, "actors": 1, "host": "localhost", "severity": "suspend"}
    assert settled("--json", "federation", "preview", "localhost").facts == wanted
    assert settled("--json", "federation", "rules").facts == []
    made = settled("--json", "federation", "block", "localhost", "--reason", "spam", "--comment", "Spam")
    assert (made.code, made.facts) == (0, wanted), made
    asked = len(bob.peer.asked)
    refused = settled("federation", "lookup", bob.handle)
    assert (refused.code, len(bob.peer.asked)) == (1, asked)
    [rule] = settled("--json", "federation", "rules").facts
    assert (rule["severity"], rule["reason"], rule["comment"]) == ("suspend", "spam", "Spam")
    undone = settled("--json", "federation", "unblock", "localhost", "--reason", "a mistake")
    assert (undone.code, undone.facts["restored"]) == (0, 1)
    [record] = settled("--json", "federation", "rules", "--all").facts
    assert record["undone_reason"] == "a mistake"
    assert settled("federation", "unblock", "localhost").code == 1


def test_one_person_is_limited_suspended_and_restored(settled: Inside, bob: RemoteActor) -> None:
    befriend(settled.folder, bob)
    assert settled("federation", "limit", bob.handle).code == 0
    made = settled("--json", "federation", "suspend", bob.handle, "--reason", "spam")
    assert (made.code, made.facts["actor"], made.facts["severed"]) == (0, bob.uri, 1), made
    [rule] = settled("--json", "federation", "people").facts
    assert (rule["severity"], rule["reason"]) == ("suspend", "spam")
    back = settled("--json", "federation", "restore", bob.handle, "--reason", "a mistake")
    assert (back.code, back.facts["restored"]) == (0, 1), back
    assert settled("--json", "federation", "people").facts == []
    assert len(settled("--json", "federation", "people", "--all").facts) == 2
    assert settled("federation", "restore", bob.handle).code == 1


def test_reports_from_the_terminal(settled: Inside, bob: RemoteActor) -> None:
    befriend(settled.folder, bob)

    async def file(context: Context) -> int:
        from actors import queries
        from outbox import report

        async with context.database.write() as session:
            ann, row = await queries.local_by_name(session, "ann"), await queries.by_uri(session, bob.uri)
            assert ann is not None
            assert row is not None
            return (await report.report(session, ann, row, comment="not labelled")).id

    number = str(in_house(settled.folder, file))
    [row] = settled("--json", "moderation", "reports", "list").facts
    assert (str(row["id"]), row["comment"], row["times"]) == (number, "not labelled", 1)
    shown = settled("--json", "moderation", "reports", "show", number)
    assert (shown.code, shown.facts["reporter"].partition("@")[0]) == (0, "ann"), shown
    assert settled("moderation", "reports", "forward", number).code == 0
    assert settled("moderation", "reports", "forward", number).code == 1
    assert settled("moderation", "reports", "resolve", number).code == 0
    assert settled("--json", "moderation", "reports", "list").facts == []
    assert len(settled("--json", "moderation", "reports", "list", "--closed").facts) == 1
    assert settled("moderation", "reports", "show", "1").code == 1
    assert settled("--json", "user", "carry-follows", "ann", "--no").facts["carry"] is False


def test_keys_are_replaced(settled: Inside) -> None:
    made = settled("--json", "user", "rotate-keys", "ann")
    again = settled("--json", "user", "rotate-keys", "ann")
    assert (made.code, again.code) == (0, 0), made
    assert made.facts["key"].startswith(f"{made.facts['actor']}#main-key-")
    assert made.facts["key"] != again.facts["key"]
    assert settled("--json", "user", "rotate-keys", "--server").facts["actor"].endswith("/actor")
    assert settled("user", "rotate-keys").code == settled("user", "rotate-keys", "ann", "--server").code == 1


def test_lists_in_and_out(settled: Inside, bob: RemoteActor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fediverse_ai.core import limits

    befriend(settled.folder, bob)
    monkeypatch.setattr(limits, "PROTECTED_FOLLOWS", 0)
    file = tmp_path / "list.csv"
    file.write_text("#domain,#severity\nevil.test,silence\nlocalhost,suspend\nno host,suspend\n")
    planned = settled("--json", "federation", "import", str(file), "--dry-run")
    assert planned.code == 3
    assert [(row["host"], row["action"]) for row in planned.facts] == [("evil.test", "add"), ("localhost", "guarded")]
    assert "line 4" in planned.err
    assert settled("--json", "federation", "rules").facts == []
    done = settled("federation", "import", str(file), "--yes", "localhost")
    assert done.code == 0, done
    out = settled("federation", "export").out
    assert out.splitlines()[1:] == ["evil.test,silence,false,false,,false", "localhost,suspend,false,false,,false"]
    again = settled("--json", "federation", "import", "-", stdin=out)
    assert [row["action"] for row in again.facts] == ["keep", "keep"]
    assert settled("federation", "export", str(tmp_path / "out.csv")).code == 0
    assert (tmp_path / "out.csv").read_text() == out
    (tmp_path / "odd.csv").write_bytes(b"\xff\xfe")
    assert "UTF-8" in settled("federation", "import", str(tmp_path / "odd.csv")).err


def test_wishes_are_kept_listed_and_honoured(settled: Inside, bob: RemoteActor) -> None:
    befriend(settled.folder, bob)
    assert settled("federation", "wish", "localhost", "no-ai").code == 0
    [row] = settled("--json", "federation", "wish").facts
    assert (row["host"], row["wish"], row["by"]) == ("localhost", "no-ai", "admin")
    assert "everything, replies, no-ai" in settled("federation", "wish", "localhost", "nothing").err
    address = published(settled.folder, picture=True)
    [delivery] = settled("--json", "federation", "trace", address).facts
    assert (delivery["state"], delivery["error"]) == ("withheld", "localhost wants no posts with AI-made pictures")
    assert settled("federation", "wish", "localhost", "everything").code == 0
    assert settled("--json", "federation", "wish").facts == []


def test_deliveries_and_another_try_beside_a_running_server(
    settled: Inside, cli: Cli, port: int, bob: RemoteActor
) -> None:
    """A host that was away: its row waits for a minute, `retry` sends it now."""

    async def away(*_: Any) -> Any:
        return 503, {}, b""

    befriend(settled.folder, bob)
    bob.peer.behaviours["/inbox"] = away
    serve(cli, port)
    address = published(settled.folder, picture=False)

    def state() -> str:
        return str(settled("--json", "federation", "trace", address).facts[0]["state"])

    patiently(lambda: state() == "lane", 20)
    [host] = settled("--json", "federation", "deliveries").facts
    assert (host["host"], host["lane"], host["failures"]) == (bob.peer.host, 1, 1)
    [row] = settled("--json", "federation", "deliveries", "--state", "lane", "--host", bob.peer.host).facts
    assert (row["error"], row["attempts"]) == ("status 503", 1)
    del bob.peer.behaviours["/inbox"]
    assert settled("--json", "federation", "retry", bob.peer.host).facts == {"host": bob.peer.host, "waiting": 1}
    patiently(lambda: state() == "delivered", 20)
    assert len(bob.peer.activities("Create")) == 1
    assert settled("federation", "retry", bob.peer.host).out.startswith("Nothing waits")
    assert settled("federation", "trace", "12345").code == 1
    wrong = settled("federation", "deliveries", "--state", "waiting")
    assert (wrong.code, wrong.err.count("\n")) == (1, 1), wrong
    assert "pending, lane, delivered, given_up, withheld" in wrong.err


def test_what_was_given_up_is_tried_once_more(settled: Inside, bob: RemoteActor) -> None:
    befriend(settled.folder, bob)
    address = published(settled.folder, picture=False)

    async def give_up(context: Context) -> None:
        from sqlalchemy import text

        async with context.database.write() as session:
            await session.execute(text("UPDATE delivery SET state = 'given_up', done_ms = 1"))

    in_house(settled.folder, give_up)
    assert settled("--json", "federation", "retry", bob.peer.host).facts["waiting"] == 0
    assert settled("--json", "federation", "retry", bob.peer.host, "--given-up").facts["waiting"] == 1
    assert settled("--json", "federation", "trace", address).facts[0]["state"] == "lane"


def test_ping(settled: Inside, bob: RemoteActor) -> None:
    origin = bob.peer.origin
    schema = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    answers = {
        "/.well-known/nodeinfo": {"links": [{"rel": schema, "href": f"{origin}/nodeinfo/2.0"}]},
        "/nodeinfo/2.0": {"software": {"name": "pictureserver", "version": "1.2"}},
    }

    async def tell(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        return 200, {"content-type": "application/json"}, json.dumps(answers[target]).encode()

    bob.peer.behaviours.update(dict.fromkeys(answers, tell))
    found = settled("--json", "federation", "ping", bob.peer.host)
    assert (found.code, found.facts["software"], found.facts["wish"]) == (0, "pictureserver 1.2", "everything")
    answers["/.well-known/nodeinfo"] = {"links": [{"rel": schema, "href": "http://evil.test/nodeinfo"}]}
    assert settled("federation", "ping", bob.peer.host).code == 1
    settled("federation", "block", "localhost")
    asked = len(bob.peer.asked)
    blocked = settled("--json", "federation", "ping", bob.peer.host)
    assert (blocked.code, blocked.facts["rule"], len(bob.peer.asked)) == (1, "suspend", asked)


def test_inbox(settled: Inside) -> None:
    async def work(context: Context) -> None:
        async with context.database.write() as session:
            for number, state in enumerate(("done", "dropped")):
                sender = f"https://h{number}.test/users/a"
                session.add(Received(id=number + 1, activity_uri=f"{sender}#1", type="Like", sender_uri=sender,
                                     body=b"{}", state=state, detail="because", received_ms=1_000))  # fmt: skip

    in_house(settled.folder, work)
    assert [row["outcome"] for row in settled("--json", "federation", "inbox").facts] == ["dropped", "done"]
    [row] = settled("--json", "federation", "inbox", "--outcome", "dropped").facts
    assert (row["detail"], row["received"]) == ("because", "1970-01-01 00:00:01")
    assert [row["sender"] for row in settled("--json", "federation", "inbox", "--host", "h0.test").facts] == [
        "https://h0.test/users/a"
    ]
    assert "unsupported, failed" in settled("federation", "inbox", "--outcome", "refused").err


def recorded(bob: RemoteActor, port: int, body: bytes, **options: Any) -> bytes:
    """A signed POST to our inbox as a proxy would have written it down."""
    url = f"http://127.0.0.1:{port}/inbox"
    headers = bob.sign("POST", url, body, **options)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /inbox HTTP/1.1\r\n{head}\r\n".encode() + body


def steps(done: Any) -> dict[str, bool | None]:
    return {row["step"]: row["holds"] for row in done.facts}


def test_a_recorded_request_step_by_step(settled: Inside, port: int, bob: RemoteActor, tmp_path: Path) -> None:
    body = json.dumps(bob.activity("Like", "http://x.test/1")).encode()
    file = tmp_path / "request"
    good = recorded(bob, port, body)
    file.write_bytes(good)
    done = settled("--json", "federation", "verify-signature", str(file))
    assert done.code == 0, done
    assert all(holds in (True, None) for holds in steps(done).values())
    assert {"covered", "host", "date", "digest", "owner", "signature"} <= steps(done).keys()

    wrong: list[tuple[bytes, set[str]]] = [
        (good.replace(b'"Like"', b'"Love"'), {"digest"}),
        (good.replace(b"/inbox HTTP", b"/other HTTP"), {"signature"}),
        (recorded(bob, port, body, key=rsa_key(5)), {"signature"}),
        (recorded(bob, port, body, names=["(request-target)", "host", "date"]), {"covered"}),
        (recorded(bob, port, body.replace(b"/users/bob", b"/users/eve")), {"owner"}),
        (good.replace(b"host: 127.0.0.1", b"host: 127.0.0.2"), {"host", "signature"}),
        (good.replace(b"signature: keyId", b"unsigned: keyId"), {"signature header"}),
    ]
    for data, expected in wrong:
        file.write_bytes(data)
        done = settled("--json", "federation", "verify-signature", str(file))
        assert done.code == 1
        assert {name for name, holds in steps(done).items() if holds is False} == expected, done.facts

    file.write_bytes(good)
    late = settled("--json", "federation", "verify-signature", str(file), "--at", "2031-01-01T00:00:00Z")
    assert {name for name, holds in steps(late).items() if holds is False} == {"date"}
    key = tmp_path / "key.pem"
    key.write_text(public_pem(bob.key))
    assert settled("federation", "verify-signature", str(file), "--key", str(key)).code == 0
    file.write_bytes(b"not a request")
    assert "request line" in settled("federation", "verify-signature", str(file)).err


def test_a_recorded_request_of_rfc_9421(settled: Inside, port: int, bob: RemoteActor, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from fediverse_ai.activitypub import message_signatures

    body = json.dumps(bob.activity("Like", "http://x.test/1")).encode()
    headers = message_signatures.sign("POST", f"http://127.0.0.1:{port}/inbox", body, key_id=bob.key_id,
                                      private_key=bob.key, date=datetime.now(UTC))  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    file = tmp_path / "request"
    file.write_bytes(f"POST /inbox HTTP/1.1\r\n{head}\r\n".encode() + body)
    done = settled("--json", "federation", "verify-signature", str(file))
    assert (done.code, steps(done)["signature"]) == (0, True), done
    file.write_bytes(file.read_bytes().replace(b"POST /inbox", b"POST /outbox"))
    done = settled("--json", "federation", "verify-signature", str(file))
    assert (done.code, steps(done)["signature"]) == (1, False)


def test_every_command_wants_a_server(inside: Inside) -> None:
    for words in (("lookup", "@a@b.test"), ("deliveries",), ("rules",), ("wish",), ("inbox",), ("ping", "b.test")):
        done = inside("federation", *words)
        assert (done.code, "holds no server yet" in done.err) == (1, True), done
