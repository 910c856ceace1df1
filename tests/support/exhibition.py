"""A server with something on every wall, for looking at all of its pages: people, pictures, talk, work for staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from actors import accounts, announcements, invites, local, queries, requests, signups
from actors.models import Actor
from actors.requests import Applicant
from actors.signups import Mode, SignUps
from outbox import albums, appeals, gathered, lists, measures, moderate, notices, react
from outbox import follow as follows
from outbox import report as reports
from outbox.compose import compose
from outbox.draft import Draft
from outbox.models import Post
from tests.support.peer import Peer
from tests.support.processes import eventually
from tests.support.server import Server

PEOPLE = {
    "ann": ("member", "Ann Hollis", "Lighthouses, mostly. Some weather."),
    "ben": ("member", "Ben Okafor", "Papercut animals and slow mornings."),
    "mo": ("moderator", "Mo", ""),
    "olga": ("owner", "Olga", "Runs this server."),
}
PICTURES = (
    ("ann", "a lighthouse at dawn, two sailboats on a calm sea", "First light at the point\n\n#lighthouse #morning"),
    ("ben", "a red fox in the snow at dawn, pine trees", "Fox, early #animals"),
    ("ann", "a castle by a lake under a full moon", "The keep #night"),
    ("ben", "a hot air balloon over green hills, morning mist", "Up #morning"),
    ("ann", "a cat on a windowsill with a cup of tea and books, rain outside", "A day to stay in"),
    ("ben", "three sailboats in a harbour at sunset", "Home again #lighthouse"),
)  # fmt: skip
HELD = "a quiet forest in the style of Greg Rutkowski"
REFUSED = "a second quiet forest in the style of Greg Rutkowski"


@dataclass
class Exhibition:
    """What hangs where: numbers for the addresses of pages."""

    posts: list[int] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


async def furnish(server: Server) -> None:
    """The folder and its people, before the server starts."""
    await server.furnish()
    async with server.beside() as context, context.database.write() as session:
        for username, (role, name, about) in PEOPLE.items():
            actor = await local.create(session, username, name=name)
            await local.edit(session, actor, {"summary": about})
            await accounts.create_account(session, actor, role=role)


async def _find(session: Any, username: str) -> Actor:
    found = await queries.by_handle(session, username, None)
    assert found is not None
    return found


async def _compose(server: Server, *wanted: tuple[str, Draft]) -> list[int]:
    """Order these and wait until none of them waits."""
    made = []
    async with server.beside() as context:
        for username, draft in wanted:
            async with context.database.write() as session:
                made.append((await compose(session, await _find(session, username), draft, bounded=False)).id)
    marks = ",".join("?" * len(made))

    async def settled() -> bool:
        [[number]] = server.query(f"select count(*) from post where id in ({marks}) and state = 'waiting'", *made)
        return bool(number == 0)

    await eventually(settled, "the pictures are made", seconds=180)
    return made


async def hang(server: Server, elsewhere: Peer, pictures: Sequence[tuple[str, str, str]] = PICTURES) -> Exhibition:
    """Fill a running server that was furnished here."""
    shown = Exhibition()
    drafts = [
        (
            who,
            Draft(
                text=text,
                prompt=prompt,
                seed=7 + number,
                visibility="public",
                remix_policy="anyone",
                accept_alt_draft=True,
            ),
        )
        for number, (who, prompt, text) in enumerate(pictures)
    ]
    further = [
        ("ann", Draft(prompt=HELD, visibility="public", accept_alt_draft=True)),
        ("ann", Draft(prompt=REFUSED, visibility="public", accept_alt_draft=True)),
        ("ann", Draft(prompt="a heron in the reeds", count=4, look_first=True)),
        ("ann", Draft(prompt="a train over a viaduct", keep=True)),
    ]
    made = await _compose(server, *drafts, *further)
    shown.posts = made[: len(drafts)]
    shown.numbers |= dict(zip(("held", "refused", "pick", "draft"), made[len(drafts) :], strict=True))
    remix = Draft(
        text="From Ann's lighthouse", prompt="a lighthouse in a storm, waves", visibility="public", seed=3,
        remix_of_id=shown.posts[0], accept_alt_draft=True,
    )  # fmt: skip
    answer = Draft(text="The second boat makes it.", in_reply_to_id=shown.posts[0], visibility="public")
    [shown.numbers["remix"], shown.numbers["reply"]] = await _compose(server, ("ben", remix), ("ben", answer))
    await _talk(server, shown)
    await _gather(server, shown)
    await _staff(server, shown)
    await _admission(server, shown)
    await _abroad(server, elsewhere, shown)
    return shown


async def _talk(server: Server, shown: Exhibition) -> None:
    async with server.beside() as context, context.database.write() as session:
        ann, ben = await _find(session, "ann"), await _find(session, "ben")
        await follows.ask(session, ann, ben)
        await follows.ask(session, ben, ann)
        for number in shown.posts[::2]:
            await react.like(session, ben, await session.get_one(Post, number))
        await react.boost(session, ann, await session.get_one(Post, shown.posts[1]))
        reading = await lists.make(session, ann.id)
        reading.title = "Papercutters"
        session.add(reading)
        await session.flush()
        await lists.add(session, ann, reading, [ben.id])
        shown.numbers |= {"list": reading.id, "ann": ann.id, "ben": ben.id}


async def _gather(server: Server, shown: Exhibition) -> None:
    """A collection of Ann's for everybody, and one that she is still filling."""
    name, about = "Light by the sea", "What the coast looked like from the point, one morning after the other."
    async with server.beside() as context:
        verdict = await albums.judge(context, name, about)
        async with context.database.write() as session:
            ann = await _find(session, "ann")
            row = await gathered.make(session, ann, name, about)
            for number in shown.posts[::2]:
                await gathered.added(session, ann, row, (await session.get_one(Post, number)).uri)
            await albums.open_to_all(session, row, verdict)
            await gathered.make(session, ann, "Winter")
            shown.numbers["collection"] = row.id


