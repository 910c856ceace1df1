"""The OAuth part of the route table."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai import openapi
from fediverse_ai.core.access import Door
from fediverse_ai.mastodon.doors import ApiDoor
from fediverse_ai.oauth import authorize, metadata, registration, sessions, token, userinfo
from fediverse_ai.oauth.answers import OAuthDoor, SlashDoor

ROUTES: list[Route] = [
    *openapi.ROUTES,
    Door("/.well-known/oauth-authorization-server", metadata.metadata, needs="anyone", methods=["GET"]),
    ApiDoor("/api/v1/apps", registration.apps_post, needs="anyone", methods=["POST"]),
    ApiDoor("/api/v1/apps/verify_credentials", registration.verify_credentials, needs="anyone"),
    SlashDoor("/oauth/authorize", authorize.show, needs="anyone", methods=["GET"]),
    SlashDoor("/oauth/authorize", authorize.decide, needs="session", methods=["POST"]),
    OAuthDoor("/oauth/token", token.token, needs="anyone", methods=["POST"]),
    OAuthDoor("/oauth/revoke", token.revoke, needs="anyone", methods=["POST"]),
    OAuthDoor("/oauth/register", registration.register, needs="anyone", methods=["POST"]),
    OAuthDoor("/oauth/userinfo", userinfo.userinfo, needs="profile", methods=["GET", "POST"]),
    Door("/settings/sessions", sessions.show, needs="session", methods=["GET"]),
    Door("/settings/sessions/{login_id:int}/end", sessions.end, needs="session", methods=["POST"]),
    Door("/settings/sessions/others/end", sessions.end_others, needs="session", methods=["POST"]),
    Door("/settings/apps/{app_id:int}/end", sessions.end_app, needs="session", methods=["POST"]),
]
