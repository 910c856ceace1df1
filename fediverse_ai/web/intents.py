"""To one's own server and back into the conversation: Activity Intents (FEP-3b86), by the name that a visitor gives."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.policy import DomainRules
from fediverse_ai.activitypub import webfinger
from fediverse_ai.activitypub.webfinger import Handle
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Elsewhere, Malformed, Missing
from fediverse_ai.core.texts import _, marked
from fediverse_ai.core.urls import check_id
from fediverse_ai.web import forms, sign_in
from fediverse_ai.web.cards import LARGEST_ID, NOT_THERE
from fediverse_ai.web.profile import maker
from fediverse_ai.web.rendering import context_of, page
from outbox import queries as posts

_FEP = "https://w3id.org/fep/3b86/"
# Understood by Mastodon, Pleroma, Misskey and others since OStatus; takes people and posts alike.
_SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
# What one can want -> (the intent's name, the parameter that names the post or person).
WISHES = {
    "follow": ("Follow", "object"),
    "like": ("Like", "object"),
    "boost": ("Announce", "object"),
    "reply": ("Create", "inReplyTo"),
}
_HEADINGS = {
    "follow": marked("Follow from your own server"),
    "like": marked("Like from your own server"),
    "boost": marked("Boost from your own server"),
    "reply": marked("Reply from your own server"),
}
_PATH = re.compile(r"/@(\w+)(?:/(\d{1,19}))?", re.ASCII)
_VARIABLE = re.compile(r"\{([^{}]*)\}")


async def show(request: Request) -> Response:
    """GET /intent?wish=…&about=/@name…: the form on a page of its own, for those whose first try went wrong."""
    wish, about = request.query_params.get("wish", ""), request.query_params.get("about", "")
    await _object(context_of(request), wish, about)
    return _form(request, wish, about)


async def send(request: Request) -> Response:
    """POST /intent: ask the visitor's server where it wants them, and take them there.

    It writes nothing, so it needs no token, only a form of ours. The answer is a page that goes on by itself: browsers
    hold redirects of a form to our policy's `form-action`, and whoever is slow sees where they are being taken.
    """
    context = context_of(request)
    fields = await forms.read_open_form(request)
    wish, about = fields.get("wish", ""), fields.get("about", "")
    uri = await _object(context, wish, about)
    try:
        handle = webfinger.parse_handle(fields.get("handle", "").strip()[: limits.URL_LENGTH])
    except Malformed:
        sentence = _("Write your own address, such as @ann@example.org.")
        return _form(request, wish, about, fields.get("handle", "")[: limits.URL_LENGTH], sentence)
    if handle.host in context.config.own_hosts:
        return RedirectResponse(f"/sign-in?next={quote(about, safe='/@')}", 303)
    context.part(limits.RateLimiter).check(f"intent:{sign_in.address_block(request)}", limits.INTENTS_PER_ADDRESS)
    try:
        target = await _target(context, handle, wish, uri, f"{context.config.public_url}{about}")
    except (Elsewhere, Malformed):
        sentence = _("%(host)s did not answer. Check the address, or search there for what you see below.")
        return _form(request, wish, about, str(handle), sentence % {"host": handle.host})
    if target is None:
        sentence = _("%(host)s does not say where such wishes go. Search there for what you see below.")
        return _form(request, wish, about, str(handle), sentence % {"host": handle.host})
    answer = page(request, "intent_on.html", kept=False, target=target, host=handle.host, about=about)
    answer.headers["Refresh"] = f"0; url={target}"
    return answer


def _form(request: Request, wish: str, about: str, handle: str = "", wrong: str = "") -> Response:
    return page(
        request,
        "intent.html",
        422 if wrong else 200,
        kept=False,
        heading=_(_HEADINGS[wish]),
        wish=wish,
        about=about,
        search=f"{context_of(request).config.public_url}{about}",
        handle=handle.removeprefix("@"),
        wrong=wrong,
    )


async def _object(context: Context, wish: str, about: str) -> str:
    """The ActivityPub id of what a page of ours shows to everybody. Raises Missing."""
    found = _PATH.fullmatch(about)
    if wish not in WISHES or found is None or (wish == "follow") != (found[2] is None):
        raise Missing(NOT_THERE)
    async with context.database.read() as session:
        person = await maker(session, found[1])
        if found[2] is None:
            return person.uri
        view = await posts.view(session, None, min(int(found[2]), LARGEST_ID))
        if view is None or view.post.author_id != person.id:
            raise Missing(NOT_THERE)
        return view.post.uri


async def _target(context: Context, handle: Handle, wish: str, uri: str, back: str) -> str | None:
    """The address at somebody's own server; None where it names none. `back`: the page here to which it may lead them
    when they are done, or think better of it. Raises Elsewhere.
    """
    scheme = context.config.public_url.partition("://")[0]
    if (await context.part(DomainRules).over(handle.host)).suspended:
        return None
    templates = await webfinger.link_templates(context.http, handle, scheme=scheme)
    intent, parameter = WISHES[wish]
    for rel, name in ((_FEP + intent, parameter), (_FEP + "Object", "object"), (_SUBSCRIBE, "uri")):
        template = templates.get(rel, "")
        if f"{{{name}}}" in template:
            target = check_id(fill(template, {name: uri, "on-success": back, "on-cancel": back}))
            if target.startswith("https://") or scheme == "http":
                return target
    return None


def fill(template: str, values: dict[str, str]) -> str:
    """A URI template with its values, percent-encoded; what we do not know becomes empty, as FEP-3b86 has it."""
    return _VARIABLE.sub(lambda found: quote(values.get(found[1], ""), safe=""), template)
