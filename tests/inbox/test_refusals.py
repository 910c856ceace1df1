"""One structured line for each refused activity: why, whose key, who, what; never what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from actors.models import Actor
from fediverse_ai.core import limits
from tests.support.house import House
from tests.support.peer import RemoteActor
from tests.support.rooms import settle

BODY = "canary-of-the-body"


def only(lines: list[Any], event: str) -> Mapping[str, Any]:
    [line] = [line for line in lines if line["event"] == event]
    assert BODY not in repr(lines)
    return line  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def _all_levels() -> Any:
    """Other tests may have set up logging for warnings only."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


async def test_a_bad_signature_is_told_with_key_sender_and_type(home: House, bob: RemoteActor) -> None:
    create = bob.create(bob.note(f"<p>{BODY}</p>"))
    with capture_logs() as lines:
        answer = await bob.deliver(home.inbox, create, headers={"digest": "SHA-256=AAAA"})
    assert answer.status_code == 401
    line = only(lines, "inbox_refused")
    assert (line["status"], line["key"], line["sender"], line["type"]) == (401, bob.key_id, bob.uri, "Create")
    assert line["detail"] == "sha-256 does not match the body"


async def test_without_a_signature_there_is_no_key_to_tell(home: House, bob: RemoteActor) -> None:
    with capture_logs() as lines:
        headers = {"content-type": "application/activity+json"}
        await home.client.post(home.inbox, json=bob.create(bob.note(BODY)), headers=headers)
    line = only(lines, "inbox_refused")
    assert (line["status"], line["key"], line["sender"]) == (401, None, bob.uri)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"type": ' + BODY.encode(), "application/activity+json", 400),
        (BODY.encode(), "text/plain", 415),
        (b" " * (limits.INBOX_BODY_BYTES + 1), "application/activity+json", 413),
    ],
)
async def test_what_cannot_be_read_is_told_too(home: House, content: bytes, media_type: str, status: int) -> None:
    with capture_logs() as lines:
        await home.client.post(home.inbox, content=content, headers={"content-type": media_type})
    line = only(lines, "inbox_refused")
    assert line["status"] == status
    assert line["detail"]


async def test_a_stranger_cannot_fill_the_log(home: House, bob: RemoteActor) -> None:
    create = bob.create(bob.note(BODY)) | {"type": "T" * 5_000}
    with capture_logs() as lines:
        await bob.deliver(home.inbox, create, key_id=f"{bob.peer.origin}/{'k' * 1_500}")
    line = only(lines, "inbox_refused")
    assert max(len(str(line[name])) for name in ("key", "type", "sender")) <= limits.LOGGED_CHARS


async def test_what_is_dropped_later_is_told_with_its_outcome(home: House, alice: Actor, bob: RemoteActor) -> None:
    odd = bob.activity("Travel", alice.uri, content=BODY)
    assert (await bob.deliver(home.inbox, odd)).status_code == 202
    with capture_logs() as lines:
        await settle(home)
    line = only(lines, "activity_refused")
    assert (line["outcome"], line["type"], line["sender"]) == ("unsupported", "Travel", bob.uri)
    assert line["activity"] == odd["id"]
