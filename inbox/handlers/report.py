"""Reported: another server asks our moderators to look at one of ours."""

from __future__ import annotations

import re

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor
from actors.policy import DomainRules
from fediverse_ai.activitypub import document
from fediverse_ai.core import html, limits, urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.limits import RateLimiter
from inbox.incoming import Incoming, Outcome
from outbox import report
from outbox.models import Activity, Delivery, Post
from outbox.visibility import OPEN


async def flagged(session: AsyncSession, received: Incoming) -> Outcome:
    """Keep it for the moderators, if it is about one of ours; the signer is the reporter, whoever is named (AUT-20).

    Mastodon flags from its server's actor with ids of actor and posts; Misskey from a person, with addresses of posts
    in the text; others embed what they report.
    """
    body = received.activity.document
    host = urls.host_of(received.sender.uri)
    rules = await context_of(session).part(DomainRules).now(session)
    if rules.over_actor(received.sender.host, received.sender.uri).reject_reports:
        return Outcome.DROPPED
    comment = html.text_of(document.text(body, "content", cut=True) or "")[: limits.REPORT_CHARS]
    values = document.as_list(body.get("object"), limits.REPORT_OBJECTS)
    named = [uri for value in values if (uri := document.id_of(value))]
    named += _addresses(context_of(session).config.public_url, comment)
    people, posts, others = await _sorted_out(session, host, list(dict.fromkeys(named)))
    target = next(iter(people), None)
    if target is None and posts:
        target = await queries.by_id(session, posts[0].author_id)
    if target is None or target.kind == "Application" or not policy.living(target):
        return Outcome.IGNORED
    if context_of(session).part(RateLimiter).wait(f"flag:{host}", limits.FLAGS_PER_HOST) > 0:
        return Outcome.DROPPED
    mine = [post.uri for post in posts if post.author_id == target.id]
    complaint = report.Complaint(posts=mine, others=others, comment=comment)
    await report.file(session, received.activity.id, host, received.sender, target, complaint)
    return Outcome.DONE


def _addresses(public_url: str, comment: str) -> list[str]:
    """Addresses of ours in a text."""
    found = re.findall(re.escape(public_url) + r"/[A-Za-z0-9_@/.-]+", comment)
    return [url.rstrip("./-") for url in found][: limits.REPORT_OBJECTS]


async def _sorted_out(session: AsyncSession, host: str, named: list[str]) -> tuple[list[Actor], list[Post], list[str]]:
    """(people of ours, posts of ours that the reporter's server may know of, ids of things that we do not have).

    A private post that never went there is left out without a word: a Flag must not be a way to ask for it (FED-03).
    """
    people: list[Actor] = []
    posts: list[Post] = []
    others: list[str] = []
    for uri in named:
        actors = select(Actor).where(or_(Actor.uri == uri, Actor.url == uri), col(Actor.local).is_(True))
        actor = (await session.exec(actors)).first()
        query = select(Post).where(or_(Post.uri == uri, Post.url == uri), col(Post.local).is_(True))
        post = (await session.exec(query)).first() if actor is None else None
        if actor is not None:
            people.append(actor)
        elif post is None:
            others.append(uri)
        elif await _went_to(session, host, post):
            posts.append(post)
    return people, posts, others


async def _went_to(session: AsyncSession, host: str, post: Post) -> bool:
    if post.published_ms is None:
        return False
    if post.visibility in OPEN:
        return True
    query = (
        select(Delivery.id)
        .join(Activity, col(Activity.id) == col(Delivery.activity_id))
        .where(Activity.object_uri == post.uri, Delivery.host == host, Delivery.state != "withheld")
        .limit(1)
    )
    return (await session.exec(query)).first() is not None
