"""An HTTP client for tests: every name under .test is this machine, and the throw-away authority is trusted."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2 as httpx

from tests.support.tls import Authority


class _Loopback(httpx.AsyncHTTPTransport):
    """Connects to 127.0.0.1 for *.test; the Host header and the name in TLS stay what the URL says."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        if name.endswith(".test"):
            request.extensions = {**request.extensions, "sni_hostname": name}
            request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


@cache
def _system_context() -> ssl.SSLContext:
    """One for all clients: reading the machine's authorities takes a third of a second."""
    return ssl.create_default_context()


def client(authority: Authority | None = None, base_url: str = "", timeout: float = 20.0) -> httpx.AsyncClient:
    """A client that follows nothing by itself and reads no proxy settings."""
    verify = authority.client_context() if authority else _system_context()
    transport = _Loopback(verify=verify, trust_env=False)
    return httpx.AsyncClient(transport=transport, base_url=base_url, timeout=timeout, trust_env=False)
