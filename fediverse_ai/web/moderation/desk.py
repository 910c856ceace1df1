"""What the pages of moderation share: who decides, the reason that everything needs, the way back, and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import audit
from actors.audit import AuditEntry, Subject
from actors.models import Account, Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Conflict, Forbidden, Missing, TooMany, Unprocessable
from fediverse_ai.core.texts import _, marked, ngettext
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of, page, said
from outbox import reversal

# What a person may have done wrong, or what has changed meanwhile: said on the page that they were on.
SAYABLE = (Conflict, Forbidden, Missing, TooMany, Unprocessable)
ACTIONS: Mapping[str, str] = {
    "backup.create": marked("made a backup"), "backup.failed": marked("a backup failed"),
    "backup.prune": marked("removed old backups"), "backup.restore": marked("brought back from a backup"),
    "post.read": marked("private post read"), "post.seen": marked("looked at while held"),
    "edit.seen": marked("edit looked at while held"),
    "post.approve": marked("let out"), "post.reject": marked("refused"), "post.first": marked("first of two words"),
    "post.escalate": marked("handed to the admins"), "edit.approve": marked("edit let out"),
    "edit.reject": marked("edit refused"), "edit.first": marked("first of two words"),
    "edit.escalate": marked("handed to the admins"), "undo": marked("taken back"),
    "appeal.uphold": marked("appeal upheld"), "appeal.reject": marked("appeal rejected"),
    "report.resolve": marked("report resolved"), "report.reopen": marked("report opened again"),
    "report.forward": marked("report forwarded"), "report.assign": marked("report assigned"),
    "report.note": marked("note written"), "actor.note": marked("note written"), "notice.note": marked("note written"),
    "notice.assign": marked("notice assigned"), "notice.uphold": marked("notice upheld"),
    "notice.reject": marked("notice rejected"), "actor.limit": marked("limited here"),
    "actor.suspend": marked("suspended here"), "actor.restore": marked("restored"),
    "account.warn": marked("warned"), "account.sensitive": marked("new pictures covered"),
    "account.limit": marked("limited"), "account.freeze": marked("posting frozen"),
    "account.suspend": marked("suspended"), "account.delete-media": marked("pictures deleted"),
    "post.mark-sensitive": marked("marked sensitive"), "post.label": marked("labelled as AI"),
    "post.unlist": marked("taken off public lists"), "post.off-gallery": marked("taken off the gallery"),
    "post.take-down": marked("taken down"), "measure.lift": marked("measure lifted"),
    "actor.opt-out": marked("asked to be left alone"),
    "host.rule": marked("domain rule set"), "host.rule-undone": marked("domain rule taken back"),
    "media.prune": marked("room made on the disk"),
    "host.retry": marked("deliveries tried again"), "host.wish": marked("receiver's choice set"),
    "policy.change": marked("policy changed"), "policy.rollback": marked("policy rolled back"),
    "collection.close": marked("collection closed"),
    "stop": marked("stopped"), "start": marked("started"),
    "account.role": marked("role changed"), "account.reset-link": marked("link for a new password made"),
    "invite.make": marked("invitation made"), "invite.revoke": marked("invitation taken back"),
    "request.approve": marked("let in"), "request.deny": marked("turned away"),
    "setting.signups": marked("sign-ups set"), "announcement.write": marked("announcement written"),
    "announcement.publish": marked("announcement published"),
    "announcement.withdraw": marked("announcement taken down"),
}  # fmt: skip
STATES: Mapping[str, str] = {
    "draft": marked("draft"), "waiting": marked("being made or judged"), "pick": marked("waits for its author's pick"),
    "scheduled": marked("scheduled"), "held": marked("held"), "refused": marked("refused"),
    "failed": marked("failed"), "published": marked("published"), "deleted": marked("deleted"),
}  # fmt: skip
STAGES: Mapping[str, str] = {
    "prompt": marked("the prompt"), "text": marked("the words"), "picture": marked("the picture"),
    "drawn": marked("the drawn picture"), "upload": marked("the uploaded picture"),
}  # fmt: skip


async def moderator(session: AsyncSession, request: Request) -> Account:
    """The account of the moderator who asks."""
    account = await session.get(Account, require(request, "moderator").account_id)
    if account is None:
        raise Missing("There is no such account (any more).")
    return account


async def looked(request: Request, subject: Subject, verb: str) -> None:
    """Write down that this moderator was shown it (GEN-18, VIS-13), once an hour; `verb` is seen or read."""
    database, action = context_of(request).database, f"{subject.kind}.{verb}"
    me = require(request, "moderator")
    async with database.read() as session:
        if await audit.lately(session, me.account_id, action, subject, limits.LOOK_AGAIN_SECONDS):
            return
    async with database.write() as session:
        await audit.note(session, await moderator(session, request), action, subject)


def show(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page of moderation; nobody caches it."""
    words = {"action_words": action_words, "state_words": state_words, "most": limits.REASON_CHARS}
    return page(request, f"moderation/{template}", status, kept=False, **words, **values)


