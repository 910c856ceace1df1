"""RouteTable: many routes behind one, found by how their paths begin instead of by trying one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import merge
from typing import Any

from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

_DEPTH = 3
"""So many segments of a path choose: `/api/v1/statuses` has a dozen routes, of 250 in all."""
_Numbered = tuple[int, BaseRoute]


class RouteTable(BaseRoute):
    """The same answers as from the routes in their order: only those are left out that begin with other words."""

    def __init__(self, routes: Sequence[Route | WebSocketRoute]) -> None:
        self.routes = routes
        self._by_beginning: dict[tuple[str, ...], list[_Numbered]] = {}
        for number, route in enumerate(routes):
            self._by_beginning.setdefault(_literal_beginning(route.path), []).append((number, route))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that takes the request, or else the first that would by another method."""
        partial: dict[str, Any] | None = None
        for route in self._candidates(scope["path"]):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, "route": route}
            if match is Match.PARTIAL and partial is None:
                partial = {**found, "route": route}
        return (Match.NONE, {}) if partial is None else (Match.PARTIAL, partial)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)

    def _candidates(self, path: str) -> Iterable[BaseRoute]:
        segments = tuple(path.split("/", _DEPTH + 1)[1 : _DEPTH + 1])
        beginnings = (segments[:length] for length in range(len(segments) + 1))
        found = [routes for beginning in beginnings if (routes := self._by_beginning.get(beginning))]
        return (route for _, route in (merge(*found) if len(found) > 1 else found[0] if found else ()))


def _literal_beginning(path: str) -> tuple[str, ...]:
    """The segments before the first that holds a parameter, `_DEPTH` at most."""
    segments = path.partition("{")[0].split("/")[1:]
    whole = segments[:-1] if "{" in path else segments
    return tuple(whole[:_DEPTH])
