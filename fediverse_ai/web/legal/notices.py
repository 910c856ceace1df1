"""Forms for legal notices, for anybody; a receipt with a number; and a secret page that says what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediverse_ai.core import limits
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web import forms
from fediverse_ai.web.moderation.desk import left
from fediverse_ai.web.rendering import context_of, page
from fediverse_ai.web.sign_in import address_block
from outbox import notices
from outbox.notices import COPYRIGHT, ILLEGAL, INTIMATE, Filing

TITLES: Mapping[str, str] = {
    INTIMATE: marked("An intimate image without consent"),
    COPYRIGHT: marked("A copyright notice"),
    ILLEGAL: marked("Illegal content"),
}
LEADS: Mapping[str, str] = {
    INTIMATE: marked(
        "A picture shows you, or somebody you speak for, naked or in a sexual way, and was put here without consent. "
        "It counts also when a machine made it. We decide within 48 hours, take it down with its copies, and tell "
        "every server that got it."
    ),
    COPYRIGHT: marked("You own a work, or act for who does, and it is used here without permission."),
    ILLEGAL: marked(
        "You think that something here is against the law (Article 16 of the Digital Services Act). You get an answer "
        "with reasons. If a life is in danger, call the police first."
    ),
}
WHAT: Mapping[str, str] = {
    INTIMATE: marked("Which picture is it, and how do you know? Say who is shown, if not you."),
    COPYRIGHT: marked("Which work is yours, and where can we see it?"),
    ILLEGAL: marked("Why is it against the law? Name the law, if you can."),
}
CLAIMS: Mapping[str, Mapping[str, str]] = {
    INTIMATE: {
        "depicted": marked("I am shown in the picture, or I act for the person who is."),
        "no-consent": marked("It was published without that person’s consent."),
        "good-faith": marked("I write this in good faith, and what I write is true."),
    },
    COPYRIGHT: {
        "owner": marked("I own the right, or I may act for its owner; I declare so under penalty of perjury."),
        "good-faith": marked(
            "I believe in good faith that this use is not allowed by the owner, their agent or the law."
        ),
        "accurate": marked("What I write is accurate. My name above is my signature."),
    },
    ILLEGAL: {"good-faith": marked("I believe in good faith that what I write is accurate and complete.")},
}
_WRONG: Mapping[str, str] = {
    "urls": marked("Give the address of each post or picture, one a line, beginning with https://."),
    "words": marked("Say what it is about."),
    "name": marked("Give your name."),
    "email": marked("Give an e-mail address, so that you can be answered."),
    "claim": marked("The law asks for this declaration."),
}


async def index(request: Request) -> Response:
    """GET /report"""
    forms_ = [(kind, _(title), _(LEADS[kind])) for kind, title in TITLES.items()]
    return page(request, "legal/index.html", forms=forms_)


async def show(request: Request) -> Response:
    """GET /report/intimate-image, /report/copyright, /report/illegal-content; ?url= fills in what it is about."""
    return _form(request, {"urls": request.query_params.get("url", "")[: limits.URL_LENGTH]}, {})


async def send(request: Request) -> Response:
    """POST the same. Raises TooMany beyond NOTICES_PER_ADDRESS."""
    fields = await forms.read_form(request)
    context = context_of(request)
    kind = _kind(request)
    filing = Filing(
        kind=kind,
        urls=fields.get("urls", ""),
        words=fields.get("words", ""),
        name=fields.get("name", ""),
        email=fields.get("email", ""),
        claims=frozenset(name.removeprefix("claim-") for name in fields if name.startswith("claim-")),
        unnamed=kind == ILLEGAL and bool(fields.get("unnamed")),
    )
    wrong = notices.mistakes(filing)
    if wrong:
        return _form(request, fields, wrong, 422)
    context.part(limits.RateLimiter).check(f"notices:{address_block(request)}", limits.NOTICES_PER_ADDRESS)
    async with context.database.write() as session:
        _made, secret = await notices.take(session, filing)
    return RedirectResponse(f"/report/notices/{secret}", 303, {"Cache-Control": "no-store"})


async def receipt(request: Request) -> Response:
    """GET /report/notices/{secret}: number, state, decision with its reasons, and how far the deletion got."""
    context = context_of(request)
    async with context.database.read() as session:
        notice = await notices.by_secret(session, request.path_params["secret"])
        receipts = await notices.receipts(session, notice)
    answer = page(
        request, "legal/receipt.html", kept=False, notice=notice, title=_(TITLES[notice.kind]), receipts=receipts,
        left=left(notice.due_ms, context.clock.now_ms())[0], link=f"{context.config.public_url}{request.url.path}",
    )  # fmt: skip
    # The address is the key: no other page learns it.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _kind(request: Request) -> str:
    return request.url.path.rpartition("/")[2]


def _form(request: Request, fields: Mapping[str, Any], wrong: Mapping[str, str], status: int = 200) -> Response:
    kind = _kind(request)
    answer = page(
        request, "legal/form.html", status, kept=False, csrf=forms.token(request), kind=kind, title=_(TITLES[kind]),
        lead=_(LEADS[kind]), what=_(WHAT[kind]), claims={name: _(words) for name, words in CLAIMS[kind].items()},
        fields=fields, wrong={name: _(_WRONG[what]) for name, what in wrong.items()}, most=limits.NOTICE_CHARS,
    )  # fmt: skip
    return forms.remember_visitor(request, answer)
