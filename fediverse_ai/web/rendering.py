"""Templates to answers: the environment, what every page knows, and the headers that every page carries."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from actors.announcements import Announcements
from actors.signups import SignUpDoor
from actors.stops import StopSwitch
from fediverse_ai import __version__
from fediverse_ai.core import html, texts
from fediverse_ai.core.access import Principal, principal_of
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.roles import Right
from fediverse_ai.core.urls import origin
from fediverse_ai.web import appearance, emoji, forms, notices, places, words
from fediverse_ai.web.static_files import static_url

TEMPLATES = Path(__file__).parent / "templates"
# Short enough that a deleted picture is soon gone from caches, long enough to carry a crowd.
VISITOR_SECONDS = 15


@dataclass(frozen=True, slots=True)
class ServerWords:
    """What templates may know of the configuration."""

    name: str
    lead: str
    url: str
    host: str
    contact: str
    source_url: str


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Jinja with escaping everywhere; the only way to unescaped HTML is the filter `clean` (D15)."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # New style: a translated text is escaped like any other, and its variables are filled in after the translation.
    made.install_gettext_callables(  # type: ignore[attr-defined]
        texts.gettext, texts.ngettext, newstyle=True, pgettext=texts.pgettext
    )
    made.globals["static"] = static_url
    made.globals["beside"] = places.beside
    made.globals["family_name"] = places.family_name
    made.filters["clean"] = clean
    # For texts that are tables in the code; `_` in a template is for what stands in the template.
    made.filters["spoken"] = texts.gettext
    made.filters["ago"] = words.ago
    made.filters["iso"] = words.iso
    made.filters["date"] = words.date
    made.filters["moment"] = words.moment
    made.filters["figure"] = words.figure
    return made


def clean(value: str, emojis: Mapping[str, str] | None = None) -> Markup:
    """HTML of others through the allowlist; `emojis` (name -> address on our host) are drawn in its text."""
    return Markup(emoji.draw(html.clean(value), emojis or {}))  # noqa: S704 - this is the one place


def me_of(request: Request) -> Principal | None:
    """The person signed in with a cookie; apps with a token see pages as visitors do."""
    principal = principal_of(request)
    return principal if principal is not None and principal.via == "session" else None


def context_of(request: Request) -> Context:
    """The running server's context."""
    context: Context = request.app.state.context
    return context


def page(request: Request, template: str, status: int = 200, *, kept: bool = True, **values: Any) -> Response:
    """A rendered page. `kept` False forbids every cache, as does a signed-in reader."""
    context = context_of(request)
    me = me_of(request)
    known: dict[str, Any] = {
        "server": server_words(context.config),
        "version": __version__,
        "me": me,
        "here": request.url.path,
        "csrf": forms.token(request) if me is not None else "",
        "moderates": me is not None and me.may(Right.MODERATE),
        "busy": False,
        "appearance": appearance.read(request),
        "said": (said_before := notices.waiting(request, context.config)),
        "language": texts.current(),
        "direction": texts.direction(),
        "places": places.main(me, request.url.path),
        "families": places.families(me),
        "stopped": places.stopped(context.part(StopSwitch).known),
        "announced": context.part(Announcements).above(me.account_id) if me is not None else [],
        "door": context.part(SignUpDoor).known,
        "footer": places.foot(),
        "ago_now": context.clock.now_ms(),
    }
    text = environment().get_template(template).render(known | values)
    open_to_all = kept and me is None and status == 200 and said_before is None
    answer = _packed(request, text, status, headers(context.config, kept=open_to_all))
    if said_before is not None:
        notices.drop(answer, context.config)
    return answer


def alone(config: Config, template: str, **values: Any) -> str:
    """The text of a page that must do without the database, such as the one that says that the server is closed."""
    known = {"server": server_words(config), "language": texts.current(), "direction": texts.direction()}
    return environment().get_template(template).render(known | values)


def _packed(request: Request, text: str, status: int, head: dict[str, str]) -> Response:
    """A page as bytes, compressed for whoever can unpack it. What must stay secret in it, the form token, is masked."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(text, status, head)
    return HTMLResponse(gzip.compress(text.encode(), 5, mtime=0), status, head | {"Content-Encoding": "gzip"})


def said(request: Request, response: Response, sentence: str, *, bad: bool = False) -> Response:
    """Have the next page say a sentence, in the reader's language: `return said(request, redirect, _("Saved."))`."""
    notices.put(request, response, notices.Notice(sentence, bad), context_of(request).config)
    return response


def headers(config: Config, *, kept: bool) -> dict[str, str]:
    """The headers of every page (XSS-07, XSS-09, XSS-12, D14)."""
    return {
        "Content-Security-Policy": policy(config),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not no-referrer: with that a browser sends "Origin: null" from our own forms (Fetch standard, 3.2).
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": f"public, max-age={VISITOR_SECONDS}" if kept else "private, no-store",
        "Vary": "Accept, Accept-Encoding, Accept-Language, Cookie",
        # Asked of whoever gathers material for training, in each of the words that some of them read.
        "X-Robots-Tag": "noai, noimageai",
        "Content-Usage": "train-ai=n",
        "TDM-Reservation": "1",
    }


def on_the_way_to_an_app(answer: Response) -> Response:
    """Headers of the pages between an app and its token, and of no others.

    Chromium applies `form-action` to the redirect after the consent too, custom schemes among them; and a browser
    client that opened this page in a window of its own takes it for closed when the opener policy cuts the tie.
    """
    del answer.headers["Cross-Origin-Opener-Policy"]
    answer.headers["Content-Security-Policy"] = answer.headers["Content-Security-Policy"].replace(
        "form-action 'self'; ", ""
    )
    return answer


def policy(config: Config) -> str:
    """The content security policy: nothing but our own files, and pictures from where media lie."""
    media = origin(config.media_url)
    pictures = "'self'" if media == config.public_url else f"'self' {media}"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )


def server_words(config: Config) -> ServerWords:
    section = config.server
    return ServerWords(
        name=section.name,
        lead=section.description,
        url=config.public_url,
        host=config.account_host,
        contact=section.contact,
        source_url=section.source_url,
    )
