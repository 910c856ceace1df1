"""A throw-away certificate authority: certificates for names under .test, trusted only by the test's programs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Authority:
    """A CA whose files lie in `folder`; `ca_file` is its certificate (PEM)."""

    folder: Path
    ca: trustme.CA = field(default_factory=lambda: trustme.CA(key_type=trustme.KeyType.ECDSA))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca.cert_pem.write_to_path(str(self.ca_file))

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def certificate(self, name: str) -> tuple[Path, Path]:
        """Certificate chain and key files for one host name (or IP address)."""
        chain, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        if not key.exists():
            leaf = self.ca.issue_cert(name, key_type=trustme.KeyType.ECDSA)
            for number, blob in enumerate(leaf.cert_chain_pems):
                blob.write_to_path(str(chain), append=number > 0)
            leaf.private_key_pem.write_to_path(str(key))
        return chain, key

    def server_context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(name))
        return context

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_file))
