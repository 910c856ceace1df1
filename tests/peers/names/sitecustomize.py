"""Every name under .test is a port of this machine: read by a peer's interpreter at its start, from PYTHONPATH.

PEER_NAMES is JSON, {"name.test": port}; https to that name reaches 127.0.0.1:port. The peer itself stays unchanged, and
so do the names that it sees, signs and checks certificates for. Needs no root, unlike a private /etc/hosts.
"""

import json
import os
import socket

_names = json.loads(os.environ.get("PEER_NAMES", "{}"))
_system = socket.getaddrinfo


def _getaddrinfo(host, port, *options, **more):
    name = host.decode() if isinstance(host, bytes) else host
    if name in _names:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", _names[name]))]
    if isinstance(name, str) and name.endswith(".test"):
        raise socket.gaierror(socket.EAI_NONAME, f"no such name in this test: {name}")
    return _system(host, port, *options, **more)


socket.getaddrinfo = _getaddrinfo
