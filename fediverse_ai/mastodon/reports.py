"""Reports by our people."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, batches, parameters, people
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.instance import rules
from outbox import report, talk

CATEGORIES = ("spam", "legal", "violation", "other")


async def create(request: Request) -> Response:
    """POST /api/v1/reports: account_id, status_ids[], comment, forward, category, rule_ids[]"""
    context, asked = context_of(request), await parameters.read(request)
    comment, category = asked.text("comment") or "", asked.text("category") or "other"
    broken = [rule for rule in rules() if rule["id"] in asked.words("rule_ids")]
    # As with Mastodon, whoever names a rule means that it was broken, and rules belong to nothing else.
    category = "violation" if broken and category == "other" else category
    broken = broken if category == "violation" else []
    if len(comment) > limits.REPORT_CHARS:
        raise Unprocessable(f"Validation failed: Comment is too long (maximum is {limits.REPORT_CHARS} characters)")
    if category not in CATEGORIES:
        raise Unprocessable("Validation failed: Category is not included in the list")
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        target = await people.account(session, asked.id("account_id") or 0, gone=True)
        ids = asked.ids("status_ids")
        posts = await talk.readable(session, reader, ids)
        if len(posts) != len(ids):
            raise Missing(answers.NOT_FOUND)
        named = "; ".join([category, *(rule["text"] for rule in broken)])
        words = f"[{named}] {comment}".strip() if category != "other" else comment
        made = await report.report(
            session, reader, target, list(posts.values()), words, forward=bool(asked.flag("forward"))
        )
        account = (await batches.accounts(session, context, batches.look_of(context, reader), [target]))[target.id]
    return answers.answer({
        "id": str(made.id),
        "action_taken": made.state != "open",
        "action_taken_at": None,
        "category": category,
        "comment": comment,
        "forwarded": made.forwarded,
        "created_at": answers.moment(made.created_ms),
        "status_ids": [str(key) for key in posts],
        "rule_ids": [rule["id"] for rule in broken] or None,
        "target_account": account,
    })  # fmt: skip


ROUTES = [
    ApiDoor("/api/v1/reports", create, needs="write:reports", methods=["POST"]),
]
