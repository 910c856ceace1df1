"""/settings/security/passkeys: a new one, and one fewer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import passkeys, second_factor, tries
from fediverse_ai.core import limits
from fediverse_ai.core.errors import FediverseError, Missing
from fediverse_ai.core.texts import _
from fediverse_ai.web import challenges, forms, words
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame, security
from fediverse_ai.web.settings.frame import Wrong

_BACK = f"{security.PATH}#passkeys"
_PURPOSE = "new"


async def begin(request: Request) -> Response:
    """POST /settings/security/passkeys/begin: after the password, and a code where codes are asked for, the page with
    the question for the device. The question itself is the proof that both were right."""
    fields = await forms.read_form(request)
    context, me = context_of(request), frame.me(request)
    if not passkeys.possible(context.config):
        raise Missing("Passkeys need a name and a safe way to it.")
    if refusal := await security.may_change(request, fields.get("password", "")):
        return await security.page(request, Wrong({"passkey_password": refusal}), 422)
    if not await _right_code(request, me.account_id, fields.get("code", "")):
        wrong = _("This code is not right, or was used before.")
        return await security.page(request, Wrong({"passkey_code": wrong}), 422)
    challenge = challenges.question(request, _PURPOSE)
    async with context.database.write() as session:
        account, actor = await frame.mine(session, request)
        had = await passkeys.of_account(session, account.id)
        await passkeys.ask(session, account.id, challenge)
    return await security.page(
        request,
        passkey=passkeys.options_to_add(context.config, actor, account.id, challenge, had),
        browser=words.browser(request.headers.get("user-agent", "")),
    )


async def _right_code(request: Request, account_id: int, code: str) -> bool:
    context = context_of(request)
    async with context.database.read() as session:
        asked = await second_factor.is_on(session, account_id)
    if not asked:
        return True
    await tries.count(context, "code", str(account_id), limits.CODES_PER_ACCOUNT, doubling=True)
    async with context.database.write() as session:
        right = await second_factor.check(session, account_id, code)
    if right:
        await tries.forgive(context, "code", str(account_id))
    return right


async def add(request: Request) -> Response:
    """POST /settings/security/passkeys: the answer of the device."""
    fields = await forms.read_form(request)
    context, me = context_of(request), frame.me(request)
    answer = fields.get("answer", "")
    name = fields.get("name", "").strip() or words.browser(request.headers.get("user-agent", ""))
    try:
        challenge, _asked_ms = challenges.asked(request, _PURPOSE, answer)
        async with context.database.write() as session:
            await passkeys.add(session, me.account_id, answer, challenge, name)
    except FediverseError as error:
        return frame.back(request, _BACK, error.public, bad=True)
    return frame.back(request, _BACK, _("The passkey opens your account from now on."))


async def remove(request: Request) -> Response:
    """POST /settings/security/passkeys/{id}/remove, after the password; 404 before it for what is not theirs."""
    fields = await forms.read_form(request)
    context, account_id, passkey_id = context_of(request), frame.me(request).account_id, frame.number(request, "id")
    async with context.database.read() as session:
        await passkeys.require(session, account_id, passkey_id)
    if refusal := await security.may_change(request, fields.get("password", "")):
        return frame.back(request, _BACK, refusal, bad=True)
    async with context.database.write() as session:
        await passkeys.remove(session, account_id, passkey_id)
    return frame.back(request, _BACK, _("That passkey opens nothing any more. Delete it on the device too."))
