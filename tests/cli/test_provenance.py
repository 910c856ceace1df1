"""`provenance inspect FILE`: exit code 0 for a picture of this server, 1 for any other; for people and for programs."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from actors import queries
from bench.evaluation.pictures import photo_like
from fediverse_ai.core.config import load
from fediverse_ai.wiring import close_context, open_context
from generation import provenance
from generation.manifests import Sealer, Statement
from generation.provenance import Provenance
from outbox.models import Attachment, Post, PostState
from tests.cli.conftest import Inside
from tests.cli.test_commands import settled

__all__ = ["settled"]


def jpeg(seed: int) -> bytes:
    out = io.BytesIO()
    mark = Provenance(digital_source_type=provenance.TRAINED, system="Painter")
    with Image.open(io.BytesIO(photo_like(320, seed))) as image:
        image.convert("RGB").save(out, "JPEG", quality=90, xmp=provenance.packet(mark))
    return out.getvalue()


def sealed(folder: Path, data: bytes) -> bytes:
    """The file as this server signs it, and as it published it."""

    async def whole() -> bytes:
        context = await open_context(load(folder), engine=False)
        try:
            made = context.part(Sealer).seal(data, Statement("x", provenance.TRAINED))
            async with context.database.write() as session:
                [author, *_] = await queries.staff(session)
                number = context.ids.new()
                uri = f"{context.config.public_url}/notes/{number}"
                post = Post(id=number, uri=uri, url=f"{uri}/page", local=True, author_id=author.id, created_ms=1)
                post.state, post.visibility = PostState.PUBLISHED, "public"
                session.add(post)
                await session.flush()
                digest = hashlib.sha256(made).hexdigest()
                session.add(Attachment(id=context.ids.new(), post_id=number, file="x.jpg", sha256=digest))
            return made
        finally:
            await close_context(context)

    return asyncio.run(whole())


def test_ours_others_and_what_is_no_picture(settled: Inside, tmp_path: Path) -> None:
    ours, others, words = tmp_path / "ours.jpg", tmp_path / "others.jpg", tmp_path / "words.jpg"
    others.write_bytes(jpeg(1))
    ours.write_bytes(sealed(settled.folder, jpeg(2)))
    words.write_text("no picture at all")

    told = settled("--json", "provenance", "inspect", str(ours))
    assert (told.code, told.facts["ours"]) == (0, True), told
    assert told.facts["manifest"]["state"] == "trusted"
    assert told.facts["manifest"]["source_types"] == [provenance.TRAINED]
    ways = {one["way"]: one for one in told.facts["findings"]}
    assert set(ways) >= {"manifest", "digest", "likeness", "words"}
    assert (ways["manifest"]["ours"], ways["digest"]["ours"], ways["words"]["ours"]) == (True, True, None)
    assert ways["digest"]["post"].endswith("/page")
    assert all(one["proves"] for one in ways.values()), "each says what it proves"

    read = settled("provenance", "inspect", str(ours))
    assert read.code == 0
    assert "signed this file" in read.out
    assert read.err == ""

    other = settled("--json", "provenance", "inspect", str(others))
    assert (other.code, other.facts["ours"], other.facts["manifest"]) == (1, False, None)
    assert settled("provenance", "inspect", str(others)).out.splitlines()[0].startswith("manifest  The file has no")

    # The exit code is the same, the sentence goes to stderr, and nothing pretends to be an answer.
    for path, sentence in ((words, "not a picture"), (tmp_path / "none.jpg", "cannot be read")):
        wrong = settled("--json", "provenance", "inspect", str(path))
        assert (wrong.code, wrong.out) == (1, "")
        assert sentence in wrong.err


def test_a_changed_file_is_not_believed(settled: Inside, tmp_path: Path) -> None:
    data = bytearray(sealed(settled.folder, jpeg(3)))
    data[-30] ^= 1
    path = tmp_path / "changed.jpg"
    path.write_bytes(bytes(data))
    told = settled("--json", "provenance", "inspect", str(path))
    ways = {one["way"]: one["ours"] for one in told.facts["findings"]}
    assert told.facts["manifest"]["state"] == "invalid"
    assert (ways["manifest"], ways["digest"]) == (None, None)


@pytest.mark.parametrize("words", [("inspect",), ("look", "x")])
def test_wrong_words_are_told(settled: Inside, words: tuple[str, ...]) -> None:
    assert settled("provenance", *words).code == 2
