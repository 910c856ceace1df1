"""What a member does with a post or a person: one form each, answered by the page one was on, or by the part anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import policy, queries
from actors.models import Actor, FollowState
from fediverse_ai.core import events, limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.errors import Conflict, Malformed, Missing, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web import forms
from fediverse_ai.web.cards import LARGEST_ID, NOT_THERE, post_id_of
from fediverse_ai.web.feeds import deeds
from fediverse_ai.web.rendering import context_of, page, said
from outbox import aside, block, bookmarks, follow, mutes, pin, react
from outbox import queries as posts
from outbox.models import Post, PostState, ReactionKind
from outbox.visibility import may_see

NOBODY = marked("There is nobody like that here.")
Verb = Callable[[AsyncSession, Actor, Post], Awaitable[object]]


async def _unlike(session: AsyncSession, actor: Actor, post: Post) -> None:
    await react.take_back(session, actor, post, ReactionKind.LIKE)


async def _unboost(session: AsyncSession, actor: Actor, post: Post) -> None:
    await react.take_back(session, actor, post, ReactionKind.BOOST)


async def _boost_quietly(session: AsyncSession, actor: Actor, post: Post) -> None:
    await react.boost(session, actor, post, quiet=True)


VERBS: dict[str, Verb] = {
    "like": react.like,
    "unlike": _unlike,
    "boost": react.boost,
    "boost_quietly": _boost_quietly,
    "unboost": _unboost,
    "bookmark": bookmarks.add,
    "unbookmark": bookmarks.remove,
    "pin": pin.pin,
    "unpin": pin.unpin,
    "leave": mutes.leave_conversation,
    "rejoin": mutes.rejoin_conversation,
}


async def reader_of(session: AsyncSession, me: Principal) -> Actor:
    """The signed-in person. Raises Missing for an account without one."""
    found = await queries.by_id(session, me.actor_id)
    if found is None:
        raise Missing(NOBODY)
    return found


async def seen_post(session: AsyncSession, reader: Actor, post_id: int) -> Post:
    """A published post that the reader may see; else Missing, whatever the reason."""
    post = await session.get(Post, post_id) if 0 < post_id <= LARGEST_ID else None
    if post is None or post.state != PostState.PUBLISHED or not await may_see(session, reader, post):
        raise Missing(NOT_THERE)
    return post


async def act(request: Request) -> Response:
    """POST /posts/{post_id}/act: verb, back, key."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    context.part(RateLimiter).check(f"acts:{me.account_id}", limits.ACTS_PER_ACCOUNT)
    post_id = post_id_of(request)
    wrong = ""
    try:
        async with context.database.write() as session:
            reader = await reader_of(session, me)
            post = await seen_post(session, reader, post_id)
            verb = VERBS.get(fields.get("verb", ""))
            if verb is None:
                raise Malformed("This form does not say what to do.")
            await verb(session, reader, post)
    except (Conflict, Unprocessable) as error:
        wrong = _(error.public)
    return await answered(request, fields, post_id, wrong)


async def answered(request: Request, fields: Mapping[str, str], post_id: int, wrong: str = "") -> Response:
    """For htmx the line of actions anew; for others the page they came from, at the post, saying what went wrong."""
    back = deeds.safe_back(fields.get("back", ""))
    if request.headers.get("hx-request") != "true":
        answer = RedirectResponse(f"{back.partition('#')[0]}#post-{post_id}", 303)
        return said(request, answer, wrong, bad=True) if wrong else answer
    key = fields.get("key", "")
    plain = key if key.isascii() and key.isdigit() and len(key) < 20 else str(post_id)
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, require(request, "session"))
        view = await posts.view(session, reader, post_id)
        if view is None:
            raise Missing(NOT_THERE)
        found = (await deeds.of_many(session, reader, [view], back, {post_id: plain}, wrong)).get(post_id)
    return page(request, "parts/actions.html", deeds=found)


