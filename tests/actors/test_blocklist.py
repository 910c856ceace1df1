"""Lists of rules as CSV: Mastodon's format in both directions, merged without weakening what was decided here."""

from __future__ import annotations

import pytest

from actors import blocklist, follows, queries, rules
from actors.models import Actor, DomainRule, Follow, FollowState, Severity
from actors.rules import Wanted
from fediverse_ai.core import limits
from fediverse_ai.core.errors import TooLarge
from tests.support.house import House
from tests.support.peer import RemoteActor
from tests.support.rooms import receive

# As Mastodon 4 writes it (Admin::ExportDomainBlocksController).
MASTODON = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
evil.test,suspend,true,true,"Harassment, and worse",false
loud.test,silence,false,false,,true
*.pictures.test,noop,TRUE,FALSE,Only pictures,FALSE
"""


def test_a_list_of_mastodon_is_read() -> None:
    found = blocklist.read(MASTODON, ["us.test"])
    assert found.problems == []
    assert found.wanted == [
        Wanted("evil.test", "suspend", True, True, "", "Harassment, and worse", False),
        Wanted("loud.test", "limit", False, False, "", "", True),
        Wanted("pictures.test", "none", True, False, "", "Only pictures", False),
    ]


def test_a_bare_list_of_hosts_suspends_them() -> None:
    found = blocklist.read("evil.test\n\nloud.test\nEVIL.test\n", ["us.test"])
    assert [(one.host, one.severity) for one in found.wanted] == [("evil.test", "suspend"), ("loud.test", "suspend")]


def test_columns_in_another_order_and_a_byte_order_mark() -> None:
    found = blocklist.read("\ufeffseverity,domain\nsilence,loud.test\n", ["us.test"])
    assert [(one.host, one.severity) for one in found.wanted] == [("loud.test", "limit")]


def test_lines_that_are_no_rules_are_told_by_number_and_the_others_count() -> None:
    text = "#domain,#severity\nus.test,suspend\n1.2.3,suspend\nok.test,suspend\nodd.test,shout\nidle.test,noop\n"
    found = blocklist.read(text, ["us.test"])
    assert [one.host for one in found.wanted] == ["ok.test"]
    assert [number for number, _ in found.problems] == [2, 3, 5, 6]


@pytest.mark.parametrize("over", [0, 1])
def test_a_list_has_bounds(over: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCKLIST_LINES", 3)
    text = "".join(f"a{number}.test\n" for number in range(3 + over))
    if over:
        with pytest.raises(TooLarge):
            blocklist.read(text, ["us.test"])
    else:
        assert len(blocklist.read(text, ["us.test"]).wanted) == 3
    monkeypatch.setattr(limits, "BLOCKLIST_CHARS", len(text) - over)
    if over:
        with pytest.raises(TooLarge):
            blocklist.read(text, ["us.test"])


async def imported(home: House, text: str, named: list[str] | None = None) -> list[tuple[str, str]]:
    wanted = blocklist.read(text, ["us.test"]).wanted
    async with home.context.database.read() as session:
        steps = await blocklist.plan(session, wanted, named or [])
    await blocklist.apply(home.context, steps)
    return [(step.wanted.host, step.action) for step in steps]


async def exported(home: House) -> str:
    async with home.context.database.read() as session:
        return await blocklist.write(session)


async def test_what_is_written_is_what_mastodon_reads_and_we_read_again(home: House) -> None:
    assert await imported(home, MASTODON) == [("evil.test", "add"), ("loud.test", "add"), ("pictures.test", "add")]
    text = await exported(home)
    assert text.splitlines() == [
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate",
        'evil.test,suspend,true,true,"Harassment, and worse",false',
        "loud.test,silence,false,false,,true",
        "pictures.test,noop,true,false,Only pictures,false",
    ]
    assert blocklist.read(text, ["us.test"]).wanted == blocklist.read(MASTODON, "us.test").wanted
    assert await imported(home, text) == [("evil.test", "keep"), ("loud.test", "keep"), ("pictures.test", "keep")]
    assert len(await home.rows(DomainRule)) == 3


async def test_a_list_never_weakens_and_never_lifts(home: House) -> None:
    """FED-10: what was decided here stays; an empty list is no pardon."""
    strict = Wanted("evil.test", reason="seen by Ann", public_comment="Ours")
    await rules.set_rule(home.context, strict)
    await rules.set_rule(home.context, Wanted("loud.test", severity=Severity.LIMIT, reason="too loud"))
    text = "#domain,#severity,#reject_media\nevil.test,silence,false\nloud.test,suspend,true\n"
    assert await imported(home, text) == [("evil.test", "keep"), ("loud.test", "stricter")]
    assert await imported(home, "") == []
    async with home.context.database.read() as session:
        held = {rule.host: rule for rule in await rules.rules(session)}
    assert (held["evil.test"].severity, held["evil.test"].reason) == ("suspend", "seen by Ann")
    assert (held["loud.test"].severity, held["loud.test"].reject_media) == ("suspend", True)
    assert held["loud.test"].reason == "too loud"


@pytest.mark.parametrize("over", [0, 1])
async def test_servers_with_many_ties_are_only_cut_by_name(
    home: House, alice: Actor, bob: RemoteActor, over: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PROTECTED_FOLLOWS", 2 - over)
    await receive(home, bob, bob.activity("Follow", alice.uri))
    async with home.context.database.write() as session:
        row = await queries.by_uri(session, bob.uri)
        assert row is not None
        await follows.add(session, alice, row, f"{home.origin}/activities/1", FollowState.ACCEPTED)
    assert await imported(home, "localhost") == [("localhost", "guarded" if over else "add")]
    assert len(await home.rows(Follow)) == (2 if over else 0)
    if over:
        assert await imported(home, "localhost", ["localhost"]) == [("localhost", "add")]
        assert await home.rows(Follow) == []
