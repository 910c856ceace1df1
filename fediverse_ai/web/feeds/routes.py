"""The part of the route table that members read and talk through."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web.feeds import (
    acts,
    amend,
    feed,
    finding,
    live,
    people,
    put_aside,
    reporting,
    shelves,
    talk,
    told,
    voting,
    writing,
)

ROUTES: list[Route] = [
    Door("/home", feed.own_home, needs="session", methods=["GET"]),
    Door("/home/events", live.of_home, needs="session", methods=["GET"]),
    Door("/local", feed.local, needs="session", methods=["GET"]),
    Door("/federated", feed.federated, needs="session", methods=["GET"]),
    Door("/bookmarks", feed.bookmarks, needs="session", methods=["GET"]),
    Door("/favourites", feed.favourites, needs="session", methods=["GET"]),
    Door("/notifications", told.show, needs="session", methods=["GET"]),
    Door("/notifications/events", live.of_notifications, needs="session", methods=["GET"]),
    Door("/notifications/read", told.mark_read, needs="session", methods=["POST"]),
    Door(put_aside.PATH, put_aside.show, needs="session", methods=["GET"]),
    Door("/follow-requests", told.show_requests, needs="session", methods=["GET"]),
    Door("/search", finding.show, needs="session", methods=["GET"]),
    Door("/tags/{name}/follow", finding.follow_tag, needs="session", methods=["POST"]),
    Door("/lists", shelves.index, needs="session", methods=["GET"]),
    Door("/lists", shelves.make, needs="session", methods=["POST"]),
    Door("/lists/{list_id:int}", shelves.show, needs="session", methods=["GET"]),
    Door("/lists/{list_id:int}/edit", shelves.edit, needs="session", methods=["GET"]),
    Door("/lists/{list_id:int}/edit", shelves.change, needs="session", methods=["POST"]),
    Door("/conversations", shelves.talks, needs="session", methods=["GET"]),
    Door("/conversations/{row_id:int}", shelves.talk_read, needs="session", methods=["POST"]),
    Door("/posts/{post_id:int}/act", acts.act, needs="session", methods=["POST"]),
    Door("/posts/{post_id:int}/vote", voting.vote, needs="session", methods=["POST"]),
    Door("/posts/{post_id:int}/reply", writing.show_reply, needs="session", methods=["GET"]),
    Door("/posts/{post_id:int}/reply", writing.send_reply, needs="session", methods=["POST"]),
    Door("/posts/{post_id:int}/quote", writing.show_quote, needs="session", methods=["GET"]),
    Door("/posts/{post_id:int}/quote", writing.send_quote, needs="session", methods=["POST"]),
    Door("/posts/{post_id:int}/edit", amend.show, needs="session", methods=["GET"]),
    Door("/posts/{post_id:int}/edit", amend.send, needs="session", methods=["POST"]),
    Door("/posts/{post_id:int}/history", amend.history, needs="session", methods=["GET"]),
    Door("/posts/{post_id:int}/delete", amend.ask_delete, needs="session", methods=["GET"]),
    Door("/posts/{post_id:int}/delete", amend.delete, needs="session", methods=["POST"]),
    Door("/posts/{post_id:int}/events", live.of_post, needs="session", methods=["GET"]),
    Door("/people/{actor_id:int}/act", acts.person_act, needs="session", methods=["POST"]),
    Door("/people/{actor_id:int}/report", reporting.show, needs="session", methods=["GET"]),
    Door("/people/{actor_id:int}/report", reporting.send, needs="session", methods=["POST"]),
    # With our own host they lead to the page without it, for everybody; the rest is for members.
    Door("/@{name}@{host}", people.profile, needs="anyone", methods=["GET"]),
    Door("/@{name}@{host}/{post_id:int}", talk.remote_post, needs="anyone", methods=["GET"]),
]
