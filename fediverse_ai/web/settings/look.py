"""GET and POST /settings/appearance: colours, size of text, motion, keys, counts, language; kept with the account."""

from __future__ import annotations

from dataclasses import asdict

from babel import Locale, UnknownLocaleError
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import texts
from fediverse_ai.core.texts import _
from fediverse_ai.web import appearance, forms
from fediverse_ai.web.appearance import Appearance
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Option

_PATH = "/settings/appearance"


def _choices() -> dict[str, list[Option]]:
    return {
        "theme": [
            Option("", _("As the system has it")),
            Option("light", _("Light")),
            Option("dark", _("Dark")),
        ],
        "text": [
            Option("small", _("Small")),
            Option("", _("Usual")),
            Option("large", _("Large")),
            Option("larger", _("Larger")),
        ],
    }


def _languages() -> list[Option]:
    found = [Option("", _("As the browser asks"))]
    for tag in texts.languages():
        try:
            name = Locale.parse(tag, sep="-").get_display_name() or tag
        except (UnknownLocaleError, ValueError):
            name = tag
        found.append(Option(tag, name[:1].upper() + name[1:]))
    return found


async def show(request: Request) -> Response:
    """The page, with what this browser has now."""
    frame.me(request)
    chosen = asdict(appearance.read(request))
    async with context_of(request).database.read() as session:
        account, _actor = await frame.mine(session, request)
    return frame.show(
        request,
        "appearance.html",
        chosen=chosen | {"language": account.appearance.get("language", "")},
        choices=_choices(),
        languages=_languages(),
    )


async def save(request: Request) -> Response:
    """Into the account, and into this browser's cookies; others follow when their person signs in there."""
    fields = await forms.read_form(request)
    context = context_of(request)
    chosen = Appearance(
        theme=_offered(fields.get("theme", ""), appearance.THEMES),
        text=_offered(fields.get("text", ""), appearance.TEXTS),
        motion="less" if fields.get("motion") else "",
        keys="off" if fields.get("keys") else "",
        counts="off" if fields.get("counts") else "",
    )
    language = _offered(fields.get("language", ""), ("", *texts.languages()))
    kept = {name: word for name, word in (asdict(chosen) | {"language": language}).items() if word}
    async with context.database.write() as session:
        account, _actor = await frame.mine(session, request)
        account.appearance = kept
        session.add(account)
    if language:
        texts.use(language)
    answer = frame.back(request, _PATH)
    appearance.restore(answer, context.config, kept)
    return answer


def _offered(word: str, words: tuple[str, ...]) -> str:
    return word if word in words else ""
