"""The floors: what the bare parts reach on this machine, per second of CPU."""

from __future__ import annotations

import socket
import ssl
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.support.peer import rsa_key, signed
from tests.support.tls import Authority

VERIFICATIONS = 4_000


def rsa_verify() -> float:
    """RSA-2048 verifications (PKCS#1 v1.5, SHA-256) per CPU second."""
    key = rsa_key()
    text = b"x" * 200
    signature = key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    public = key.public_key()
    began = time.process_time()
    for _ in range(VERIFICATIONS):
        public.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    return VERIFICATIONS / (time.process_time() - began)


def signed_posts(authority: Authority, port: int, body: bytes, *, times: int, new_connections: bool) -> float:
    """Sign and POST over plain blocking sockets, per CPU second of the client: a handshake for each, or one for all."""
    context = authority.client_context()
    key = rsa_key()
    connection: ssl.SSLSocket | None = None
    began = time.process_time()
    for number in range(times):
        name = f"h{number}.sink.test"
        if connection is None or new_connections:
            connection = context.wrap_socket(
                socket.create_connection(("127.0.0.1", port)), server_hostname=name, suppress_ragged_eofs=True
            )
        url = f"https://{name}:{port}/inbox"
        headers = signed("POST", url, body, "https://ours.test/users/ann#main-key", key)
        head = "POST /inbox HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 202")
        if new_connections:
            connection.close()
    took = time.process_time() - began
    if connection is not None:
        connection.close()
    return times / took