def action_words(action: str) -> str:
    return _(ACTIONS[action]) if action in ACTIONS else action


def state_words(state: str) -> str:
    return _(STATES[state]) if state in STATES else state


def stage_words(stage: str) -> str:
    return _(STAGES[stage]) if stage in STAGES else stage


async def form(request: Request) -> dict[str, str]:
    """The fields of a moderator's form. Its `reason` may be empty here; `reason_of` insists."""
    require(request, "moderator")
    return await forms.read_form(request)


def reason_of(fields: Mapping[str, str], name: str = "reason") -> str:
    """Why: every action asks. Raises Unprocessable without an answer."""
    reason = fields.get(name, "").strip()
    if not reason:
        raise Unprocessable(_("Say why: a few words are enough."))
    if len(reason) > limits.REASON_CHARS:
        raise Unprocessable(_("The reason is too long."))
    return reason


def back(request: Request, path: str, sentence: str, *, bad: bool = False) -> Response:
    """To the page that the moderator was on, which says what happened."""
    return said(request, RedirectResponse(path, 303, {"Cache-Control": "no-store"}), sentence, bad=bad)


async def newest_entries(session: AsyncSession, ids: Sequence[int]) -> list[AuditEntry]:
    """The newest entry of the log about each of these."""
    found = [await audit.of_subjects(session, [number], 1) for number in ids]
    return [entries[0] for entries in found if entries]


async def undoable(session: AsyncSession, request: Request, named: str) -> list[AuditEntry]:
    """Entries named in an address (`1-2-3`) that this moderator wrote and may take back."""
    me = require(request, "moderator")
    numbers = [int(part) for part in named.split("-")[: limits.QUEUE_COPIES + 1] if part.isascii() and part.isdigit()]
    query = select(AuditEntry).where(col(AuditEntry.id).in_([one for one in numbers if one < 2**63]))
    return [
        entry
        for entry in await session.exec(query)
        if entry.by_id == me.account_id and reversal.can_undo(entry) and await audit.undoing(session, entry.id) is None
    ]


async def undo(request: Request) -> Response:
    """POST /moderation/undo: {entries, to, reason}; every one of them, or none."""
    fields = await form(request)
    goal = fields.get("to", "")
    path = goal if goal.startswith("/moderation") and "//" not in goal and "\\" not in goal else "/moderation"
    try:
        reason = reason_of(fields)
        numbers = [int(part) for part in fields.get("entries", "").split("-") if part.isascii() and part.isdigit()]
        async with context_of(request).database.write() as session:
            by = await moderator(session, request)
            for number in numbers[: limits.QUEUE_COPIES + 1]:
                await reversal.undo(session, min(number, 2**63 - 1), by, reason)
    except SAYABLE as error:
        return back(request, path, _(error.public), bad=True)
    count = len(numbers)
    return back(request, path, ngettext("Taken back.", "%(num)d taken back.", count) % {"num": count})


def left(due_ms: int, now_ms: int) -> tuple[str, str]:
    """(time left in words, mark) of a clock: the mark is over, 12, 24 (hours left at most) or nothing."""
    hours, minutes = divmod(abs(due_ms - now_ms) // 60_000, 60)
    if due_ms <= now_ms:
        return ngettext("overdue by %(num)d hour", "overdue by %(num)d hours", hours) % {"num": hours}, "over"
    mark = "12" if hours < 12 else "24" if hours < 24 else ""
    if hours == 0:
        return ngettext("%(num)d minute left", "%(num)d minutes left", minutes) % {"num": minutes}, mark
    if hours < 72:
        return ngettext("%(num)d hour left", "%(num)d hours left", hours) % {"num": hours}, mark
    return ngettext("%(num)d day left", "%(num)d days left", hours // 24) % {"num": hours // 24}, mark


async def names(session: AsyncSession, account_ids: Sequence[int | None]) -> dict[int, str]:
    """Account -> user name, for what moderators did."""
    wanted = {number for number in account_ids if number is not None}
    query = select(Account.id, Actor.username).join(Actor, col(Actor.id) == col(Account.actor_id))
    return dict(list(await session.exec(query.where(col(Account.id).in_(wanted))))) if wanted else {}


def number(request: Request, name: str = "id") -> int:
    """An id in the path; one that no row can have is that of nothing."""
    value: int = request.path_params[name]
    return value if value < 2**63 else 0
