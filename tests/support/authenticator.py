"""A device that keeps passkeys, as a program: the answers of a browser and its authenticator (WebAuthn 5.1, 6.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG
SEEN = FLAG.UP | FLAG.UV


@dataclass
class Device:
    """One passkey on one device, which says that it saw its holder."""

    origin: str
    credential_id: bytes = b"\x07" * 32
    counter: int = 0
    flags: int = SEEN
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: bytes = b""

    def create(self, options: dict[str, Any], **changed: Any) -> str:
        """The answer to `navigator.credentials.create`, as a browser's JSON.stringify writes it."""
        self.user = websafe_decode(options["user"]["id"])
        public: Any = changed.get("public") or ES256.from_cryptography_key(self.key.public_key())
        kept = AttestedCredentialData.create(Aaguid(bytes(16)), self.credential_id, public)
        data = AuthenticatorData.create(
            sha256(options["rp"]["id"].encode()), self.flags | FLAG.AT, self.counter, credential_data=kept
        )
        said = self._said(CollectedClientData.TYPE.CREATE, options, changed)
        return self._answer(
            {
                "attestationObject": websafe_encode(bytes(AttestationObject.create("none", data, {}))),
                "clientDataJSON": websafe_encode(bytes(said)),
                "transports": ["internal"],
            }
        )

    def get(self, options: dict[str, Any], **changed: Any) -> str:
        """The answer to `navigator.credentials.get`; `changed`: what is to be wrong about it."""
        if self.counter:
            self.counter += 1
        rp = changed.get("rp", options["rpId"])
        data = AuthenticatorData.create(sha256(rp.encode()), self.flags, self.counter)
        said = self._said(CollectedClientData.TYPE.GET, options, changed)
        signature = changed.get("signature") or self.key.sign(bytes(data) + sha256(bytes(said)), ec.ECDSA(SHA256()))
        user = changed.get("user", self.user)
        return self._answer(
            {
                "authenticatorData": websafe_encode(bytes(data)),
                "clientDataJSON": websafe_encode(bytes(said)),
                "signature": websafe_encode(signature),
                "userHandle": websafe_encode(user) if user is not None else None,
            }
        )

    def _said(self, kind: str, options: dict[str, Any], changed: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(
            changed.get("type", kind),
            changed.get("challenge", options["challenge"]),
            changed.get("origin", self.origin),
        )

    def _answer(self, response: dict[str, Any]) -> str:
        name = websafe_encode(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {},
                "response": response,
            }
        )
