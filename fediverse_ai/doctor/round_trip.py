"""What other servers and visitors ask for first, asked through our own public address and compared with what is so."""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit

from sqlmodel import col, select

from actors import keys, queries
from actors.keys import Scheme
from actors.models import Account, Actor
from actors.stops import Scope, StopSwitch
from fediverse_ai.activitypub import webfinger as names
from fediverse_ai.activitypub.vocabulary import ACTIVITY_JSON
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Elsewhere
from fediverse_ai.core.http import Budget
from fediverse_ai.core.texts import _
from fediverse_ai.doctor.findings import Finding, advice, problem, well
from fediverse_ai.doctor.way import Way
from outbox.models import Attachment, Post, PostState, Visibility

_HTML = "text/html"


async def somebody(context: Context) -> Actor | None:
    """The first person who lives here, else the server's own actor."""
    async with context.database.read() as session:
        query = select(Actor).join(Account, col(Account.actor_id) == col(Actor.id))
        query = query.where(col(Actor.deleted_ms).is_(None), col(Actor.suspended_ms).is_(None))
        found = (await session.exec(query.order_by(col(Actor.id)).limit(1))).first()
        return found or await queries.by_uri(session, f"{context.config.public_url}/actor")


async def webfinger(way: Way, actor: Actor) -> Finding:
    """Is this person found by their handle at our own host?"""
    handle = f"{actor.username}@{way.context.config.host}"
    reply = await way.ask("GET", f"/.well-known/webfinger?resource={quote('acct:' + handle, safe='')}")
    try:
        links = json.loads(reply.body)["links"] if reply.status == 200 else []
        found = [link["href"] for link in links if link["rel"] == "self"]
    except (ValueError, KeyError, TypeError):
        found = []
    if found == [actor.uri]:
        return well("webfinger", _("%(handle)s is found") % {"handle": handle})
    words = _("%(handle)s is not found: status %(status)d") % {"handle": handle, "status": reply.status}
    cure = _("Let the proxy pass /.well-known/webfinger with its query to this server.")
    return problem("webfinger", words, cure)


async def account_domain(way: Way, actor: Actor) -> Finding | None:
    """Does the domain of the handles lead here, where it is another one?"""
    config = way.context.config
    if config.account_host == config.host:
        return None
    handle = f"{actor.username}@{config.account_host}"
    try:
        budget = Budget(seconds=limits.DOCTOR_LOOK_SECONDS, clock=way.context.clock)
        scheme = config.public_url.partition(":")[0]
        found = await names.finger(way.context.http, actor.username, config.account_host, budget, scheme=scheme)
    except Elsewhere as error:
        words = _("%(handle)s is not found: %(why)s") % {"handle": handle, "why": error.detail}
    else:
        if found.actor_uri == actor.uri:
            return well("account_domain", _("%(handle)s is found") % {"handle": handle})
        words = _("%(handle)s leads to %(other)s") % {"handle": handle, "other": found.actor_uri}
    cure = _("Let https://%(domain)s/.well-known/webfinger redirect to %(url)s/.well-known/webfinger, query included.")
    return problem("account_domain", words, cure % {"domain": config.account_host, "url": config.public_url})


async def actor_and_cache(way: Way, actor: Actor) -> list[Finding]:
    """The actor as servers and as people ask for it, one after the other: does something between mix them up?"""
    target = urlsplit(actor.uri).path
    async with way.context.database.read() as session:
        instance = await queries.by_uri(session, f"{way.context.config.public_url}/actor")
        assert instance is not None, "every server has an actor of its own"
        sign = await keys.signer_of(session, instance.id)
    reply = await way.ask("GET", target, {"Accept": ACTIVITY_JSON, **sign("GET", actor.uri, None)})
    try:
        found = json.loads(reply.body).get("id") if reply.status == 200 else None
    except (ValueError, AttributeError):
        found = None
    if found != actor.uri:
        words = _("the actor %(uri)s does not come: status %(status)d") % {"uri": actor.uri, "status": reply.status}
        cure = _("Let the proxy pass every path and the Accept header to this server.")
        return [problem("actor", words, cure)]
    page = await way.ask("GET", target, {"Accept": _HTML})
    vary = reply.headers.get("vary", "").lower()
    if "json" in page.headers.get("content-type", "") or "accept" not in vary:
        words = _("a cache gives people what was kept for servers, or the other way round")
        cure = _("Let it heed Vary: Accept, or keep nothing but /static and /media.")
        return [well("actor", actor.uri), problem("cache", words, cure)]
    return [well("actor", actor.uri), well("cache", _("pages and documents are kept apart"))]


