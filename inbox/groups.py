"""What a group says that its people did (FEP-1b12): an Announce that holds an activity, believed as a forwarded one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries as actor_queries
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.activitypub.vocabulary import ACTIVITY_TYPES
from outbox.models import PostState
from outbox.queries import by_uri

Json = dict[str, Any]

# The others would be boosts of boosts, or say something about accounts, which is nobody's but their own to say.
OPENED = frozenset({"Create", "Update", "Delete", "Like"})


def inside(activity: Admitted) -> Json | None:
    """The activity that an Announce holds and that is to be looked at by itself; None for a boost.

    Lemmy, PieFed and Mbin announce what was done, not only what was written. A new post is boosted by that.
    """
    value = activity.document.get("object")
    if activity.type != "Announce" or not isinstance(value, dict) or document.type_of(value) not in ACTIVITY_TYPES:
        return None
    return None if _is_new_post(value) else value


def boosted(value: Any) -> Any:
    """What an Announce boosts: its object, or the post that the Create in it brings."""
    return value["object"] if isinstance(value, dict) and _is_new_post(value) else value


def _is_new_post(value: Json) -> bool:
    inner = value.get("object")
    return document.type_of(value) == "Create" and isinstance(inner, dict) and inner.get("inReplyTo") is None


async def continues(session: AsyncSession, parent_uri: str, named: Iterable[str]) -> bool:
    """Does something go on with a thread that we have, in a group that somebody here follows?"""
    parent = await by_uri(session, parent_uri)
    if parent is None or parent.state != PostState.PUBLISHED:
        return False
    for actor in (await actor_queries.by_uris(session, named)).values():
        if actor.kind == "Group" and await actor_queries.has_local_follower(session, actor.id):
            return True
    return False
