"""GET and POST /settings/privacy: what a new post begins with, who may do what, and who finds this person."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors.models import Account, Actor
from fediverse_ai.core.texts import _
from fediverse_ai.mastodon.status_entities import FROM_API, VISIBILITIES
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Option, Wrong
from outbox import profile
from outbox.belongings import Disclosure, RemixPolicy
from outbox.consent import Training
from outbox.models import Visibility

_PATH = "/settings/privacy"
# Ticks: field -> column of the actor. What the actor's document says changes with them.
_FLAGS = ("manually_approves", "hides_relations", "discoverable", "indexable", "authorized_fetch")


def _choices() -> dict[str, list[Option]]:
    return {
        "visibility": [
            Option(Visibility.PUBLIC, _("Public"), _("Everybody, and the public timelines of other servers.")),
            Option(Visibility.QUIET, _("Quiet"), _("Everybody may see it; it is kept out of public timelines.")),
            Option(Visibility.FOLLOWERS, _("Followers"), _("Only people who follow you.")),
            Option(Visibility.DIRECT, _("Named people"), _("Only people whom you name.")),
        ],
        "disclosure": [
            Option(Disclosure.FULL, _("The whole recipe"), _("Prompt, model, seed and settings.")),
            Option(Disclosure.PROMPT, _("Prompt and model"), _("Without seed and settings.")),
            Option(Disclosure.MODEL, _("The model"), _("Without the prompt.")),
            Option(Disclosure.LABEL, _("Only the label"), _("That it was made by AI, and nothing else.")),
        ],
        "remix_policy": [
            Option(RemixPolicy.ANYONE, _("Anyone")),
            Option(RemixPolicy.FOLLOWERS, _("Followers")),
            Option(RemixPolicy.NOBODY, _("Nobody")),
        ],
        "training": [
            Option(Training.NO, _("No"), _("The choice where nothing is said.")),
            Option(Training.SERVER, _("Models of this server"), _("And no others.")),
            Option(Training.ANYONE, _("Anyone's models")),
        ],
        "quote_policy": [
            Option("anyone", _("Anyone")),
            Option("followers", _("Followers")),
            Option("nobody", _("Nobody")),
        ],
        "direct_from": [
            Option("anyone", _("Anyone")),
            Option("followed", _("People whom you follow")),
            Option("nobody", _("Nobody"), _("Direct posts of others are dropped as they arrive.")),
        ],
    }


def _chosen(account: Account, actor: Actor) -> dict[str, str]:
    kept = account.posting.get("visibility", "")
    return {
        "visibility": FROM_API.get(kept, Visibility.QUIET),
        "disclosure": account.disclosure,
        "remix_policy": account.remix_policy,
        "training": account.training,
        "quote_policy": actor.quote_policy,
        "direct_from": account.direct_from,
    }


async def show(request: Request) -> Response:
    """The page."""
    async with context_of(request).database.read() as session:
        account, actor = await frame.mine(session, request)
    return _page(request, _chosen(account, actor), _ticks(account, actor))


def _ticks(account: Account, actor: Actor) -> dict[str, bool]:
    return {name: bool(getattr(actor, name)) for name in _FLAGS} | {"carry_follows": account.carry_follows}


def _page(
    request: Request, chosen: dict[str, str], ticks: dict[str, bool], wrong: Wrong | None = None, status: int = 200
) -> Response:
    return frame.show(request, "privacy.html", status, wrong=wrong, chosen=chosen, choices=_choices(), ticks=ticks)


async def save(request: Request) -> Response:
    """Every choice at once; who waits to be let in is let in when nobody has to wait any more."""
    fields = await forms.read_form(request)
    choices = _choices()
    chosen = {name: fields.get(name, "") for name in choices}
    ticks = {name: bool(fields.get(name)) for name in (*_FLAGS, "carry_follows")}
    unknown = {
        name: _("Choose one of these.")
        for name, options in choices.items()
        if chosen[name] not in {option.value for option in options}
    }
    if unknown:
        return _page(request, chosen, ticks, Wrong(unknown), 422)
    async with context_of(request).database.write() as session:
        account, actor = await frame.mine(session, request)
        account.posting = account.posting | {"visibility": VISIBILITIES[Visibility(chosen["visibility"])]}
        for name in ("disclosure", "remix_policy", "training", "direct_from"):
            setattr(account, name, chosen[name])
        account.carry_follows = ticks["carry_follows"]
        session.add(account)
        opened = actor.manually_approves and not ticks["manually_approves"]
        changes = {name: ticks[name] for name in _FLAGS} | {"quote_policy": chosen["quote_policy"]}
        await profile.edit(session, actor, changes)
        if opened:
            await profile.let_everybody_in(session, actor)
    return frame.back(request, _PATH)
