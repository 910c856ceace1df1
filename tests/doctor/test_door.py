"""/doctor/…: open to the doctor of this very server and to nobody else; and the certificates that it looks at."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2 as httpx
import pytest
import pytest_asyncio
import trustme

from fediverse_ai.core import limits
from fediverse_ai.core.secrets import SecretBox
from fediverse_ai.doctor import tokens
from tests.doctor.ward import Ward, ward
from tests.support.processes import free_port
from tests.support.tls import Authority

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATHS = (("GET", "/doctor/echo"), ("GET", "/doctor/echo/x"), ("GET", "/doctor/stream"), ("POST", "/doctor/body"),
         ("POST", "/doctor/signature"))  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ward]:
    async with ward(tmp_path_factory.mktemp("ward")) as made:
        yield made


async def ask(home: Ward, method: str, path: str, token: str) -> httpx.Response:
    url = home.context.config.public_url + path
    return await home.proxy.client.request(method, url, headers={tokens.HEADER: token} if token else {})


async def test_nobody_else_learns_anything(home: Ward) -> None:
    foreign = base64.urlsafe_b64encode(SecretBox(b"x" * 32).seal(b'{"nonce": "1", "made_ms": 1}', b"doctor")).decode()
    unpurposed = base64.urlsafe_b64encode(SecretBox(b"x" * 32).seal(b"{}")).decode()
    for token in ("", "x", "=", foreign, unpurposed, "A" * 5_000):
        for method, path in PATHS:
            answer = await ask(home, method, path, token)
            assert (answer.status_code, answer.json()["detail"]) == (404, "There is nothing at this address.")


async def test_a_token_is_good_for_a_minute(home: Ward) -> None:
    """DOCTOR_SECONDS, at n−1, n and n+1."""
    for seconds, status in ((limits.DOCTOR_SECONDS - 1, 200), (limits.DOCTOR_SECONDS - 0.2, 200),
                            (limits.DOCTOR_SECONDS + 1, 404)):  # fmt: skip
        token, nonce = tokens.make(home.context)
        home.clock.forward(seconds)
        answer = await ask(home, "GET", "/doctor/echo", token)
        assert answer.status_code == status, seconds
        assert (answer.json().get("nonce") == nonce) == (status == 200)


CERTIFICATES = {
    "good": (90, "home.test", True, "", ""),
    "of another name": (90, "away.test", True, "problem", "Get a certificate for home.test"),
    "of nobody whom we know": (90, "home.test", False, "problem", "fullchain.pem"),
    "expired": (-1, "home.test", True, "problem", "Renew it"),
    "ending in two days": (2.5, "home.test", True, "problem", "Renew it"),
    "ending in ten days": (10, "home.test", True, "advice", "Renew it"),
}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind == "expired" else pytest.mark.live) for kind in CERTIFICATES]
)
async def test_certificates(kind: str, tmp_path: Path) -> None:
    days, name, known, level, cure = CERTIFICATES[kind]
    authority = Authority(tmp_path / "ca")
    signer = authority.ca if known else trustme.CA(key_type=trustme.KeyType.ECDSA)
    now = datetime.now(UTC)
    leaf = signer.issue_cert(name, not_before=now - timedelta(days=30), not_after=now + timedelta(days=days, hours=1),
                             key_type=trustme.KeyType.ECDSA)  # fmt: skip
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    for number, blob in enumerate(leaf.cert_chain_pems):
        blob.write_to_path(str(chain), append=number > 0)
    leaf.private_key_pem.write_to_path(str(key))
    http = {"hosts": {"home.test": "127.0.0.1"}, "ca_file": str(authority.ca_file)}
    async with ward(tmp_path, certificate=(chain, key), name="home.test", http=http) as home:
        found = await home.look()
        assert found.keys() == ({"tls"} if level else set()), "what else is behind a bad certificate is looked at too"
        if level:
            assert (found["tls"].level, cure in found["tls"].cure) == (level, True), found["tls"]
        if kind == "good":
            home.proxy.says_who = False
            assert "X-Forwarded-For" in (await home.look())["visitors"].cure


async def test_a_proxy_that_is_not_believed_is_named_by_its_address(tmp_path: Path) -> None:
    async with ward(tmp_path, server={"trusted_proxies": []}) as home:
        found = (await home.look())["visitors"]
    assert (found.level, '"127.0.0.1"' in found.cure) == ("advice", True)


async def test_the_domain_of_handles_has_to_lead_here(tmp_path: Path) -> None:
    """The proxy is the account domain too, under another name: first it knows nobody, then it leads here."""
    port = free_port()
    async with ward(tmp_path, server={"account_domain": f"localhost:{port}"}) as home:
        found = (await home.look())["account_domain"]
    assert (found.level, "/.well-known/webfinger redirect to" in found.cure) == ("problem", True)