async def _staff(server: Server, shown: Exhibition) -> None:
    """A refused post with its appeal, a report, a notice and a measure."""
    async with server.beside() as context, context.database.write() as session:
        ann, ben = await _find(session, "ann"), await _find(session, "ben")
        mo = await accounts.account_of(session, "mo")
        assert mo is not None
        refused = await session.get_one(Post, shown.numbers["refused"])
        await moderate.refuse(session, refused, mo, "Name the technique instead of the painter.")
        await appeals.appeal(session, ann, refused, "It is a forest. Nobody owns forests.")
        posts = [await session.get_one(Post, shown.posts[0])]
        await reports.report(session, ben, ann, posts, "Looks like my own photograph.", forward=False)
        page = f"{server.origin}/@ann/{shown.posts[2]}"
        claims = frozenset({"owner", "good-faith", "accurate"})
        filing = notices.Filing("copyright", page, "My own etching.", "R. Vale", "r@vale.example", claims=claims)
        notice, shown.words["receipt"] = await notices.take(session, filing)
        measure = await measures.about_person(session, mo, ann, "warn", measures.Reasons("Rule 2", "Too many at once."))
        shown.numbers["notice"] = notice.id
        shown.words["statement"] = measure.secret
    [[shown.numbers["report"]]] = server.query("select id from report")


async def _admission(server: Server, shown: Exhibition) -> None:
    """Somebody who asks to join, an invitation that was given, and an announcement that nobody sees yet."""
    async with server.beside() as context, context.database.write() as session:
        olga = await accounts.account_of(session, "olga")
        await signups.put(session, SignUps(Mode.APPROVAL, members_invite=True), olga)
        await invites.make(session, olga, uses=5, note="the photo club")
        _row, shown.words["state"] = await requests.ask(session, Applicant("carl", "none", "I draw harbours by hand."))
        await announcements.write(session, olga, "We move to a new machine on Friday. Nothing is lost.")


async def _abroad(server: Server, elsewhere: Peer, shown: Exhibition) -> None:
    """Somebody of another server follows Ann and answers her."""
    bob = elsewhere.actor("bob")
    assert (await bob.deliver(server.inbox, bob.activity("Follow", server.actor("ann")))).status_code == 202
    [[uri]] = server.query("select uri from post where id = ?", shown.posts[0])
    form = {"client_name": "Lamp", "redirect_uris": f"{elsewhere.origin}/done", "scopes": "read write"}
    shown.words["app"] = (await server.client.post("/api/v1/apps", data=form)).json()["client_id"]
    shown.words["redirect"] = form["redirect_uris"]
    note = bob.note("<p>I can hear the gulls.</p>", inReplyTo=uri, cc=[server.actor("ann")])
    assert (await bob.deliver(server.inbox, bob.create(note))).status_code == 202
    found: list[tuple[int]] = []

    async def arrived() -> bool:
        found[:] = server.query("select id from post where uri = ?", note["id"])
        return bool(found)

    await eventually(arrived, "the answer is here")
    shown.numbers["abroad"] = found[0][0]
    shown.words["bob"] = bob.handle
