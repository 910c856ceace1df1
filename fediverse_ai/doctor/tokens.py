"""The password of a look from outside: sealed under the server's own secret, so only this server makes and reads it."""

from __future__ import annotations

import base64
import binascii
import json

from actors.keys import KeyRing
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.limits import DOCTOR_SECONDS

HEADER = "Doctor-Token"
_PURPOSE = b"doctor"


def make(context: Context) -> tuple[str, str]:
    """(token, nonce): who can say the nonce has opened the token, and so holds our secret."""
    nonce = context.clock.token(16).hex()
    body = json.dumps({"nonce": nonce, "made_ms": context.clock.now_ms()}).encode()
    sealed = context.part(KeyRing).box.seal(body, _PURPOSE)
    return base64.urlsafe_b64encode(sealed).decode(), nonce


def read(context: Context, token: str) -> str | None:
    """The nonce of a token that is ours and fresh."""
    try:
        sealed = base64.urlsafe_b64decode(token.encode("ascii"))
        body = json.loads(context.part(KeyRing).box.open(sealed, _PURPOSE))
    except (Misconfigured, ValueError, binascii.Error):
        return None
    age_ms = context.clock.now_ms() - int(body["made_ms"])
    return str(body["nonce"]) if abs(age_ms) <= DOCTOR_SECONDS * 1000 else None
