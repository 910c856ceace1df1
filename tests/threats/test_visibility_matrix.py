"""Every route that answers, asked by every kind of reader about every kind of private post: no needle comes back.

The routes are those of the route table: one that this file has no example for fails, and says so.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from fediverse_ai.core.access import Door
from fediverse_ai.wiring import ROUTES
from tests.support.house import house
from tests.support.peer import peer
from tests.threats.cast import MAY_SEE, Cast, Private, Reader, gather

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTIVITY = {"accept": "application/activity+json"}
PAGE = {"accept": "text/html"}
DOORS = [route for route in ROUTES if isinstance(route, Door)]
# They do not end by themselves; tests/social/test_events.py and tests/mastodon/test_streaming.py listen to them.
STREAMS = re.compile(r"/users/\{name\}/events|/api/v1/streaming.*")
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
    (r"/(make|notes|@\{name\})/\{post_id:int\}.*", post_id),
    (r"/media/.*", lambda _cast, one: one.picture.file or ""),
    (r"/proxy/.*", lambda _cast, one: str(one.picture.id)),
    (r"/api/v1/(statuses|polls)/\{id\}.*", post_id),
    (r"(/api/v1)?/tags/\{name\}.*|/api/v1/timelines/tag/.*", lambda _cast, one: f"needle{one.kind}tag"),
    (r"/stamps/.*", thing("stamp")),
    (r"/users/\{name\}/uploads/\{id\}|/api/v1/media/\{id\}", thing("upload")),
    (r"/api/v1/accounts/\{id\}.*", author_id),
    (r"/api/v1/(lists|timelines/list)/\{id\}.*", thing("list")),
    (r"/api/v1/notifications/\{id\}.*", thing("notification")),
    (r"/api/v1/scheduled_statuses/\{id\}", thing("scheduled")),
    (r"/api/v1/featured_tags/\{id\}", thing("featured_tag")),
    (r"/api/v2/filters/keywords/\{id\}|/api/v1/filters/\{id\}", thing("keyword")),
    (r"/api/v2/filters/statuses/\{id\}", thing("filter_post")),
    (r"/api/v2/filters/\{id\}.*", thing("filter")),
    (r"/api/v1/conversations/\{id\}.*", thing("conversation")),
    (r"/api/v1/follow_requests/\{id\}.*", author_id),
    (r"/settings/sessions/\{login_id:int\}/end", thing("login")),
    (r"/settings/apps/\{app_id:int\}/end", thing("app")),
    (r"/models/\{name\}", lambda _cast, _one: "scene"),
    (r"/sign-in/link/\{secret\}", lambda _cast, _one: "nonsense"),
    (r"/nodeinfo/\{version\}", lambda _cast, _one: "2.1"),
    (r"/static/\{digest\}/\{name\}", lambda _cast, _one: "x"),
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
    "/make": ["", "recipe={id}"],
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    async with house(tmp_path_factory.mktemp("home")) as home, peer() as other:
        made = await gather(home, other)
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
        found += [word for word in ("needlelist", "needlefilter", "needleupload", "needlekeyword", "needlescheduled")
                  if word.encode() in body]  # fmt: skip
    return [f"{word} at {path} to {reader}" for word in found]


def _is_open_file(one: Private, path: str) -> bool:
    """A file under its own name, once its post is out; before that and after the end the name opens nothing."""
    return path.startswith("/media/") and one.kind in ("followers", "direct")


async def test_no_route_shows_a_private_post_to_anybody_who_may_not_see_it(cast: Cast) -> None:
    """VIS-01, VIS-02, VIS-04 to VIS-07, VIS-10, VIS-14, VIS-16, VIS-24."""
    found: list[str] = []
    seen: set[tuple[str, str]] = set()
    asked = 0
    for door in DOORS:
        if "GET" not in (door.methods or ()) or STREAMS.fullmatch(door.path):
            continue
        for one in cast.private if is_about_posts(door.path) else cast.private[:1]:
            for path in paths_of(door.path, cast, one):
                for reader in readers_of(door, cast):
                    for accept in (PAGE,) if is_page(door) else (ACTIVITY,):
                        answer = await cast.ask(reader, "GET", path, headers=accept)
                        asked += 1
                        assert answer.status_code < 500, (path, str(reader), answer.text)
                        found += leaks(cast, reader, answer.content, path)
                        seen |= {
                            (one_.kind, reader.role)
                            for one_ in cast.private
                            if any(needle in answer.content for needle in one_.needles[:2])
                        }
    assert found == [], "\n".join([str(asked), *found])
    # The needles can be found at all: by everybody who may see them, and by nobody else.
    assert seen == {(kind, role) for kind, roles in MAY_SEE.items() for role in roles}
    assert asked > 1_000
