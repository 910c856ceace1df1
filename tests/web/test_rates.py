"""What one address may read and try: counted at the door, by what counts as one address, over restarts too."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2 as httpx
import pytest

from actors import accounts, tries
from actors.models import SignInTries
from fediverse_ai import housekeeping
from fediverse_ai.cli import listener
from fediverse_ai.core import addresses, limits
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import TooMany, Unavailable
from fediverse_ai.core.gate import Gate
from fediverse_ai.core.limits import LOGIN_PER_ADDRESS, Rate, RateLimiter
from fediverse_ai.doctor import here
from tests.support.house import house
from tests.web.site import ORIGIN, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _left(site: Site, kind: str, rate: Rate, address: str, spare: int) -> None:
    """Leave an address so many requests."""
    limiter = site.context.part(RateLimiter)
    for block, times in addresses.blocks_of(address):
        limiter.forget(f"{kind}:{block}")
        limiter.wait(f"{kind}:{block}", Rate(rate.count * times, rate.seconds), rate.count * times - spare)


@pytest.mark.parametrize("path", ["/about", "/.well-known/nodeinfo", "/users/nobody", "/oauth/authorize"])
async def test_an_address_may_read_so_much(site: Site, path: str) -> None:
    address = "203.0.113.7"
    browser = site.browser(client=(address, 4000))
    _left(site, "reads", limits.READS_PER_ADDRESS, address, 1)
    assert (await browser.client.get(path)).status_code != 429
    refused = await browser.client.get(path)
    assert refused.status_code == 429
    told = {name: refused.headers[name] for name in ("x-ratelimit-limit", "x-ratelimit-remaining")}
    assert told == {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "0"}
    assert refused.headers["x-ratelimit-reset"].endswith("Z")
    assert int(refused.headers["retry-after"]) > 0
    assert (await site.browser(client=("203.0.113.8", 4000)).client.get(path)).status_code != 429
    site.clock.forward(int(refused.headers["retry-after"]))
    assert (await browser.client.get(path)).status_code != 429


async def test_files_have_a_rate_of_their_own(site: Site) -> None:
    browser = site.browser(client=("203.0.113.9", 4000))
    _left(site, "reads", limits.READS_PER_ADDRESS, "203.0.113.9", 0)
    assert (await browser.client.get("/media/aa/none.jpg")).status_code == 404
    _left(site, "files", limits.FILES_PER_ADDRESS, "203.0.113.9", 1)
    assert [(await browser.client.get("/media/aa/none.jpg")).status_code for _ in range(2)] == [404, 429]


async def test_a_network_is_one_address(site: Site) -> None:
    """OAU-11: an IPv6 network of 64 bits is one person's, one of 48 bits may have four such rates."""
    one = site.browser(client=("2001:db8:1:2::1", 4000))
    near = site.browser(client=("2001:db8:1:2:ffff::9", 4000))
    beside = site.browser(client=("2001:db8:1:3::1", 4000))
    _left(site, "reads", limits.READS_PER_ADDRESS, "2001:db8:1:2::1", 1)
    _left(site, "reads", limits.READS_PER_ADDRESS, "2001:db8:1:3::1", 3)
    assert (await one.client.get("/about")).status_code == 200
    assert (await near.client.get("/about")).status_code == 429
    assert [(await beside.client.get("/about")).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("address", "blocks"),
    [
        ("203.0.113.7", [("203.0.113.7", 1)]),
        ("::ffff:203.0.113.7", [("203.0.113.7", 1)]),
        ("2001:db8:1:2:3:4:5:6", [("2001:db8:1:2::", 1), ("2001:db8:1::/48", 4)]),
        ("unix", [("unix", 1)]),
    ],
)
async def test_what_counts_as_one_address(address: str, blocks: list[tuple[str, int]]) -> None:
    assert addresses.blocks_of(address) == blocks


async def test_this_machine_and_what_is_counted_elsewhere(site: Site) -> None:
    """F10: behind a proxy that is not named, everybody is this machine."""
    for address in ("127.0.0.1", "203.0.113.10"):
        _left(site, "reads", limits.READS_PER_ADDRESS, address, 0)
    assert (await site.browser().client.get("/about")).status_code == 200
    stranger = site.browser(client=("203.0.113.10", 4000))
    assert (await stranger.client.get("/api/v1/none")).status_code == 404
    assert (await stranger.client.post("/inbox", content=b"{}")).status_code == 415


