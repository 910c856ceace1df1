"""A picture on its wall, with its label, its recipe and the conversation; and its removal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries as actors
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Gone, Missing
from fediverse_ai.core.texts import _, marked
from fediverse_ai.remote_media import RemoteMedia
from fediverse_ai.web import covers, emoji, forms, heads, lineage, words
from fediverse_ai.web.cards import NOT_THERE, post_id_of, prompt_of, title_of, written_of
from fediverse_ai.web.composer import choices, training
from fediverse_ai.web.feeds import deeds as feeds_deeds
from fediverse_ai.web.feeds import talk as feeds_talk
from fediverse_ai.web.pictures import Frame, frame, label_of, remote_frames
from fediverse_ai.web.profile import maker, person_words
from fediverse_ai.web.quotes import quoted
from fediverse_ai.web.rendering import context_of, me_of, page
from outbox import appeals, dial, publish
from outbox import lineage as outbox_lineage
from outbox import queries as posts
from outbox import text as outbox_text
from outbox.disclosure import disclosed
from outbox.models import Attachment, Post, PostState, Visibility
from outbox.queries import PostView
from outbox.visibility import OPEN

DESCRIPTION_CHARS = 280
PARAMETERS_SHOWN = 12

# Translated where they are shown.
NOTICES = {
    PostState.WAITING: (marked("Being made."), marked("Only you can see this page.")),
    PostState.DRAFT: (marked("A draft."), marked("Only you can see this page.")),
    PostState.PICK: (marked("Choose your pictures."), marked("Only you can see this page.")),
    PostState.SCHEDULED: (
        marked("Waits for its time."),
        marked("It has passed the check. Until then only you can see it."),
    ),
    PostState.HELD: (marked("A moderator will look at this first."), marked("The check on this server was not sure.")),
    PostState.REFUSED: (marked("This was not posted."), marked("The check on this server refused it.")),
    PostState.FAILED: (marked("This could not be made."), marked("Nothing was posted.")),
}
AUDIENCE = {
    Visibility.QUIET: marked("Quiet: for followers and for whoever comes here."),
    Visibility.FOLLOWERS: marked("For followers only."),
    Visibility.DIRECT: marked("For the people mentioned only."),
}


async def post(request: Request) -> Response:
    """GET /@{name}/{post_id}"""
    context = context_of(request)
    me = me_of(request)
    post_id = post_id_of(request)
    async with context.database.read() as session:
        author = await maker(session, request.path_params["name"])
        reader = await actors.by_id(session, me.actor_id) if me else None
        view = await posts.view(session, reader, post_id)
        if view is None or view.post.author_id != author.id:
            await _tell_gone(await session.get(Post, post_id), author)
            raise Missing(_(NOT_THERE))
        replies = await posts.thread(session, reader, post_id)
        quotes = {one.post.id: await quoted(session, context, reader, one.post) for one in (view, *replies)}
        family = await lineage.strip(session, context, reader, view.post)
        remixable = reader is not None and await outbox_lineage.may_remix(session, reader, view.post)
        deeds = await feeds_deeds.of_one(session, request, reader, view)
        conversation = await feeds_talk.around(session, request, reader, view.post) if reader is not None else None
        mine = reader is not None and reader.id == author.id
        consent = await training.outlook(session, view.post) if mine else None
        out = view.post.state == PostState.PUBLISHED
        stopped = await appeals.stopped_edit(session, post_id) if mine and out else None
        shelf = await covers.standing_of(session, author, view.post) if mine and out else []
        chosen = await dial.dial_of(session, reader.id if reader is not None else None)
    if request.path_params["name"] != author.username:
        return RedirectResponse(f"/@{author.username}/{post_id}", 301)
    if reader is not None and view.post.state == PostState.PUBLISHED:
        await feeds_talk.looked_at(request, post_id)
    shown = [frame(context.storage, view.post, item) for item in view.attachments]
    dimmed = dial.covers(chosen, me.actor_id if me else None, author.id, view.attachments)
    shown = [replace(one, covered=True) for one in shown] if dimmed else shown
    return page(
        request,
        "post.html",
        kept=view.post.visibility in OPEN and view.post.state == PostState.PUBLISHED,
        post=_post_words(context.config, view, shown),
        maker=person_words(author),
        dimmed=dimmed,
        deeds=deeds,
        talk=conversation,
        mine=mine,
        family=family,
        remixable=remixable,
        disclosures=choices.spoken(choices.DISCLOSURES),
        remixes=choices.spoken(choices.REMIXES),
        training=consent,
        shelf=shelf,
        stopped_edit=stopped,
        most_name=limits.NAME_CHARS,
        frames=shown,
        recipes=_recipes(view, mine=mine),
        quote=quotes[view.post.id],
        replies=[_reply_words(reply, context if me else None) | {"quote": quotes[reply.post.id]} for reply in replies],
    )


async def _tell_gone(found: Post | None, author: Actor) -> None:
    """A post that everybody could see and that was deleted is 410; one that was never out is like any unknown one."""
    if (
        found is not None
        and found.author_id == author.id
        and found.state == PostState.DELETED
        and found.activity_uri is not None
        and found.visibility in OPEN
    ):
        raise Gone(_("This post was deleted by its author."))


async def delete(request: Request) -> Response:
    """POST /@{name}/{post_id}/delete: the author takes a post back, in whatever state it is."""
    context = context_of(request)
    await forms.read_form(request)
    me = me_of(request)
    post_id = post_id_of(request)
    async with context.database.write() as session:
        found = await session.get(Post, post_id)
        author = await maker(session, request.path_params["name"])
        if found is None or me is None or found.author_id != me.actor_id or author.id != me.actor_id:
            raise Missing(_(NOT_THERE))
        if found.state != PostState.DELETED:
            await publish.remove(session, found)
    return RedirectResponse(f"/@{author.username}", 303)


def _post_words(config: Config, view: PostView, frames: list[Frame]) -> dict[str, Any]:
    post = view.post
    state = PostState(post.state)
    written = written_of(post)
    _line, rest = words.first_line(written)
    title = title_of(post, view.attachments)
    covered = post.sensitive or bool(post.summary)
    mentioned = {
        mention["as_written"]: outbox_text.Mentioned(mention["uri"], mention["handle"], mention["url"])
        for mention in post.mentions
        if "as_written" in mention
    }
    return {
        "id": post.id,
        "uri": post.uri,
        "url": post.url or post.uri,
        "disclosure": post.disclosure,
        "remix_policy": post.remix_policy,
        # A warning covers the words as well as the picture, the title and link previews included.
        "title": post.summary or title,
        "under_cover": title,
        "rest": outbox_text.to_html(rest, config.public_url, mentioned) if rest else "",
        "warning": post.summary,
        "covered": covered,
        "published": state == PostState.PUBLISHED,
        "published_ms": post.published_ms,
        "description": _description(view, title, covered),
        "label": frames[0].label if frames else "",
        **_medium(view.attachments[:1], post.disclosure),
        "told": next((_(said) for value, said, _hint in choices.DISCLOSURES if value == post.disclosure), ""),
        "language": post.language,
        "ld": _ld(config, view, frames, title),
        "open": post.visibility in OPEN,
        "audience": _(said) if (said := AUDIENCE.get(Visibility(post.visibility))) else "",
        "notice": _notice(post, state),
        "notes": [note for item in view.attachments for note in (item.recipe or {}).get("notes", [])],
    }


def _description(view: PostView, title: str, covered: bool) -> str:
    """For link previews: the maker's words, or only the warning when there is one (it hides the words too)."""
    if covered:
        return view.post.summary or _("Marked as sensitive by its maker.")
    label = next((label_of(item) for item in view.attachments if label_of(item)), "")
    said = words.shorten(written_of(view.post) or title, DESCRIPTION_CHARS)
    return f"{said} ({label})" if label else said


