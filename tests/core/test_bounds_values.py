"""Bounds at n−1, n and n+1, where a function alone shows them; those that need a server are in test_bounds_rooms.py."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.applications import Starlette

from actors import local
from fediverse_ai import auth
from fediverse_ai.activitypub import (
    challenges,
    document,
    emoji,
    hashtags,
    keys,
    linked_data,
    negotiation,
    proofs,
    signatures,
)
from fediverse_ai.cli.listener import _settings
from fediverse_ai.core import limits, urls
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import FediverseError
from fediverse_ai.web.composer import form as composer_form
from fediverse_ai.web.composer import step as composer_step
from generation import pipeline, policy, provenance
from generation.moderators import normalise
from generation.provenance import Provenance
from generation.types import ImageRequest
from inbox import notes
from outbox import delivery, report, text
from tests.support.peer import public_pem, rsa_key

Case = Callable[[int], Any]


def admitted(function: Callable[[], Any]) -> bool:
    """Whether it raised none of our errors."""
    try:
        function()
    except (FediverseError, ValueError):
        return False
    return True


def signature(size: int = 256, names: int = 4, header: int | None = None) -> bool:
    covered = " ".join(f"x-{number}" for number in range(names))
    value = f'keyId="https://good.test/u#k",headers="{covered}",signature="{base64.b64encode(bytes(size)).decode()}"'
    if header is not None:
        value += ',x="' + "x" * (header - len(value) - 5) + '"'
        assert len(value) == header
    return admitted(partial(signatures.parse, [(b"signature", value.encode())]))


def wished(header: str) -> bool:
    return challenges.read(header, key_id="https://us.test/actor#main-key", body=False) is not None


def described(length: int) -> composer_step.Step:
    fields = {"picture-0": "1", "alt-0": "x" * length}
    return composer_step.read(fields, [composer_step.Picture("0")], Config(), 0, None)


def names_of(count: int, size: int | None = None) -> bool:
    """A JSON-LD document of so many names, or of so many characters."""
    body: dict[str, Any] = {f"x{number}": 1 for number in range(count)}
    if size is not None:
        body["x0"] = ""
        body["x0"] = "x" * (size - len(linked_data.json.dumps(body)))
    return admitted(lambda: asyncio.run(linked_data.compact(body)))


def policy_of(size: int) -> bool:
    shipped = (Path(policy.__file__).parent / "default_policy.toml").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.toml"
        path.write_bytes(shipped + b"\n#" + b"x" * (size - len(shipped) - 2))
        return admitted(lambda: policy.load_policy(path))


def xmp_of(size: int) -> bool:
    image = Image.new("RGB", (1, 1))
    image.info["xmp"] = b"x" * size
    return provenance.packet_of(image) is not None


def cookie_of(size: int) -> bool:
    value = b"name=value; x=" + b"x" * (size - 14)
    return auth.cookie({"headers": [(b"cookie", value)]}, "name") == "value"


def accept_of(size: int) -> bool:
    wanted = "application/activity+json"
    return negotiation.wants_activity("x/" + "x" * (size - len(wanted) - 3) + "," + wanted, otherwise=False)


def request(**fields: Any) -> bool:
    return admitted(lambda: pipeline.check_request(ImageRequest(**{"prompt": "a fox", **fields})))


# Name of the bound -> whether something of this size passes.
ADMITS: dict[str, Case] = {
    "URL_LENGTH": lambda n: admitted(lambda: urls.check_id("https://a.example/".ljust(n, "x"))),
    "JSON_INTEGER_MAX": lambda n: admitted(lambda: document.parse(b'{"n": %d}' % n)),
    "LANGUAGES": lambda n: document.text({"nameMap": {**{f"x{i}": 1 for i in range(n - 1)}, "en": "a"}}, "name") == "a",
    "SIGNATURE_HEADER_BYTES": lambda n: signature(header=n),
    "CHALLENGE_CHARS": lambda n: wished(f'sig1=("@method");nonce="{"n" * n}";tag="{"t" * n}"'),
    "CHALLENGE_LABEL_CHARS": lambda n: wished(f'{"a" * n}=("@method")'),
    "SIGNATURE_COVERED": lambda n: signature(names=n),
    "SIGNATURE_BYTES": lambda n: signature(size=n),
    "PEM_CHARS": lambda n: admitted(lambda: keys.load_public_key(public_pem(rsa_key()).ljust(n, "\n"))),
    "MULTIBASE_CHARS": lambda n: admitted(lambda: proofs.from_multibase("z".ljust(n, "1"))),
    "ACCEPT_CHARS": accept_of,
    "JSONLD_NODES": names_of,
    "JSONLD_BYTES": lambda n: names_of(1, n),
    "COOKIE_CHARS": cookie_of,
    "POLICY_BYTES": policy_of,
    "XMP_BYTES": xmp_of,
    "USERNAME_CHARS": lambda n: admitted(lambda: local.check_username("a" * n)),
    "SEED_DIGITS": lambda n: composer_form.read({"prompt": "a fox", "seed": "1" * n}, ()).wrong == {},
    "ALT_TEXT_CHARS": lambda n: described(n).wrong == {},
    "EMOJI_CHARS": lambda n: emoji.emoji_of({"content": "\u2764" + "\ufe0f" * (n - 1)}) is not None,
    "STYLE_CHARS": lambda n: request(style="x" * n),
    "PICTURE_SIDE_MAX_PIXELS": lambda n: request(width=n) and request(height=n),
    "STEPS_MAX": lambda n: request(steps=n),
    "GUIDANCE_MAX": lambda n: request(guidance=n),
}

# Name of the bound -> how much of so much is kept.
KEEPS: dict[str, Case] = {
    "ENCODED_PIECES": lambda n: len(normalise._decoded(" ".join(encoded(number) for number in range(n)))),
    "POST_MENTIONS": lambda n: len(text.mentions_in(" ".join(f"@p{i}" for i in range(n)))),
    "POST_TAGS": lambda n: len(hashtags.found_in(" ".join(f"#t{i}" for i in range(n)))),
    "REPORT_OBJECTS": lambda n: len(report._joined(["0"], [str(i) for i in range(n)])),
    "REMOTE_ALT_CHARS": lambda n: len(picture(name="x" * n)["alt"]),
    "XMP_FIELD_CHARS": lambda n: len(said(Provenance(system="x" * n)).system),
    "XMP_PROMPT_CHARS": lambda n: len(said(Provenance(prompt="x" * n)).prompt or ""),
    "RETRY_AFTER_SECONDS": lambda n: delivery._retry_after(str(n), datetime.now(UTC)),
    "CLIENT_KEY_CHARS": lambda n: len(composer_form.read({"client_key": "x" * n}, ()).client_key),
}


def encoded(number: int) -> str:
    return base64.b64encode(f"these are the plain words of {'n' * (number + 1)}".encode()).decode()


def picture(**fields: Any) -> dict[str, Any]:
    found = notes._picture({"type": "Image", "url": "https://good.test/a.jpg", "mediaType": "image/jpeg", **fields})
    assert found is not None
    return found


def said(what: Provenance) -> Provenance:
    found = provenance.parse(provenance.packet(what))
    assert found is not None
    return found


@pytest.mark.parametrize("name", ADMITS)
def test_n_passes_and_one_more_does_not(name: str) -> None:
    most = int(getattr(limits, name))
    assert [ADMITS[name](size) for size in (most - 1, most, most + 1)] == [True, True, False]


@pytest.mark.parametrize("name", KEEPS)
def test_of_one_more_than_n_only_n_is_kept(name: str) -> None:
    most = int(getattr(limits, name))
    assert [KEEPS[name](size) for size in (most - 1, most, most + 1)] == [most - 1, most, most]


def test_least_sizes() -> None:
    least = limits.PICTURE_SIDE_MIN_PIXELS
    assert [request(width=side) for side in (least - 1, least, least + 1)] == [False, True, True]


def test_seeds_end_before_their_limit() -> None:
    assert [request(seed=limits.SEED_LIMIT + more) for more in (-1, 0, 1)] == [True, False, False]


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_the_longest_host(extra: int) -> None:
    rest = limits.HOST_LENGTH + extra - len(".example")
    labels = [min(63, rest - start) for start in range(0, rest, 64)]
    name = ".".join("a" * length for length in labels) + ".example"
    assert len(name) == limits.HOST_LENGTH + extra
    assert admitted(lambda: urls.canonical_host(name)) is (extra <= 0)


def test_the_listener_is_given_its_bounds(tmp_path: Path) -> None:
    settings = _settings(Starlette(), Config(data_dir=tmp_path, server={"development": True}))
    assert settings.limit_concurrency == limits.RECEIVE_CONNECTIONS
    assert settings.backlog == limits.RECEIVE_BACKLOG
    assert settings.timeout_keep_alive == limits.RECEIVE_KEEPALIVE_SECONDS


def test_remote_tags_have_the_bound_of_ours() -> None:
    for extra in (-1, 0, 1):
        tags = [{"type": "Hashtag", "name": f"#t{i}"} for i in range(limits.POST_TAGS + extra)]
        assert len(notes._hashtags({"tag": tags})) == limits.POST_TAGS + min(extra, 0)
