"""What is said after a redirect: a sentence in a cookie that only this reader's forms can have written, shown once."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai import auth
from fediverse_ai.core.config import Config
from fediverse_ai.core.limits import SAID_CHARS, SAID_SECONDS
from fediverse_ai.web import forms


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, already in the reader's language; `bad` when something went wrong."""

    sentence: str
    bad: bool = False


def cookie_name(config: Config) -> str:
    return f"said-{config.server.port}" if config.server.development else "__Host-said"


def put(request: Request, response: Response, notice: Notice, config: Config) -> None:
    """Say it on the next page; a sentence over SAID_CHARS is cut."""
    text = ("!" if notice.bad else ".") + notice.sentence[:SAID_CHARS]
    packed = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode("ascii")
    auth.set_cookie(
        response, config, cookie_name(config), f"{packed}.{forms.seal(request, 'said ' + text)}", SAID_SECONDS
    )


def waiting(request: Request, config: Config) -> Notice | None:
    """What waits to be said to this reader; None for nothing, or for what others put there."""
    value = auth.cookie(request.scope, cookie_name(config))
    if not value:
        return None
    packed, _dot, mark = value.partition(".")
    try:
        text = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    if not forms.sealed(request, "said " + text, mark):
        return None
    return Notice(text[1:], text[:1] == "!")


def drop(response: Response, config: Config) -> None:
    auth.drop_cookie(response, config, cookie_name(config))
