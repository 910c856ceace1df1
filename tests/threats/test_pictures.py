"""Media and the gate: what no other file shows (MED-…, GEN-…)."""

from __future__ import annotations

import ast
import hashlib
import io
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import RequestError
from generation import images
from generation.policy import load_policy
from generation.sandbox import Sandbox
from generation.types import Decision, Finding
from outbox import judging, prepare, uploads
from outbox.belongings import Upload
from outbox.compose import compose
from outbox.draft import Draft
from outbox.models import Attachment, Judgement, Post, PostState
from tests.support import gate
from tests.support.house import House, house
from tests.support.rooms import published
from tests.support.tokens import token_for

ROOT = Path(__file__).parents[2]
POLICY = load_policy()
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    sandbox = Sandbox()
    async with house(tmp_path_factory.mktemp("pictures") / "home") as made:
        gate.install(made.context, made.clock, sandbox)
        yield made
    await sandbox.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


def encoded(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["TIFF", "BMP", "PDF", "EPS", "TGA", "ICO", "JPEG2000", "DDS", "PCX", "PPM", "AVIF"])
async def test_no_other_format_is_decoded(form: str) -> None:
    """MED-01, MED-03, MED-07: Pillow could write these; nothing here reads them."""
    with pytest.raises(RequestError):
        images.admit(encoded(form))


@pytest.mark.parametrize(
    "data",
    [
        b'{"@context": "https://www.w3.org/ns/activitystreams", "type": "Note", "id": "https://us.example/notes/1"}',
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04" + b"\x00" * 60,
        b"\x7fELF" + b"\x00" * 60,
        b"%PDF-1.7\n",
        b"#!/bin/sh\n",
    ],
    ids=["activity", "svg", "html", "zip", "program", "pdf", "script"],
)
async def test_documents_and_programs_are_no_pictures(data: bytes) -> None:
    with pytest.raises(RequestError):
        images.admit(data)


@pytest.mark.parametrize(
    "path", ["../secret.key", "%2e%2e/secret.key", "ab/../../secret.key", "/etc/passwd", "ab%00.jpg"]
)
async def test_no_path_leads_out_of_the_folder_of_files(home: House, path: str) -> None:
    answer = await home.client.get(f"/media/{path}")
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize(
    "ranges",
    ["bytes=" + ",".join(["0-0"] * 1_000), "bytes=0-,0-,0-,0-", "bytes=-99999999", "bytes=9999999-", "bytes=x"],
)
async def test_ranges_cost_no_more_than_the_file(home: House, alice: Actor, ranges: str) -> None:
    post = await published(home, alice, "calm", picture=True)
    [picture] = await home.rows(Attachment, post_id=post.id)
    answer = await home.client.get(f"/media/{picture.file}", headers={"range": ranges})
    assert answer.status_code in (200, 206, 400, 416)
    assert len(answer.content) <= max(len(b"picture"), 200)
    if answer.status_code in (200, 206):
        assert b"picture".find(answer.content) >= 0


