"""Hostile words in every column whose words a page shows, ours and others', written beside a running server."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, update
from sqlmodel import SQLModel, col, select

from actors import accounts, audit
from actors.models import Actor
from generation.pipeline import text_digest
from outbox.models import Attachment, Judgement
from outbox.shelves import OwnCollection
from tests.support.server import Server
from tests.web.test_xss import CORPUS

HOSTILE = " ".join(CORPUS)
# Columns that hold words of people, of their servers or of programs, and are shown to somebody. What is null stays so.
WORDS = {
    "account_note": ("comment",),
    "actor": ("name", "summary"),
    "actor_rule": ("reason", "undone_reason"),
    "announcement": ("text", "content"),
    "app": ("name", "website"),
    "appeal": ("text", "answer"),
    "archive": ("problem",),
    "attachment": ("alt", "alt_draft"),
    "data_import_row": ("subject", "problem"),
    "delivery": ("last_error",),
    "docket": ("escalated_why",),
    "domain_rule": ("reason", "public_comment", "undone_reason"),
    "filter": ("title",),
    "filter_keyword": ("keyword",),
    "host_state": ("wish_by",),
    "invite": ("note",),
    "judgement": ("rule", "reason"),
    "known_picture": ("source", "reason"),
    "legal_notice": ("name", "email", "words", "ground", "statement"),
    "login": ("name",),
    "measure": ("ground", "words", "objection", "answer"),
    "moderator_note": ("text",),
    "own_collection": ("name", "about"),
    "policy_version": ("note",),
    "post": ("text", "content", "reason", "rule"),
    "reading_list": ("title",),
    "received": ("detail",),
    "report": ("comment",),
    "revision": ("text", "summary", "content", "reason", "rule"),
    "sign_up_request": ("reason", "note"),
    "stop": ("reason",),
    "tag_follow": ("name",),
    "token": ("name",),
    "upload": ("file_name", "description", "error"),
}
# Of the page as the browser read it: elements and attributes that no template of ours writes.
FOUND = """() => {
  const wrong = [];
  const allowed = new Set(["http:", "https:", "mailto:"]);
  const read = value => { try { return new URL(value, location); } catch { return location; } };
  for (const one of document.querySelectorAll("*")) {
    if (/^(iframe|object|embed|base|math|style|applet|frame|portal)$/.test(one.localName)) wrong.push(one.localName);
    if (one.localName === "script" && one.type !== "application/ld+json"
        && (!one.src.startsWith(location.origin + "/static/") || one.textContent.trim())) wrong.push("script");
    for (const {name, value} of one.attributes) {
      if (/^on|^style$|^srcdoc$/.test(name)) wrong.push(`${one.localName} ${name}`);
      if (["href", "src", "action", "formaction", "data", "xlink:href"].includes(name)
          && !allowed.has(read(value).protocol)) wrong.push(`${one.localName} ${name}=${value}`);
      if (name === "id" && value === "main" && one.localName !== "main") wrong.push("a second #main");
    }
    if (one.localName === "form" && read(one.getAttribute("action") ?? "").origin !== location.origin)
      wrong.push("form");
  }
  return wrong;
}"""


def _hostile(value: Any) -> Any:
    """The same shape with other words."""
    if isinstance(value, dict):
        return {key: _hostile(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_hostile(one) for one in value]
    return HOSTILE if isinstance(value, str) else value


async def poison(server: Server) -> int:
    """Write it everywhere beside the running server; how many values were replaced."""
    replaced = 0
    async with server.beside() as context, context.database.write() as session:
        for name, columns in WORDS.items():
            table = SQLModel.metadata.tables[name]
            for column in columns:
                there = (await session.exec(select(func.count()).where(table.c[column].is_not(None)))).one()
                replaced += there
                await session.execute(update(table).values({column: HOSTILE}).where(table.c[column].is_not(None)))
        for actor in await session.exec(select(Actor)):
            actor.fields = [{"name": HOSTILE, "value": HOSTILE}]
            session.add(actor)
        for picture in await session.exec(select(Attachment)):
            picture.recipe = _hostile(picture.recipe)
            session.add(picture)
        for judgement in await session.exec(select(Judgement)):
            # Which check at which stage is said by our own code; what it found is words of the post.
            judgement.findings = [
                told | {"evidence": dict.fromkeys(told.get("evidence") or {"lists": ""}, HOSTILE)}
                for told in judgement.findings
            ]
            session.add(judgement)
        for row in await session.exec(select(OwnCollection).where(col(OwnCollection.public_ms).is_not(None))):
            row.verdict = {"policy": "x", "digests": [text_digest(f"{HOSTILE}\n{HOSTILE}")]}
            session.add(row)
        # The audit log only grows.
        moderator = await accounts.account_of(session, "mo")
        assert moderator is not None
        subject = audit.Subject("post", 0, HOSTILE)
        await audit.note(session, moderator, "post.reject", subject, HOSTILE, before={"state": HOSTILE})
    return replaced