async def person_act(request: Request) -> Response:
    """POST /people/{actor_id}/act: verb, back; from a post's menu also its number."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    verb = fields.get("verb", "")
    if verb not in PEOPLE:
        raise Malformed("This form does not say what to do.")
    context.part(RateLimiter).check(f"acts:{me.account_id}", limits.ACTS_PER_ACCOUNT)
    sentence, wrong = "", ""
    try:
        async with context.database.write() as session:
            reader = await reader_of(session, me)
            target = await person(session, request)
            sentence = await PEOPLE[verb](session, reader, target)
            events.publish_after(session, [f"user:{reader.id}"], "ties", target.id)
    except (Conflict, Unprocessable) as error:
        wrong = _(error.public)
    post_id = fields.get("post", "")
    if request.headers.get("hx-request") == "true" and verb in ("follow", "unfollow") and post_id.isdecimal():
        return await answered(request, fields, int(post_id), wrong)
    answer: Response = RedirectResponse(deeds.safe_back(fields.get("back", "")), 303)
    if request.headers.get("hx-request") == "true":
        # Who was muted or blocked is on the whole page, not in this part of it alone.
        answer = Response(status_code=204, headers={"HX-Redirect": deeds.safe_back(fields.get("back", ""))})
    return said(request, answer, wrong or sentence, bad=bool(wrong))


async def person(session: AsyncSession, request: Request) -> Actor:
    """The actor of the number in the path. Raises Missing; the suspended and deleted are missing too."""
    number: int = request.path_params["actor_id"]
    found = await queries.by_id(session, number) if number <= LARGEST_ID else None
    if found is None or not policy.living(found) or found.kind == "Application":
        raise Missing(NOBODY)
    return found


PersonVerb = Callable[[AsyncSession, Actor, Actor], Awaitable[str]]


async def _follow(session: AsyncSession, reader: Actor, target: Actor) -> str:
    row = await follow.ask(session, reader, target)
    named = {"handle": target.handle}
    if row.state == FollowState.ACCEPTED:
        return _("You follow @%(handle)s now.") % named
    return _("@%(handle)s was asked whether you may follow.") % named


async def _unfollow(session: AsyncSession, reader: Actor, target: Actor) -> str:
    await follow.withdraw(session, reader, target)
    return _("You do not follow @%(handle)s any more.") % {"handle": target.handle}


async def _boosts(session: AsyncSession, reader: Actor, target: Actor, *, wanted: bool) -> str:
    row = await queries.follow_of(session, reader.id, target.id)
    if row is None:
        raise Unprocessable(_("You do not follow this person."))
    row.boosts = wanted
    session.add(row)
    return _("Boosts are shown.") if row.boosts else _("Boosts are not shown any more.")


async def _show_boosts(session: AsyncSession, reader: Actor, target: Actor) -> str:
    return await _boosts(session, reader, target, wanted=True)


async def _hide_boosts(session: AsyncSession, reader: Actor, target: Actor) -> str:
    return await _boosts(session, reader, target, wanted=False)


async def _mute(session: AsyncSession, reader: Actor, target: Actor) -> str:
    await mutes.mute(session, reader, target)
    return _("You see nothing of @%(handle)s any more. Nobody is told.") % {"handle": target.handle}


async def _mute_week(session: AsyncSession, reader: Actor, target: Actor) -> str:
    await mutes.mute(session, reader, target, seconds=7 * 86_400)
    return _("You see nothing of @%(handle)s for a week. Nobody is told.") % {"handle": target.handle}


async def _unmute(session: AsyncSession, reader: Actor, target: Actor) -> str:
    await mutes.unmute(session, reader, target)
    return _("You see @%(handle)s again.") % {"handle": target.handle}


async def _block(session: AsyncSession, reader: Actor, target: Actor) -> str:
    await block.block(session, reader, target)
    return _("@%(handle)s is blocked.") % {"handle": target.handle}


async def _unblock(session: AsyncSession, reader: Actor, target: Actor) -> str:
    await block.unblock(session, reader, target)
    return _("@%(handle)s is not blocked any more.") % {"handle": target.handle}


async def _accept(session: AsyncSession, reader: Actor, target: Actor) -> str:
    row = await queries.follow_of(session, target.id, reader.id)
    if row is None or row.state != FollowState.PENDING:
        raise Unprocessable(_("This request is not there (any more)."))
    await follow.approve(session, row, target, reader)
    return _("@%(handle)s follows you now.") % {"handle": target.handle}


async def _reject(session: AsyncSession, reader: Actor, target: Actor) -> str:
    """A request is refused, or a follower removed."""
    row = await queries.follow_of(session, target.id, reader.id)
    if row is None:
        raise Unprocessable(_("This request is not there (any more)."))
    await follow.refuse(session, row, target, reader)
    return _("@%(handle)s does not follow you.") % {"handle": target.handle}


_GONE = marked("Nothing of theirs waits (any more).")


async def _let_in(session: AsyncSession, reader: Actor, target: Actor) -> str:
    if not await aside.let_in(session, reader, target.id):
        raise Unprocessable(_GONE)
    return _("You are told of what @%(handle)s does.") % {"handle": target.handle}


async def _throw_away(session: AsyncSession, reader: Actor, target: Actor) -> str:
    if not await aside.drop(session, reader, target.id):
        raise Unprocessable(_GONE)
    return _("What @%(handle)s did is thrown away.") % {"handle": target.handle}


PEOPLE: dict[str, PersonVerb] = {
    "follow": _follow,
    "unfollow": _unfollow,
    "show_boosts": _show_boosts,
    "hide_boosts": _hide_boosts,
    "mute": _mute,
    "mute_week": _mute_week,
    "unmute": _unmute,
    "block": _block,
    "unblock": _unblock,
    "accept": _accept,
    "reject": _reject,
    "let_in": _let_in,
    "throw_away": _throw_away,
}