async def test_behind_a_proxy_of_this_machine_its_visitors_are_counted(site: Site) -> None:
    """What the listener puts around the application, so that the address counted is the visitor's, not the proxy's.

    A visitor who writes the header gets nothing of it: the proxy adds the address that it saw, and that one counts.
    """
    server = site.context.config.server.model_copy(update={"trusted_proxies": ["127.0.0.1"]})
    settings = listener._settings(site.app, site.context.config.model_copy(update={"server": server}))
    settings.load()
    transport = httpx.ASGITransport(app=settings.loaded_app, client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        for forwarded in ("203.0.113.20", "198.51.100.1, 203.0.113.20", "127.0.0.1, 203.0.113.20"):
            _left(site, "reads", limits.READS_PER_ADDRESS, "203.0.113.20", 1)
            found = [(await client.get("/about", headers={"x-forwarded-for": forwarded})).status_code for _ in range(2)]
            assert found == [200, 429], forwarded
        other = await client.get("/about", headers={"x-forwarded-for": "203.0.113.21"})
        assert other.status_code == 200


async def test_doctor_sees_a_proxy_that_is_not_named_and_one_that_is_everybody() -> None:
    def found(**server: object) -> list[str]:
        config = Config.model_validate({"server": {"public_url": "https://pictures.example", **server}})
        return [finding.level for finding in here.visitors(config)]

    assert found() == ["advice"]
    assert found(trusted_proxies=["127.0.0.1"]) == []
    assert found(host="0.0.0.0") == []
    assert found(trusted_proxies=["0.0.0.0/0"]) == ["problem"]
    assert found(trusted_proxies=["10.0.0.0/8", "::/0"]) == ["problem"]


async def _count(site: Site, who: str, *, doubling: bool = True) -> int:
    """0, or the seconds to wait."""
    try:
        await tries.count(site.context, "address", who, LOGIN_PER_ADDRESS, doubling=doubling)
    except TooMany as error:
        return error.retry_after or 0
    return 0


@pytest.mark.parametrize(("doubling", "waits"), [(True, [901, 1801, 3601, 3601]), (False, [901, 901, 901, 901])])
async def test_waits_grow_up_to_an_hour_and_are_forgiven_after_a_day(
    site: Site, doubling: bool, waits: list[int]
) -> None:
    """OAU-10, at n-1, n and n+1 tries."""
    who = f"doubling {doubling}"
    for wait in waits:
        assert [await _count(site, who, doubling=doubling) for _ in range(LOGIN_PER_ADDRESS.count)] == [0] * 10
        assert await _count(site, who, doubling=doubling) == wait
        site.clock.forward(wait - 3)
        assert 0 < await _count(site, who, doubling=doubling) <= 4
        site.clock.forward(4)
    site.clock.forward(limits.SIGN_IN_FORGIVEN_SECONDS)
    for _ in range(LOGIN_PER_ADDRESS.count):
        assert await _count(site, who, doubling=doubling) == 0
    assert await _count(site, who, doubling=doubling) == 901
    site.clock.forward(limits.SIGN_IN_FORGIVEN_SECONDS + 1000)
    await housekeeping.forget_tries(site.context)
    async with site.context.database.read() as session:
        assert await session.get(SignInTries, tries._key("address", who)) is None


async def test_tries_outlive_a_restart(tmp_path: Path) -> None:
    for expected in ([0] * 10, [1]):
        async with house(tmp_path / "home") as home:
            found = []
            for _ in expected:
                try:
                    await tries.count(home.context, "address", "203.0.113.7", LOGIN_PER_ADDRESS, doubling=True)
                    found.append(0)
                except TooMany:
                    found.append(1)
            assert found == expected


async def test_a_gate_lets_so_many_in_and_so_many_wait() -> None:
    gate, inside, done = Gate("test", 2, 3, 5.0), asyncio.Event(), asyncio.Event()
    running: list[int] = []

    async def work(number: int) -> int:
        async with gate:
            running.append(number)
            if len(running) == 2:
                inside.set()
            await done.wait()
        return number

    tasks = [asyncio.create_task(work(number)) for number in range(5)]
    await inside.wait()
    await asyncio.sleep(0)
    assert running == [0, 1]
    with pytest.raises(Unavailable) as refused:
        await work(5)
    assert refused.value.retry_after == 30
    done.set()
    assert await asyncio.gather(*tasks) == [0, 1, 2, 3, 4]
    assert await work(6) == 6, "places are given back"


async def test_who_waits_too_long_at_a_gate_is_told_to_come_back() -> None:
    gate = Gate("test", 1, 1, 0.01)
    async with gate:
        with pytest.raises(Unavailable):
            async with gate:
                pass
    async with gate:
        pass


async def test_a_crowd_at_the_sign_in_is_told_to_come_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """DOS-11: hashes wait in a bounded queue, and the others get 503."""
    gate = site.context.part(accounts.PasswordGate)
    monkeypatch.setattr(gate, "_waiting", limits.PASSWORDS_WAITING)
    for _ in range(limits.PASSWORDS_AT_ONCE):
        await gate.__aenter__()
    browser = site.browser()
    answer = await browser.submit("/sign-in", "/sign-in", username="ann", password="wrong")
    assert (answer.status, answer.response.headers["retry-after"]) == (503, "30")
    monkeypatch.setattr(gate, "_waiting", 0)
    for _ in range(limits.PASSWORDS_AT_ONCE):
        await gate.__aexit__(None, None, None)
    assert (await browser.submit("/sign-in", "/sign-in", username="ann", password="wrong")).status == 422