async def inbox(way: Way) -> Finding | None:
    """Does a POST to the inbox arrive? What is sent is no activity, so that nothing comes of it."""
    standing = {stop.scope for stop in await way.context.part(StopSwitch).now()}
    if Scope.FEDERATION in standing:
        return None
    reply = await way.ask("POST", "/inbox", {"Content-Type": "text/plain"}, body=b"doctor")
    ours = reply.headers.get("content-type", "").startswith("application/problem+json")
    if reply.status == 415 and ours:
        return well("inbox", _("what other servers send arrives"))
    words = _("a POST to /inbox is answered with %(status)d before it arrives here") % {"status": reply.status}
    return problem("inbox", words, _("Let the proxy pass POST to /inbox and /users/…/inbox, whoever sends it."))


async def signature(way: Way) -> Finding:
    """Do our own signatures hold after the way through the proxy, in both schemes?"""
    url, data = f"{way.context.config.public_url}/doctor/signature", b'{"type":"doctor"}'
    async with way.context.database.read() as session:
        instance = await queries.by_uri(session, f"{way.context.config.public_url}/actor")
        assert instance is not None, "every server has an actor of its own"
        sign = await keys.signer_of(session, instance.id)
    for scheme in Scheme:
        headers = {"Content-Type": ACTIVITY_JSON, **sign.by(scheme)("POST", url, data)}
        said = way.said(await way.ask("POST", "/doctor/signature", headers, body=data))
        if said is None or not said["holds"]:
            why = said["why"] if said is not None else _("no answer of this server")
            words = _("a signature of ours (%(scheme)s) does not hold when it arrives: %(why)s")
            cure = _("Something between changes requests: Host, path, Date or Digest. Look at the proxy's settings.")
            return problem("signature", words % {"scheme": scheme, "why": why}, cure)
    return well("signature", _("ours hold when they arrive, in both schemes"))


async def robots(way: Way) -> Finding:
    """Do our wishes about training reach those who ask?"""
    text = await way.ask("GET", "/robots.txt")
    page = await way.ask("GET", "/about", {"Accept": _HTML})
    lacking = []
    if b"ai-train=no" not in text.body:
        lacking.append("robots.txt")
    if "noai" not in page.headers.get("x-robots-tag", ""):
        lacking.append("X-Robots-Tag")
    if page.headers.get("tdm-reservation") != "1":
        lacking.append("TDM-Reservation")
    if not lacking:
        return well("robots", _("robots are asked not to train"))
    words = _("what asks robots not to train does not arrive: %(names)s") % {"names": ", ".join(lacking)}
    return advice("robots", words, _("Let the proxy pass /robots.txt and our headers on as they are."))


async def pictures(way: Way) -> Finding:
    """Does the newest public picture come from where posts say that it lies?"""
    context = way.context
    query = select(Attachment).join(Post, col(Post.id) == col(Attachment.post_id))
    query = query.where(col(Post.local).is_(True), Post.state == PostState.PUBLISHED, col(Attachment.file).is_not(None))
    query = query.where(Post.visibility == Visibility.PUBLIC).order_by(col(Attachment.id).desc()).limit(1)
    async with context.database.read() as session:
        newest = (await session.exec(query)).first()
    if newest is None:
        return well("pictures", _("no public picture yet"))
    url = f"{context.config.media_url}/{newest.thumbnail or newest.file}"
    try:
        status, headers = await _fetched(way, url)
    except Elsewhere as error:
        status, headers = 0, {"why": error.detail}
    cure = _("Let %(where)s serve the media folder, or correct media.public_url.") % {"where": context.config.media_url}
    if status != 200 or not headers.get("content-type", "").startswith("image/"):
        words = _("%(url)s does not come: %(why)s") % {"url": url, "why": headers.get("why") or f"status {status}"}
        return problem("pictures", words, cure)
    if headers.get("x-content-type-options") != "nosniff":
        words = _("%(url)s comes without X-Content-Type-Options: nosniff") % {"url": url}
        return advice("pictures", words, _("Let the media host send it, so that no picture is read as a page."))
    return well("pictures", context.config.media_url)


async def _fetched(way: Way, url: str) -> tuple[int, dict[str, str]]:
    if url.startswith(f"{way.context.config.public_url}/"):
        reply = await way.ask("GET", urlsplit(url).path)
        return reply.status, dict(reply.headers)
    answer = await way.context.http.get(url, deadline=limits.DOCTOR_LOOK_SECONDS, limit=limits.IMAGE_BYTES)
    return answer.status, dict(answer.headers)