def _recipes(view: PostView, *, mine: bool) -> list[dict[str, Any]]:
    """The recipes that this reader may know; their author's own always, whatever leaves."""
    shown = [(item.recipe, disclosed(item.recipe, view.post.disclosure)) for item in view.attachments if item.recipe]
    return [recipe_words((kept if mine else told) or {}) for kept, told in shown if mine or told]


def _medium(attachments: Sequence[Attachment], level: str) -> dict[str, str]:
    """As on a museum's label: "Scene · seed 42", and what drew it in one sentence."""
    recipe: Mapping[str, Any] = disclosed(attachments[0].recipe, level) if attachments else {}
    parts = [str(recipe.get("title") or recipe.get("generator") or "")]
    if recipe.get("seed") is not None:
        parts.append(_("seed %(number)s") % {"number": recipe["seed"]})
    return {"medium": " · ".join(part for part in parts if part), "drawn_by": str(recipe.get("disclosure") or "")}


def _ld(config: Config, view: PostView, frames: list[Frame], title: str) -> Any:
    author = view.author
    who = heads.Maker(author.name or author.username, author.handle, author.page_url)
    return heads.pictures(
        frames,
        who,
        title=title,
        page_url=view.post.url or view.post.uri,
        published=words.iso(view.post.published_ms) if view.post.published_ms else "",
        about_url=f"{config.public_url}/about",
    )


def _notice(post: Post, state: PostState) -> dict[str, Any] | None:
    if state not in NOTICES:
        return None
    title = _(NOTICES[state][0])
    bad = state in (PostState.REFUSED, PostState.FAILED)
    return {"title": title, "words": _reason(post, state), "bad": bad}


