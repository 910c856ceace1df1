"""Did this server make it? A form for a picture, and what each way of looking says; and our root certificate."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing, RequestError
from fediverse_ai.core.texts import _, marked
from fediverse_ai.mastodon import parameters
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of, page
from fediverse_ai.web.sign_in import address_block
from generation.manifests import Sealer
from outbox import verify

TITLES = {
    "manifest": marked("Its manifest"),
    "digest": marked("Its digest"),
    "likeness": marked("Its looks"),
    "mark": marked("The invisible mark"),
    "words": marked("Its own words"),
}


async def show(request: Request) -> Response:
    """GET /verify"""
    return _page(request, None, "")


async def look(request: Request) -> Response:
    """POST /verify: one picture (multipart). Nothing of it is kept. Raises TooMany beyond VERIFY_PER_ADDRESS."""
    context = context_of(request)
    forms.check_origin(request)
    context.part(limits.RateLimiter).check(f"verify:{address_block(request)}", limits.VERIFY_PER_ADDRESS)
    most = context.config.media.max_upload_bytes
    sent = await parameters.read(request, body_bytes=most + limits.FORM_BODY_BYTES)
    forms.check_token(request, {"csrf": sent.text("csrf") or ""})
    file = sent.file("picture")
    if file is None:
        return _page(request, None, _("Choose a picture first."), 422)
    try:
        return _page(request, await verify.verify(context, file.data), "")
    except RequestError as error:
        return _page(request, None, _(error.public), error.status)


def _page(request: Request, answer: verify.Answer | None, wrong: str, status: int = 200) -> Response:
    made = page(
        request,
        "verify.html",
        status,
        kept=False,
        csrf=forms.token(request),
        answer=answer,
        wrong=wrong,
        titles={way: _(title) for way, title in TITLES.items()},
        has_root=context_of(request).part(Sealer).root is not None,
    )
    return forms.remember_visitor(request, made)


async def root(request: Request) -> Response:
    """GET /provenance/root.pem: the certificate under which this server's manifests can be trusted."""
    found = context_of(request).part(Sealer).root
    if found is None:
        raise Missing("This server signs with a certificate of somebody else's root.")
    return Response(found, headers={"Cache-Control": "public, max-age=86400"}, media_type="application/x-pem-file")
