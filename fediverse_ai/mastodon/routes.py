"""The API's part of the route table, resource by resource."""

from __future__ import annotations

from starlette.routing import Route

ROUTES: list[Route] = []