def _reason(post: Post, state: PostState) -> str:
    """Why a post is not out: the sentence of the gate or of the generator, else what such a state means."""
    said = post.reason or _(NOTICES[state][1])
    if state != PostState.HELD:
        return said
    return _("%(reason)s Until then only you can see it.") % {"reason": said}


def recipe_words(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A stored recipe as the rows of its panel: name, value, and whether one may want to copy it."""
    made_by = f"{recipe.get('title') or recipe.get('generator', '')} {recipe.get('version', '')}".strip()
    rows: list[tuple[str, str, bool]] = []
    if recipe.get("negative_prompt"):
        rows.append((_("Left out"), str(recipe["negative_prompt"]), True))
    if recipe.get("seed") is not None:
        rows.append((_("Seed"), str(recipe["seed"]), True))
    if recipe.get("width") and recipe.get("height"):
        rows.append((_("Size"), f"{recipe['width']} × {recipe['height']}", False))
    rows.append((_("Made by"), made_by, False))
    parameters = recipe.get("parameters")
    if isinstance(parameters, Mapping):
        simple = [(name, value) for name, value in parameters.items() if isinstance(value, str | int | float)]
        named = [(str(name).replace("_", " ").capitalize(), str(value)) for name, value in simple]
        rows += [(name, value, False) for name, value in named[:PARAMETERS_SHOWN]]
    if isinstance(seconds := recipe.get("seconds"), int | float) and seconds > 0:
        rows.append((_("Took"), f"{seconds:.1f} s", False))
    if isinstance(energy := recipe.get("watt_hours"), int | float) and energy > 0:
        rows.append((_("Energy"), f"{energy:.2f} Wh", False))
    return {"prompt": str(recipe.get("prompt", "")), "rows": rows}


def _reply_words(view: PostView, context: Context | None) -> dict[str, Any]:
    """A reply; with its pictures and face for signed-in readers only, who get a context here."""
    post, author = view.post, view.author
    media = context.part(RemoteMedia) if context is not None and not author.local else None
    frames = remote_frames(context.storage, media, view) if context is not None and media is not None else []
    face = media is not None and author.icon_url and not author.reject_media
    url = (post.url or post.uri) if not post.local else f"/@{author.username}/{post.id}"
    return {
        "id": post.id,
        "author": author.name or author.username,
        "author_emojis": emoji.pictures(author.emojis, media),
        "author_url": f"/@{author.username}" if author.local else words.safe_link(author.page_url),
        "handle": author.handle,
        "remote": not author.local,
        "host": author.host,
        "url": words.safe_link(url),
        "ms": post.published_ms or post.created_ms,
        "warning": post.summary,
        "content": post.content,
        "emojis": emoji.pictures(post.emojis, media),
        "language": post.language,
        "pictures": len(view.attachments),
        "frames": frames,
        "face": media.url("avatar", author.id, small=True) if media is not None and face else None,
    }


def _scheduled(post: Post) -> str:
    when = words.moment(post.not_before_ms or post.created_ms)
    return _("It has passed the check, and is posted on %(when)s.") % {"when": when}


def job_words(view: PostView) -> dict[str, Any]:
    """A post on its way, for the page and the script that watch it."""
    post = view.post
    state = PostState(post.state)
    progress = post.progress or {}
    said = str(progress.get("words") or _("waiting for its turn"))
    fraction = progress.get("fraction")
    heading, sentence = {
        PostState.WAITING: (_("Being made"), f"{said[:1].upper()}{said[1:]}."),
        PostState.DRAFT: (_("A draft"), _("Nothing was made and nobody sees it.")),
        PostState.PICK: (_("Choose"), _("What you pick is checked once more and posted; the others are forgotten.")),
        PostState.SCHEDULED: (_("Waits for its time"), _scheduled(post)),
        PostState.HELD: (_("A moderator will look at it first"), None),
        PostState.REFUSED: (_("Not posted"), None),
        PostState.FAILED: (_("It could not be made"), None),
        PostState.PUBLISHED: (_("Posted"), _("It is on your page and on its way to your followers.")),
        PostState.DELETED: (_("Deleted"), _("You deleted this post.")),
    }[state]
    return {
        "id": post.id,
        "state": state.value,
        "heading": heading,
        "words": sentence if sentence is not None else _reason(post, state),
        "fraction": fraction if isinstance(fraction, int | float) else None,
        "prompt": prompt_of(post, view.attachments) or written_of(post),
        "rule": post.rule if state in (PostState.HELD, PostState.REFUSED) else None,
        "notes": [note for item in view.attachments for note in (item.recipe or {}).get("notes", [])],
        "url": f"/@{view.author.username}/{post.id}" if state == PostState.PUBLISHED else None,
        "warning": post.summary,
        "deletable": state not in (PostState.WAITING, PostState.PUBLISHED, PostState.DELETED),
    }
