"""Every route that answers, asked by every kind of reader about every kind of private post: no needle comes back.

The routes are those of the route table: one that this file has no example for fails, and says so.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from fediverse_ai import mail
from fediverse_ai.core.access import Door
from fediverse_ai.core.events import POSTS, Event
from fediverse_ai.heartbeat import Heartbeat
from fediverse_ai.mastodon.listeners import OWN, PUBLIC, Listener, Stream
from fediverse_ai.social.events import Watch
from fediverse_ai.wiring import ROUTES
from outbox.models import Notification, Reaction
from outbox.shelves import Conversation
from tests.support.house import house
from tests.support.peer import peer
from tests.threats.cast import MAY_SEE, Cast, Private, Reader, gather

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTIVITY = {"accept": "application/activity+json"}
PAGE = {"accept": "text/html"}
DOORS = [route for route in ROUTES if isinstance(route, Door)]
# They do not end by themselves; tests/social/test_events.py, tests/mastodon/test_streaming.py and
# tests/web/test_progress_events.py and tests/web/test_feeds_acts.py listen to them.
STREAMS = re.compile(
    r"/users/\{name\}/events|/(make|posts)/\{post_id:int\}/events|/(home|notifications)/events|/api/v1/streaming.*"
)
Fill = Callable[[Cast, Private], str]


def post_id(_cast: Cast, one: Private) -> str:
    return str(one.post.id)


def thing(name: str) -> Fill:
    return lambda cast, _one: str(cast.things[name])


def author_id(cast: Cast, _one: Private) -> str:
    return str(cast.author.id)


# What stands for {…} in a path, by the first expression that fits; whatever is no post is asked for once.
EXAMPLES: list[tuple[str, Fill]] = [
    (r"/(notes|@\{name\}|contexts|activities)/\{id\}.*", post_id),
    (r"/(make|drafts|notes|posts|@\{name\}|@\{name\}@\{host\})/\{post_id:int\}.*", post_id),
    (r"/people/\{actor_id:int\}.*", author_id),
    (r"/lists/\{list_id:int\}.*", thing("list")),
    (r"/conversations/\{row_id:int\}", thing("conversation")),
    (r"/doctor/echo/.*", post_id),
    (r"/media/.*", lambda _cast, one: one.picture.file or ""),
    (r"/proxy/.*", lambda _cast, one: str(one.picture.id)),
    (r"/api/v1/(statuses|polls)/\{id\}.*", post_id),
    (r"(/api/v1)?/tags/\{name\}.*|/api/v1/timelines/tag/.*", lambda _cast, one: f"needle{one.kind}tag"),
    (r"/stamps/.*", thing("stamp")),
    (r"/users/\{name\}/uploads/\{id\}|/api/v1/media/\{id\}", thing("upload")),
    (r"/(users/|@)\{name\}/collections/\{id:int\}.*", thing("collection")),
    (r"/api/v1/accounts/\{id\}.*", author_id),
    (r"/api/v1/(lists|timelines/list)/\{id\}.*", thing("list")),
    (r"/api/v1/notifications/requests/\{id\}.*", thing("request")),
    (r"/api/v1/notifications/\{id\}.*", thing("notification")),
    (r"/api/v2/notifications/\{key\}.*", lambda cast, _one: f"ungrouped-{cast.things['notification']}"),
    (r"/api/v1/scheduled_statuses/\{id\}", thing("scheduled")),
    (r"/api/v1/featured_tags/\{id\}", thing("featured_tag")),
    (r"/api/v2/filters/keywords/\{id\}|/api/v1/filters/\{id\}", thing("keyword")),
    (r"/api/v2/filters/statuses/\{id\}", thing("filter_post")),
    (r"/api/v2/filters/\{id\}.*", thing("filter")),
    (r"(/api/v1)?/announcements/\{id(:int)?\}.*", lambda _cast, _one: "1"),
    (r"/settings/invites/\{invite_id:int\}/revoke", lambda _cast, _one: "1"),
    (
        r"/owner/(people/\{name\}|(invites|requests|announcements)/\{id:int\}.*)",
        lambda cast, _one: cast.author.username,
    ),
    (r"/api/v1/conversations/\{id\}.*", thing("conversation")),
    (r"/api/v1/follow_requests/\{id\}.*", author_id),
    (r"/settings/sessions/\{login_id:int\}/end", thing("login")),
    (r"/settings/apps/\{app_id:int\}/end", thing("app")),
    (r"/settings/security/passkeys/\{id:int\}/remove", thing("passkey")),
    (r"/settings/filters/\{filter_id:int\}/remove", thing("filter")),
    (r"/settings/data/\{name\}\.csv", lambda _cast, _one: "bookmarks"),
    # Nobody here carried anything in or out; tests/web/test_settings_data.py asks for others' things.
    (r"/settings/(filters/hosts|data/(imports|archive))/\{\w+:int\}.*", lambda _cast, _one: "1"),
    (r"/moderation/.*\{id:int\}", post_id),
    (r"/(report/notices|statements)/\{secret\}", lambda _cast, _one: "nonsense"),
    (r"/sitemap/\{name\}\.xml", lambda _cast, _one: "people"),
    (r"/models/\{name\}", lambda _cast, _one: "scene"),
    (r"/(sign-in/(link|reset)|sign-up/(state|confirm)|invite)/\{secret\}", lambda _cast, _one: "nonsense"),
    (r"/nodeinfo/\{version\}", lambda _cast, _one: "2.1"),
    (r"/static/\{digest\}/\{name\}|/docs/.*", lambda _cast, _one: "x"),
    (r"/(users/|@)\{name\}.*", lambda cast, _one: cast.author.username),
]
# Addresses that mean nothing without a question.
QUERIES: dict[str, list[str]] = {
    "/.well-known/webfinger": ["resource={author}"],
    "/users/{name}/outbox": ["", "page=true"],
    "/users/{name}/inbox": ["", "page=true"],
    "/users/{name}/liked": ["page=true"],
    "/api/oembed": ["url={url}", "url={uri}"],
    "/api/v1/search": ["q=needle&resolve=true", "q={uri}&resolve=true"],
    "/api/v2/search": ["q=needle", "q=%23needle", "q={uri}&resolve=true", "q={url}&resolve=true&type=statuses"],
    "/api/v1/statuses": ["id[]={id}"],
    "/api/v1/timelines/public": ["", "local=true"],
    "/api/v1/accounts/{id}/statuses": ["", "pinned=true", "only_media=true", "exclude_replies=false"],
    "/api/v1/accounts/search": ["q=anna"],
    "/api/v1/accounts/relationships": ["id[]={author_id}"],
    "/make": ["", "recipe={id}", "reply={id}", "quote={id}"],
    "/search": ["q=needle", "q=%23needle", "q={uri}", "q={url}", "q=needle&kind=posts"],
    "/notifications": ["", "only=mentions"],
    "/people/{actor_id:int}/report": ["post={id}"],
}


def fill_of(template: str) -> Fill | None:
    """What to put into a path; None for one without a place to fill."""
    if "{" not in template:
        return None
    found = next((fill for pattern, fill in EXAMPLES if re.fullmatch(pattern, template)), None)
    assert found is not None, f"give {template} an example in EXAMPLES, so that it is asked for private posts"
    return found


def paths_of(template: str, cast: Cast, one: Private) -> list[str]:
    """Concrete addresses of a route for one private post."""
    fill = fill_of(template)
    path = template
    if fill is not None:
        value = fill(cast, one)
        path = template.replace("{kind}", "picture")
        if re.search(r"\{(id|post_id|owner_id|login_id|app_id|list_id)", path):
            path = path.replace("{name}", cast.author.username)
        path = path.replace("{which:str}", "likes")
        path = re.sub(r"\{[^}]*\}", value.replace("\\", ""), path)
    words = {
        "{uri}": one.post.uri, "{url}": one.post.url or "", "{id}": str(one.post.id),
        "{author}": cast.author.uri, "{author_id}": str(cast.author.id),
    }  # fmt: skip
    found = []
    for query in QUERIES.get(template, [""]):
        for name, word in words.items():
            query = query.replace(name, word)
        found.append(f"{path}?{query}" if query else path)
    return found


def is_about_posts(template: str) -> bool:
    """Does the address change with the post that is asked for?"""
    if any("{" in query for query in QUERIES.get(template, ())):
        return True
    fill = fill_of(template)
    return fill is not None and (fill is post_id or template.startswith(("/media", "/proxy", "/tags", "/api/v1/tags")))


def readers_of(door: Door, cast: Cast) -> list[Reader]:
    """Those ways to ask that could open this door: tokens for apps, cookies for pages, signatures for servers."""
    api, pages = door.path.startswith("/api/"), type(door).__module__.endswith("access") and is_page(door)
    ways = {"nothing", "token"} if api else {"nothing", "cookie"} if pages else {"nothing", "token", "signature"}
    if door.path.startswith("/media/"):
        ways = {"nothing", "token", "cookie"}
    return [reader for reader in cast.readers if reader.way in ways]


def is_page(door: Door) -> bool:
    return door.endpoint.__module__.startswith(("fediverse_ai.web", "fediverse_ai.oauth"))


async def test_every_route_has_an_example() -> None:
    """A new route with a place to fill fails here until it is asked for private posts, or said to stream."""
    for door in DOORS:
        fill_of(door.path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    async with house(tmp_path_factory.mktemp("home")) as home, peer() as other:
        made = await gather(home, other)
        # No job runs, and yet /readyz is to answer as of a server that works.
        await home.context.part(Heartbeat).start(None)
        yield made
        await made.client.aclose()


def leaks(cast: Cast, reader: Reader, body: bytes, path: str) -> list[str]:
    """Needles of posts that this reader may not see."""
    found = [
        needle.decode()
        for one in cast.private
        if reader.role not in MAY_SEE[one.kind]
        for needle in one.needles
        if needle in body and not (needle.endswith(b"tag") or _is_open_file(one, path))
    ]
    found += [
        f"a file of {one.kind}"
        for one in cast.private
        if reader.role not in MAY_SEE[one.kind] and not path.startswith("/media/")
        for name in one.files
        if name in body
    ]
    if reader.role != "author":
        found += [word for word in ("needlelist", "needlefilter", "needleupload", "needlekeyword", "needlescheduled",
                              "needlecollection")
                  if word.encode() in body]  # fmt: skip
    return [f"{word} at {path} to {reader}" for word in found]


def _is_open_file(one: Private, path: str) -> bool:
    """A file under its own name, once its post is out; before that and after the end the name opens nothing."""
    return path.startswith("/media/") and one.kind in ("followers", "direct")


# Asked about everything, by the quick test; the whole of the matrix adds the others.
_SOME = frozenset({"nobody", "stranger", "blocked", "author"})


async def sweep(cast: Cast, *, whole: bool) -> tuple[list[str], set[tuple[str, str]], int]:
    """(leaks, which kinds which roles were shown, how many requests)."""
    found: list[str] = []
    seen: set[tuple[str, str]] = set()
    asked = 0
    for door in DOORS:
        if "GET" not in (door.methods or ()) or STREAMS.fullmatch(door.path):
            continue
        about = is_about_posts(door.path)
        headers = PAGE if is_page(door) else ACTIVITY
        readers = [reader for reader in readers_of(door, cast) if whole or about or reader.role in _SOME]
        for one in cast.private if about else cast.private[:1]:
            for path in paths_of(door.path, cast, one):
                for reader in readers:
                    answer = await cast.ask(reader, "GET", path, headers=headers)
                    asked += 1
                    assert answer.status_code < 500, (path, str(reader), answer.text)
                    found += leaks(cast, reader, answer.content, path)
                    shown = (two for two in cast.private if any(word in answer.content for word in two.needles[:2]))
                    seen |= {(two.kind, reader.role) for two in shown}
    return found, seen, asked


def check(found: list[str], seen: set[tuple[str, str]]) -> None:
    assert found == [], "\n".join(found)
    # The needles can be found at all: by everybody who may see them, and by nobody else.
    assert seen == {(kind, role) for kind, roles in MAY_SEE.items() for role in roles}


async def test_no_route_shows_a_private_post_to_anybody_who_may_not_see_it(cast: Cast) -> None:
    """VIS-01, VIS-02, VIS-04 to VIS-06, VIS-10, VIS-14, VIS-16, VIS-24."""
    found, seen, asked = await sweep(cast, whole=False)
    check(found, seen)
    assert asked > 1_000


@pytest.mark.live
async def test_every_reader_asks_every_route(cast: Cast) -> None:
    found, seen, asked = await sweep(cast, whole=True)
    check(found, seen)
    assert asked > 1_500


async def test_no_stream_tells_of_a_private_post(cast: Cast) -> None:
    """VIS-07: everything that is stored, told from the beginning to each of our people."""
    found: list[str] = []
    told: dict[str, int] = {}
    for reader in (one for one in cast.readers if one.way == "token" and one.person is not None):
        assert reader.person is not None
        watch = Watch(reader.person, 0)
        events = [*await watch.arrived(cast.home.context), *await watch.moved(cast.home.context)]
        told[reader.role] = len(events)
        found += leaks(cast, reader, b"".join(events), "the stream")
    assert found == []
    # The follower and the addressed hear of theirs, the author of what waits; a stranger of the open answer to nobody.
    assert told["follower"] > 0
    assert told["addressed"] > 0
    assert told["author"] > 0
    assert told["blocked"] == 0


async def test_no_stream_of_an_app_tells_of_a_private_post(cast: Cast) -> None:
    """VIS-07: whatever can be told of each private post, and every notification and thread that is left of it, told to
    each of our people on every stream at once."""
    context = cast.home.context
    found: list[str] = []
    told: dict[str, int] = {}
    for reader in (one for one in cast.readers if one.way == "token" and one.person is not None):
        assert reader.person is not None
        ears = Listener(context, reader.person)
        tags = [f"needle{one.kind}tag" for one in cast.private]
        ears.streams = dict.fromkeys([*map(Stream, (*PUBLIC, *OWN)), *(Stream("hashtag", tag) for tag in tags),
                                      Stream("list", str(cast.things["list"]))])  # fmt: skip
        boosts = [row.id for row in await cast.home.rows(Reaction) if row.kind == "boost"]
        happened = [Event(POSTS, kind, one.post.id) for one in cast.private for kind in ("update", "status.update")]
        happened += [Event(POSTS, "boost", number) for number in boosts]
        for kind, model in (("notification", Notification), ("conversation", Conversation)):
            own = await cast.home.rows(model, actor_id=reader.person.id)
            happened += [Event(f"user:{reader.person.id}", kind, row.id) for row in own]
        messages = [message for event in happened async for message in ears.hear(event)]
        told[reader.role] = len(messages)
        found += leaks(cast, reader, "".join(message.payload for message in messages).encode(), "a stream")
    assert found == []
    # Who may see one hears of it, or all this would prove nothing.
    assert told["author"] > 0
    assert told["follower"] > 0
    assert told["addressed"] > 0
    assert told["blocked"] == 0


async def test_no_letter_tells_of_a_post() -> None:
    """VIS-22: letters are about accounts and the server; one of another kind has to be looked at first."""
    assert set(mail._TEXTS) == {"confirm", "approved", "moved", "denied", "reset", "request", "notice"}


# What can be named by a number and is not somebody's own: people, whom one may follow, block, report.
_PEOPLE = re.compile(
    r"/api/v1/accounts/\{id\}.*|/models/.*|/nodeinfo/.*|/static/.*|/sign-in/.*|/(api/v1/)?t(ags|imelines/tag)/.*"
)
# Enough of every form that nothing else is wrong with it.
_BODY = {
    "status": "x", "title": "x", "phrase": "x", "keyword": "x", "context": ["home"], "account_ids": ["1"],
    "status_id": "1", "choices": ["0"], "description": "x", "replies_policy": "list", "name": "x",
    "scheduled_at": "2030-01-01T00:00:00Z", "filter_action": "warn",
}  # fmt: skip


WATCHED = {
    "post", "reaction", "attachment", "upload", "reading_list", "list_member", "filter", "filter_keyword",
    "filter_post", "notification", "login", "token", "follow", "block", "conversation", "bookmark", "report",
    "featured_tag", "quote_stamp", "revision", "passkey",
}  # fmt: skip


def is_numbered(door: Door) -> bool:
    """Does it name, by a number, something that is somebody's own?

    What is for people in charge is refused by role, before any number is looked at: 403 for every number alike.
    """
    if door.needs in ("moderator", "admin"):
        return False
    numbered = re.search(r"\{(id|key|post_id|owner_id|login_id|app_id|list_id|row_id)(:int)?\}", door.path)
    return numbered is not None and not _PEOPLE.fullmatch(door.path) and not STREAMS.fullmatch(door.path)


async def test_what_is_anothers_is_missing_by_its_number(cast: Cast) -> None:
    """VIS-03, VIS-11: 404 on every route with an id, for the stranger and the blocked, and nothing changes."""
    before = {name: digest for name, digest in cast.home.dump().items() if name in WATCHED}
    wrong: list[str] = []
    asked = 0
    for door in filter(is_numbered, DOORS):
        for one in (cast.private[0], cast.private[2]) if is_about_posts(door.path) else cast.private[:1]:
            [path] = {path.partition("?")[0] for path in paths_of(door.path, cast, one)}
            for role in ("stranger", "blocked"):
                reader = cast.by(role, "cookie" if is_page(door) else "token")
                for method in sorted((door.methods or set()) - {"HEAD"}):
                    answer = await send(cast, reader, method, path)
                    asked += 1
                    if answer.status_code != 404:
                        wrong.append(f"{method} {path} by {reader}: {answer.status_code} {answer.text[:100]}")
    assert wrong == [], "\n".join(wrong)
    assert asked > 100
    assert {name: digest for name, digest in cast.home.dump().items() if name in WATCHED} == before


async def send(cast: Cast, reader: Reader, method: str, path: str) -> Any:
    """With a body where one belongs, and with the form token of the reader's own pages."""
    if method == "GET":
        return await cast.ask(reader, method, path, headers=ACTIVITY if reader.way == "token" else PAGE)
    if reader.way == "token":
        return await cast.ask(reader, method, path, json=_BODY, headers=ACTIVITY)
    page = await cast.ask(reader, "GET", "/make", headers=PAGE)
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token is not None
    # Where files may come along nothing but a form with files is taken.
    files = {"nothing": ("", b"", "application/octet-stream")} if path.endswith(("/reply", "/quote")) else None
    return await cast.ask(reader, method, path, data={"csrf": token[1], "picked": "0"}, files=files, headers=PAGE)
