"""The questions that pages ask of passkeys; of those at the door nothing is stored until one is answered."""

from __future__ import annotations

import base64

from starlette.requests import Request

from actors import passkeys
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.limits import PASSKEY_SECONDS
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of

_RANDOM_BYTES = 16


def question(request: Request, purpose: str) -> bytes:
    """A new challenge: the time, random bytes, and a mark that ties both to this reader's session and to `purpose`."""
    clock = context_of(request).clock
    chance = base64.urlsafe_b64encode(clock.token(_RANDOM_BYTES)).rstrip(b"=").decode("ascii")
    text = f"{clock.now_ms()}.{chance}"
    return f"{text}.{forms.seal(request, _sealed(purpose, text))}".encode("ascii")


def asked(request: Request, purpose: str, answer: str) -> tuple[bytes, int]:
    """The challenge that an answer belongs to, and when it was made (Unix milliseconds).

    Raises Unprocessable when it was not asked here, of this reader, for this purpose, or too long ago.
    """
    challenge = passkeys.challenge_in(answer)
    text, _dot, mark = challenge.decode("ascii", "replace").rpartition(".")
    if not forms.sealed(request, _sealed(purpose, text), mark):
        raise Unprocessable(_(passkeys.LATE), "passkey: a challenge that was not ours")
    made_ms = int(text.partition(".")[0])
    if context_of(request).clock.now_ms() - made_ms > PASSKEY_SECONDS * 1000:
        raise Unprocessable(_(passkeys.LATE), "passkey: late")
    return challenge, made_ms


def _sealed(purpose: str, text: str) -> str:
    return f"passkey {purpose} {text}"
