"""GET /.well-known/oauth-authorization-server: what this server can do (RFC 8414), in one document for all clients."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import scopes
from fediverse_ai.core.config import Config
from fediverse_ai.core.responses import activity_json
from fediverse_ai.web.rendering import context_of


def document(config: Config) -> dict[str, Any]:
    """The issuer is our bare origin: clients compare it, and the `iss` of an answer, as a string (RFC 9207)."""
    origin = config.public_url
    return {
        "issuer": origin,
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "userinfo_endpoint": f"{origin}/oauth/userinfo",
        "registration_endpoint": f"{origin}/oauth/register",
        "app_registration_endpoint": f"{origin}/api/v1/apps",
        "service_documentation": f"{origin}/about",
        "scopes_supported": list(scopes.SUPPORTED),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        # FEP-d8c2, under the name that clients read now.
        "activitypub_object_id_as_client_id": True,
    }


async def metadata(request: Request) -> Response:
    body = orjson.dumps(document(context_of(request).config))
    return activity_json(body, request=request, media_type="application/json")
