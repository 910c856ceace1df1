"""Every page of ours with an address at which there is something to see, by who looks: taken from the route table."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from fediverse_ai.core.access import Door
from fediverse_ai.wiring import ROUTES
from tests.support.exhibition import Exhibition

# What the pages' rooms answer that is no page: files, streams, fragments, redirects.
NO_PAGES = re.compile(
    r".*(\.\w+|/events|/progress|/preview|/count)|/static/.*|/proxy/.*|/users/.*|/notes/.*|/ns"
    r"|/settings/data/archive/.*|/oauth/userinfo|/docs/screens/.*|/authorize_interaction|/share"
)
ROOMS = ("fediverse_ai.web.", "fediverse_ai.oauth.authorize", "fediverse_ai.oauth.sessions")
Fill = Callable[[Exhibition], str]
LOOKERS = {"anyone": None, "session": "ann", "moderator": "mo", "admin": "olga", "owner": "olga"}

EXAMPLES: dict[str, list[Fill]] = {
    "/models/{name}": [lambda _shown: "/models/scene"],
    "/docs/{kind}/{name}": [lambda _shown: "/docs/tutorial/first-picture", lambda _shown: "/docs/reference/cli"],
    "/tags/{name}": [lambda _shown: "/tags/morning"],
    "/intent": [lambda shown: f"/intent?wish=like&about=/@ann/{shown.posts[0]}"],
    "/invite/{secret}": [lambda _shown: "/invite/spent"],
    "/sign-up/state/{secret}": [lambda shown: f"/sign-up/state/{shown.words['state']}"],
    "/sign-up/confirm/{secret}": [lambda _shown: "/sign-up/confirm/spent"],
    "/sign-in/reset/{secret}": [lambda _shown: "/sign-in/reset/spent"],
    "/owner/people/{name}": [lambda _shown: "/owner/people/ann"],
    "/sign-in/link/{secret}": [lambda _shown: "/sign-in/link/spent"],
    "/report/notices/{secret}": [lambda shown: f"/report/notices/{shown.words['receipt']}"],
    "/statements/{secret}": [lambda shown: f"/statements/{shown.words['statement']}"],
    "/@{name}": [lambda _shown: "/@ann"],
    "/@{name}/remixes": [lambda _shown: "/@ann/remixes"],
    "/@{name}/about": [lambda _shown: "/@ann/about"],
    "/@{name}/collections": [lambda _shown: "/@ann/collections"],
    "/@{name}/collections/{id:int}": [lambda shown: f"/@ann/collections/{shown.numbers['collection']}"],
    "/@{name}/{post_id:int}": [
        lambda shown: f"/@ann/{shown.posts[0]}",
        lambda shown: f"/@ben/{shown.numbers['remix']}",
    ],
    "/@{name}@{host}": [lambda shown: f"/{shown.words['bob']}"],
    "/@{name}@{host}/{post_id:int}": [lambda shown: f"/{shown.words['bob']}/{shown.numbers['abroad']}"],
    "/make": [lambda _shown: "/make", lambda shown: f"/make?recipe={shown.posts[1]}"],
    "/make/{post_id:int}": [
        lambda shown: f"/make/{shown.numbers['pick']}",
        lambda shown: f"/make/{shown.numbers['held']}",
        lambda shown: f"/make/{shown.numbers['refused']}",
        lambda shown: f"/make/{shown.numbers['draft']}",
        lambda shown: f"/make/{shown.posts[0]}",
    ],
    "/search": [lambda _shown: "/search", lambda _shown: "/search?q=lighthouse"],
    "/lists/{list_id:int}": [lambda shown: f"/lists/{shown.numbers['list']}"],
    "/lists/{list_id:int}/edit": [lambda shown: f"/lists/{shown.numbers['list']}/edit"],
    "/posts/{post_id:int}/edit/appeal": [],  # tests/web/test_talk.py has an edit that was held
    "/posts/{post_id:int}/reply": [lambda shown: f"/posts/{shown.posts[1]}/reply"],
    "/posts/{post_id:int}/quote": [lambda shown: f"/posts/{shown.posts[1]}/quote"],
    "/posts/{post_id:int}/edit": [lambda shown: f"/posts/{shown.posts[0]}/edit"],
    "/posts/{post_id:int}/history": [lambda shown: f"/posts/{shown.posts[0]}/history"],
    "/posts/{post_id:int}/delete": [lambda shown: f"/posts/{shown.posts[0]}/delete"],
    "/people/{actor_id:int}/report": [lambda shown: f"/people/{shown.numbers['ben']}/report"],
    "/settings/data/imports/{import_id:int}": [],  # tests/web/test_settings_data.py carries something in
    "/moderation/reports/{id:int}": [lambda shown: f"/moderation/reports/{shown.numbers['report']}"],
    "/moderation/accounts/{id:int}": [lambda shown: f"/moderation/accounts/{shown.numbers['ann']}"],
    "/moderation/posts/{id:int}": [lambda shown: f"/moderation/posts/{shown.posts[0]}"],
    "/moderation/legal/{id:int}": [lambda shown: f"/moderation/legal/{shown.numbers['notice']}"],
    "/oauth/authorize": [
        lambda shown: "/oauth/authorize?" + urlencode(
            {"response_type": "code", "client_id": shown.words["app"], "redirect_uri": shown.words["redirect"],
             "scope": "read write"}
        )
    ],
}  # fmt: skip
# Whose copies are shown to our own people alone.
MEMBERS_ONLY = "/@{name}@{host}"
# Pages for everybody that look different to those who are signed in.
ALSO_SIGNED_IN = (
    "/",
    "/about",
    "/@{name}",
    "/@{name}/{post_id:int}",
    "/@{name}/collections",
    "/@{name}/collections/{id:int}",
    "/tags/{name}",
    "/oauth/authorize",
)


def addresses(shown: Exhibition) -> list[tuple[str | None, str]]:
    """(who looks, where), in the order of lookers."""
    found: list[tuple[str | None, str]] = []
    for route in ROUTES:
        if not isinstance(route, Door) or "GET" not in (route.methods or ()) or NO_PAGES.fullmatch(route.path):
            continue
        if not route.endpoint.__module__.startswith(ROOMS):
            continue
        looker = "ann" if route.path.startswith(MEMBERS_ONLY) else LOOKERS[route.needs]
        assert "{" not in route.path or route.path in EXAMPLES, f"give {route.path} an example in EXAMPLES"
        paths = [fill(shown) for fill in EXAMPLES.get(route.path, [lambda _shown, path=route.path: path])]  # type: ignore[misc]
        found += [(looker, path) for path in paths]
        if route.path in ALSO_SIGNED_IN:
            found += [("ann", path) for path in paths]
    return sorted(found, key=lambda one: one[0] or "")
