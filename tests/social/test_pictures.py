"""A client asks for a picture, attaches what it brought, picks one of several: docs/reference/c2s.md by running it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from outbox.models import Attachment, Post
from tests.social.client import Client
from tests.support.painter import Painter, carry_on, picture
from tests.support.peer import PUBLIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUIDE = (Path(__file__).parents[2] / "docs" / "reference" / "c2s.md").read_text()


def example(name: str) -> Any:
    """A JSON block of the guide, after the comment that names it."""
    found = re.search(rf"<!-- {name} -->\s*```json\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None, name
    return json.loads(found[1])


async def test_the_guides_example_makes_a_picture(ann: Client, painter: Painter) -> None:
    wanted = example("order")
    made = await ann.send(json.loads(json.dumps(wanted).replace("https://example.org", ann.home.origin)))
    note = made["object"]
    assert (note["state"], note["prompt"], note["seed"], note["attachment"]) == ("waiting", wanted["prompt"], 7, [])
    told = await ann.get(note["progress"])
    assert told.keys() == example("progress").keys()
    assert (told["state"], told["words"]) == ("waiting", "waiting for its turn")
    post = await carry_on(ann.home, int(note["id"].rpartition("/")[2]))
    request = painter.requests[-1]
    assert (request.prompt, request.negative_prompt, request.seed) == (wanted["prompt"], wanted["negativePrompt"], 7)
    assert (request.width, request.height, request.steps) == (768, 512, 20)
    assert (post.state, post.visibility, post.text) == ("published", "public", "Good morning")
    assert (await ann.get(told["id"]))["state"] == "published"
    out = await ann.get(note["id"])
    assert "state" not in out
    assert (out["genAI"], out["attachment"][0]["name"]) == (True, wanted["name"])
    assert (await ann.get(made["id"]))["object"]["id"] == note["id"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"seed": "seven"}, "`seed` is a whole number"),
        ({"seed": -1}, "`seed` is a whole number"),
        ({"count": 99}, "`count` is a whole number"),
        ({"guidance": "much"}, "`guidance` is a number"),
        ({"attachment": [{"type": "Image", "id": "UPLOAD"}]}, "Either"),
    ],
)
async def test_an_order_that_cannot_be_carried_out_is_refused_with_words(amy: Client, change: Any, words: str) -> None:
    upload = await bring(amy) if "attachment" in change else {"id": ""}
    order = {"type": "Note", "prompt": "a boat", "seed": 1, **change}
    told = await amy.send(json.loads(json.dumps(order).replace("UPLOAD", upload["id"])), 422)
    assert words in told["detail"]


async def test_of_several_pictures_the_client_picks(ann: Client, ben: Client) -> None:
    made = await ann.send({"type": "Note", "content": "One of these", "prompt": "a boat", "count": 3, "to": [PUBLIC]})
    uri = made["object"]["id"]
    post = await carry_on(ann.home, int(uri.rpartition("/")[2]))
    offered = await ann.get(uri)
    assert (post.state, offered["state"], len(offered["attachment"])) == ("pick", "pick", 3)
    await ben.send({"type": "Update", "object": {"id": uri, "attachment": offered["attachment"][:1]}}, 404)
    await ann.send({"type": "Update", "object": {"id": uri, "attachment": []}}, 422)
    await ann.send({"type": "Update", "object": {"id": uri, "type": "Note", "attachment": offered["attachment"][1:2]}})
    await carry_on(ann.home, post.id)
    assert [item["url"] for item in (await ben.get(uri))["attachment"]] == [offered["attachment"][1]["url"]]


# uploadMedia


async def bring(client: Client, obj: Any = None, status: int = 201, **fields: Any) -> Any:
    """What `ap upload` sends: two file parts."""
    files: dict[str, Any] = {"file": ("x.png", picture("sea"), "image/png")}
    if obj is not None:
        files["object"] = ("descriptor.jsonld", json.dumps(obj), "application/ld+json")
    answer = await client.home.client.post(
        f"{client.actor.uri}/uploads", files={**files, **fields.pop("files", {})}, data=fields, headers=client.headers
    )
    assert answer.status_code == status, answer.text
    if status == 201:
        assert answer.headers["location"] == answer.json()["id"]
    return answer.json()


async def test_a_picture_without_addresses_is_kept_and_attached_later(ann: Client, ben: Client) -> None:
    shell = {"type": "Image", "nameMap": {"en": "A title"}, "summaryMap": {"en": "The sea"}}
    first = await bring(ann, {**shell, "nameMap": {"en": "The sea at noon"}})
    second = await bring(ann, description="Told as a field")
    assert (first["type"], first["name"], first["mediaType"]) == ("Image", "The sea at noon", "image/jpeg")
    assert (await ann.get(first["id"]), second["name"]) == (first, "Told as a field")
    await ben.get(f"{ben.actor.uri}/uploads/{first['id'].rpartition('/')[2]}", 404)
    await ben.get(first["id"], 404)
    for reader, status in ((ann, 200), (ben, 404)):
        assert (await ann.home.client.get(first["url"], headers=reader.headers)).status_code == status
    assert await ann.items(f"{ann.actor.uri}/outbox") == []
    attached = [{"type": "Image", "url": first["url"], "name": "Waves"}, second["id"]]
    await ben.send({"type": "Note", "content": "Stolen", "attachment": attached}, 422)
    made = await ann.send({"type": "Note", "content": "Two", "attachment": attached, "to": [PUBLIC]})
    post = await carry_on(ann.home, int(made["object"]["id"].rpartition("/")[2]))
    rows = await ann.home.rows(Attachment, post_id=post.id)
    assert [(row.alt, row.origin) for row in rows] == [("Waves", "declared_ai"), ("Told as a field", "declared_ai")]
    await ann.send({"type": "Note", "content": "Again", "attachment": attached}, 422)


async def test_a_picture_with_addresses_is_published(ann: Client) -> None:
    shell = {"type": "Image", "summaryMap": {"en": "The sea"}, "to": [PUBLIC], "genAI": False}
    made = await bring(ann, shell)
    assert (made["type"], made["object"]["state"], made["to"]) == ("Create", "waiting", [PUBLIC])
    post = await carry_on(ann.home, int(made["object"]["id"].rpartition("/")[2]))
    [row] = await ann.home.rows(Attachment, post_id=post.id)
    assert (post.state, post.visibility, row.alt, row.origin) == ("published", "public", "The sea", "declared_not_ai")
    assert "genAI" not in await ann.get(post.uri)


@pytest.mark.parametrize(
    ("obj", "fields", "status"),
    [
        ({"type": "Video"}, {}, 422),
        ({"type": "Image", "attributedTo": "https://x.example/u", "to": [PUBLIC]}, {}, 400),
        ({"type": "Image", "to": ["https://nobody.example/1"] * 2, "bto": [PUBLIC]}, {}, 422),
        (None, {"files": {"file": ("x.png", b"no picture", "image/png")}}, 415),
        (None, {"files": {"file": ("x.png", b"", "image/png")}}, 400),
        (None, {"object": "{"}, 400),
    ],
)
async def test_what_is_no_picture_of_ours_is_refused(amy: Client, obj: Any, fields: Any, status: int) -> None:
    told = await bring(amy, obj, status, **fields)
    assert len(told["detail"]) > 10


async def test_uploads_are_their_owners(amy: Client, ivo: Client) -> None:
    files = {"file": ("x.png", picture("sea"), "image/png")}
    for headers, status in (({"accept": "application/json"}, 401), (ivo.headers, 403)):
        answer = await amy.home.client.post(f"{amy.actor.uri}/uploads", files=files, headers=headers)
        assert answer.status_code == status
    assert [row for row in await amy.home.rows(Post) if row.text == "Stolen"] == []