def spotted(seed: int, quality: int = 90) -> bytes:
    """Soft bluish spots: calm to the gate, and busy enough to have a hash."""
    spots = np.random.default_rng(seed).integers((0, 0, 120), (90, 190, 255), (20, 20, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(spots).resize((128, 128), Image.Resampling.BICUBIC).save(out, "JPEG", quality=quality)
    return out.getvalue()


async def brought(home: House, actor: Actor, data: bytes) -> Post:
    picture = await uploads.admit(home.context, data)
    async with home.context.database.write() as session:
        kept = await uploads.keep(session, actor, picture, description="calm")
        post = await compose(session, actor, Draft(media_ids=(kept.id,)))
    await prepare.prepare.function(home.context, [post.id])
    [row] = await home.rows(Post, id=post.id)
    return row


async def test_the_same_picture_is_brought_so_often_in_an_hour(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """MED-18: near copies count, whatever their bytes; other pictures and other people do not."""
    monkeypatch.setattr(limits, "NEAR_COPIES", 2)
    dan, eve = await home.make_actor("dan"), await home.make_actor("eve")
    for quality in (90, 80):
        assert (await brought(home, dan, spotted(1, quality))).state == PostState.PUBLISHED
    refused = await brought(home, dan, spotted(1, 70))
    assert (refused.state, "several times" in (refused.reason or "")) == (PostState.FAILED, True)
    assert (await brought(home, dan, spotted(2))).state == PostState.PUBLISHED
    assert (await brought(home, eve, spotted(1))).state == PostState.PUBLISHED
    monkeypatch.setattr(limits, "NEAR_COPIES_ROWS", 2)
    assert (await brought(home, dan, spotted(1, 60))).state == PostState.PUBLISHED, "so many are compared"
    monkeypatch.setattr(limits, "NEAR_COPIES_ROWS", 200)
    assert (await brought(home, dan, spotted(1, 65))).state == PostState.FAILED
    home.clock.forward(limits.NEAR_COPIES_SECONDS)
    assert (await brought(home, dan, spotted(1, 65))).state == PostState.PUBLISHED


def part(name: str, data: bytes, extra: bytes = b"") -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + extra + b"\r\n\r\n" + data + b"\r\n"
    )


FILE = b'; filename="a.png"\r\nContent-Type: image/png'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"".join(part(f"n{n}", b"1") for n in range(10_000)) + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", b"".join(part("file", b"", FILE) for _ in range(1_000)) + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", part("n" * 2**20, b"1") + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", part("file", b"1", b"; filename=" + b"a" * 2**20) + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", part("description", b"a" * 2**20) + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", part("file", encoded("PNG"), FILE)[:-30]),
        ("multipart/form-data; boundary=y", part("file", encoded("PNG"), FILE) + b"--x--\r\n"),
        ("multipart/form-data", part("file", encoded("PNG"), FILE) + b"--x--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 8_000, part("file", encoded("PNG"), FILE) + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", part("file", part("file", encoded("PNG"), FILE), FILE) + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", b"\0" * 100_000),
        ("multipart/mixed; boundary=x", part("file", encoded("PNG"), FILE) + b"--x--\r\n"),
    ],
    ids=["parts", "files", "name", "filename", "field", "cut", "other boundary", "no boundary", "long boundary",
         "nested", "zeros", "mixed"],
)  # fmt: skip
async def test_tricks_with_multipart_end_soon_and_keep_nothing(home: House, kind: str, body: bytes) -> None:
    """MED-14, at the door where apps bring pictures."""
    headers = {"Authorization": f"Bearer {await token_for(home, 'mallory')}", "Content-Type": kind}
    kept, began = len(await home.rows(Upload)), time.process_time()
    answer = await home.client.post("/api/v2/media", content=body, headers=headers)
    assert answer.status_code in (400, 413, 415, 422), (answer.status_code, answer.text[:200])
    assert len(answer.content) < 2_000
    assert time.process_time() - began < 2
    assert len(await home.rows(Upload)) == kept


async def test_what_is_judged_is_what_is_published(home: House, alice: Actor) -> None:
    """MED-22: the verdict, the row, the file on disk and the bytes that are served have one digest."""
    async with home.context.database.write() as session:
        post = await compose(session, alice, Draft(prompt="square blue", alt_text="calm"))
    await prepare.prepare.function(home.context, [post.id])
    [picture] = await home.rows(Attachment, post_id=post.id)
    [verdict] = await home.rows(Judgement, post_id=post.id)
    served = (await home.client.get(f"/media/{picture.file}")).content
    assert hashlib.sha256(served).hexdigest() == picture.sha256
    assert picture.sha256 in verdict.digests


async def test_the_prompt_is_judged_together_with_its_picture(home: House, alice: Actor) -> None:
    """GEN-06: a rule over both needs both in one verdict."""
    async with home.context.database.write() as session:
        post = await compose(session, alice, Draft(prompt="square green", alt_text="calm"))
    await prepare.prepare.function(home.context, [post.id])
    [verdict] = await home.rows(Judgement, post_id=post.id)
    assert [stage for stage, _ in judging.groups_of(verdict)] == ["prompt", "picture", "text"]


async def test_one_function_lets_posts_out() -> None:
    """GEN-01: the state `published` is set for our posts in one place, behind `check_gate`."""
    setters = []
    for path in (
        path for room in ("actors", "fediverse_ai", "inbox", "outbox") for path in (ROOT / room).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            said = ast.unparse(node) if isinstance(node, ast.Call | ast.Assign) else ""
            assert said != "post.state = PostState.PUBLISHED", path
            if said.startswith("move(") and said.endswith("PostState.PUBLISHED)"):
                setters.append(path.relative_to(ROOT).as_posix())
    assert setters == ["outbox/publish.py"]


async def test_words_alone_never_let_a_picture_pass() -> None:
    """GEN-03: whatever the words say, without the checks of pictures a picture is held."""
    words = [Finding(name, "1", dict.fromkeys(scores, 0.0)) for name, scores in POLICY.required("prompt").items()]
    for stage in ("picture", "drawn", "upload"):
        assert POLICY.judge([("prompt", words), (stage, words)]).decision is Decision.HOLD  # type: ignore[list-item]


async def test_a_face_on_an_uncovered_body_is_refused() -> None:
    """GEN-07: whose face it is does not matter."""
    sound = [Finding(name, "1", dict.fromkeys(scores, 0.0)) for name, scores in POLICY.required("upload").items()]
    found = [*sound, Finding("bodies", "1", {"face": 0.8, "sexual": 0.45})]
    assert POLICY.decide(found, "upload")[:2] == (Decision.REFUSE, "real-person")
    assert (
        POLICY.decide([*sound, Finding("bodies", "1", {"face": 0.9, "sexual": 0.1})], "upload").decision
        is Decision.ALLOW
    )
