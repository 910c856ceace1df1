"""People: found, seen with their record, and what is done about them; those of other servers by rules about one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import actor_rules, audit, queries
from actors.audit import Subject
from actors.models import Account, Actor, Severity
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.limits import PAGE_POSTS
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.cards import title_of
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.rendering import context_of
from outbox import docket, measures, notices, reversal, staff_view
from outbox import queue as held
from outbox.models import Post, Report
from outbox.queries import views
from outbox.records import Measure

MOST = 50
PEOPLE: dict[str, tuple[str, str]] = {
    "warn": (marked("Warn"), marked("They read your words; nothing else happens.")),
    "sensitive": (marked("Cover new pictures"), marked("Everything they post from now on is marked sensitive.")),
    "limit": (marked("Limit"), marked("Their posts are shown to their followers and to who looks for them.")),
    "freeze": (marked("Freeze posting"), marked("They may read and sign in, and post nothing.")),
    "suspend": (marked("Suspend"), marked("They are signed out and hidden. It can be taken back.")),
    "delete-media": (marked("Delete their pictures"), marked("Every post with a picture goes, everywhere. Final.")),
}


async def show(request: Request) -> Response:
    """GET /moderation/accounts?q=&where=here|elsewhere"""
    words, elsewhere = request.query_params.get("q", "").strip(), request.query_params.get("where") == "elsewhere"
    name, _at, host = words.lstrip("@").lower().partition("@")
    query = select(Actor, Account).outerjoin(Account, col(Account.actor_id) == col(Actor.id))
    query = query.where(col(Actor.local).is_(not elsewhere), Actor.kind != "Application")
    if words:
        by_name = or_(col(Actor.username_lower).contains(name, autoescape=True), func.lower(Actor.name).contains(name))
        query = query.where(by_name)
    if host:
        query = query.where(col(Actor.host).contains(host, autoescape=True))
    async with context_of(request).database.read() as session:
        found = list(await session.exec(query.order_by(col(Actor.id).desc()).limit(MOST)))
        strikes = await _strikes(session, [actor.id for actor, _account in found])
    return desk.show(request, "accounts.html", found=found, words=words, elsewhere=elsewhere, strikes=strikes)


async def _strikes(session: AsyncSession, ids: list[int]) -> dict[int, int]:
    query = select(Measure.actor_id, func.count()).where(col(Measure.actor_id).in_(ids))
    return dict(list(await session.exec(query.where(col(Measure.undone_ms).is_(None)).group_by(col(Measure.actor_id)))))


async def one(request: Request) -> Response:
    """GET /moderation/accounts/{id}"""
    context = context_of(request)
    async with context.database.read() as session:
        actor = await _actor(session, request)
        account = (await session.exec(select(Account).where(Account.actor_id == actor.id))).first()
        posts = select(Post).where(Post.author_id == actor.id).order_by(col(Post.id).desc()).limit(PAGE_POSTS)
        # What everybody may read, and what came before the moderators (VIS-13).
        rows = [row for row in await session.exec(posts)
                if staff_view.is_open(row) or await staff_view.came_before(session, row)]  # fmt: skip
        shown = await views(session, rows, None)
        notes = await docket.notes(session, actor.id)
        reports = select(Report).where(Report.target_id == actor.id).order_by(col(Report.id).desc()).limit(MOST)
        values: dict[str, Any] = {
            "history": await held.history(session, actor),
            "measures": await measures.of_actor(session, actor.id),
            "rule": await actor_rules.rule_for(session, actor.id),
            "entries": await audit.about(session, actor.id),
            "reports": list(await session.exec(reports)),
            "notices": await notices.of_person(session, actor.id),
            "done": await desk.undoable(session, request, request.query_params.get("done", "")),
            "names": await desk.names(session, [note.by_id for note in notes]),
        }
    return desk.show(
        request, "account.html", actor=actor, account=account, notes=notes,
        posts=[(view.post, title_of(view.post, view.attachments)) for view in shown],
        verbs={kind: (_(name), _(hint)) for kind, (name, hint) in PEOPLE.items()}, **values,
    )  # fmt: skip


async def act(request: Request) -> Response:
    """POST /moderation/accounts/{id}: {verb: a measure, lift, restore or note; ground, reason, measure}."""
    fields = await desk.form(request)
    verb, path = fields.get("verb", ""), f"/moderation/accounts/{desk.number(request)}"
    try:
        reason = desk.reason_of(fields)
        async with context_of(request).database.write() as session:
            by = await desk.moderator(session, request)
            actor = await _actor(session, request)
            subject_id = await _do(session, by, actor, verb, reason, fields)
            [entry] = await desk.newest_entries(session, [subject_id])
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    done = f"?done={entry.id}" if reversal.can_undo(entry) else ""
    return desk.back(request, path + done, _("Done."))


async def _do(session: AsyncSession, by: Account, actor: Actor, verb: str, reason: str, fields: dict[str, str]) -> int:
    """One verb; what the entry in the log is about."""
    if verb == "note":
        await docket.write(session, Subject("actor", actor.id, actor.handle, actor.id), by, reason)
    elif verb == "lift":
        made = await session.get(Measure, _number(fields.get("measure", "")), with_for_update=True)
        if made is None or made.actor_id != actor.id:
            raise Missing("There is no such measure.")
        await measures.lift(session, made, by, reason)
        return made.id
    elif not actor.local and verb in ("limit", "suspend"):
        await actor_rules.record(session, actor.id, Severity(verb), reason=reason, by_id=by.id)
    elif not actor.local and verb == "restore":
        await actor_rules.lift(session, actor.id, reason=reason, by_id=by.id)
    elif actor.local and verb in PEOPLE:
        told = measures.Reasons(fields.get("ground", "").strip(), reason)
        await measures.about_person(session, by, actor, verb, told)
    else:
        raise Unprocessable(_("Choose what to do."))
    return actor.id


async def _actor(session: AsyncSession, request: Request) -> Actor:
    actor = await queries.by_id(session, desk.number(request))
    if actor is None or actor.kind == "Application":
        raise Missing("There is no such account.")
    return actor


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
