"""The way from the world to this server: name, certificate, proxy; each question is a request to our public address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from ssl import cert_time_to_seconds
from typing import Any

from fediverse_ai.core import limits
from fediverse_ai.core.addresses import is_loopback, is_public
from fediverse_ai.core.context import Context
from fediverse_ai.core.texts import _, ngettext
from fediverse_ai.doctor import tokens
from fediverse_ai.doctor.findings import Finding, advice, problem, well
from fediverse_ai.doctor.line import Handshake, Line, Reply

CERTIFICATE_DAYS_LEAST = 3
CERTIFICATE_DAYS_SOON = 14
FORGED = "192.0.2.77"
"""An address of the range for examples, which no visitor has."""
_ODD_QUERY = "a=1&b=%C3%A9&c=x+y"
_ODD_PATH = "/doctor/echo/a%2Fb%20c"
_SMALLEST_BODY = 16 * 1024
_STEPS = 5
_GATEWAY = frozenset({502, 503, 504, 521, 522, 523, 530})
_DAY = 86_400


@dataclass
class Way:
    """The line, and the password with which this server answers what arrived."""

    context: Context
    line: Line
    token: str
    nonce: str

    @classmethod
    def of(cls, context: Context) -> Way:
        return cls(context, Line(context.config, context.clock), *tokens.make(context))

    async def ask(self, method: str, target: str, headers: Mapping[str, str] | None = None, **options: Any) -> Reply:
        return await self.line.ask(method, target, {tokens.HEADER: self.token, **(headers or {})}, **options)

    def said(self, reply: Reply) -> dict[str, Any] | None:
        """What this very server says; None when something else answered."""
        try:
            found = json.loads(reply.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) and found.get("nonce") == self.nonce else None


def certificate(way: Way, shake: Handshake) -> list[Finding]:
    """Is the certificate trusted, for our name, and not about to end?"""
    if not way.line.secure:
        return []
    if shake.refused is not None:
        why = shake.refused.verify_message or str(shake.refused)
        cures = {
            10: _("Renew it; look why that did not happen by itself."),
            62: _("Get a certificate for %(name)s.") % {"name": way.line.name},
        }
        cure = cures.get(shake.refused.verify_code) or _(
            "Get it from a public authority, and let the proxy send the whole chain (fullchain.pem)."
        )
        return [problem("tls", _("the certificate is not trusted: %(why)s") % {"why": why}, cure)]
    ends = cert_time_to_seconds(str((shake.certificate or {}).get("notAfter")))
    days = int((ends - way.context.clock.now_ms() / 1000) / _DAY)
    until = {"date": datetime.fromtimestamp(ends, UTC).strftime("%Y-%m-%d"), "num": days}
    words = ngettext("the certificate is good until %(date)s, %(num)d more day",
                     "the certificate is good until %(date)s, %(num)d more days", days) % until  # fmt: skip
    if days < CERTIFICATE_DAYS_SOON:
        grave = problem if days < CERTIFICATE_DAYS_LEAST else advice
        return [grave("tls", words, _("Renew it; look why that did not happen by itself."))]
    return [well("tls", words)]


def names(way: Way, shake: Handshake) -> list[Finding]:
    """Does our name lead to an address that the world can reach?"""
    config = way.context.config
    hidden = [address for address in shake.addresses if not is_public(address)]
    if config.server.development or not hidden:
        return [well("reach", _("%(url)s is %(addresses)s")
                     % {"url": config.public_url, "addresses": ", ".join(shake.addresses)})]  # fmt: skip
    words = _("from here %(name)s is %(addresses)s, which the world cannot reach")
    cure = _("Right if you gave this machine a name of its own for it; else correct DNS. Others see another address.")
    return [advice("reach", words % {"name": way.line.name, "addresses": ", ".join(hidden)}, cure)]


async def who_answers(way: Way) -> tuple[list[Finding], dict[str, Any] | None]:
    """Is it us? And under which Host did it arrive? Without a good answer nothing else need be asked."""
    reply = await way.ask("GET", f"/doctor/echo?{_ODD_QUERY}")
    said = way.said(reply)
    where = {"url": way.context.config.public_url, "status": reply.status}
    if said is None and reply.status in _GATEWAY:
        words = _("%(url)s answers %(status)d: the proxy does not reach this server")
        cure = _("Let it pass requests to http://%(host)s:%(port)d.") % {
            "host": way.context.config.server.host, "port": way.context.config.server.port
        }  # fmt: skip
        return [problem("identity", words % where, cure)], None
    if said is None:
        words = _("something else answers at %(url)s, with status %(status)d")
        cure = _("Correct DNS or the proxy; where a header named Doctor-Token is dropped, let it through.")
        return [problem("identity", words % where, cure)], None
    found = [well("identity", _("this server answers"))]
    if said["host"] != way.line.host:
        words = _("requests arrive with Host: %(arrived)s instead of %(own)s, so every one is refused")
        found.append(problem(
            "host", words % {"arrived": said["host"], "own": way.line.host},
            _("Let the proxy keep it: `proxy_set_header Host $host;` in nginx; Caddy does so by itself."),
        ))  # fmt: skip
        return found, None
    found.append(well("host", str(said["host"])))
    return found, said


def query(way: Way, said: dict[str, Any]) -> Finding:
    """Did the query come through as it was sent?"""
    if said["query"] == _ODD_QUERY:
        return well("query", _("kept"))
    words = _("the query arrives as %(arrived)s") % {"arrived": said["query"] or "–"}
    return problem("query", words, _("Let the proxy pass the whole address on; WebFinger lives in the query."))


async def path(way: Way) -> Finding:
    """Is the path left alone?"""
    said = way.said(await way.ask("GET", _ODD_PATH))
    if said is not None and said["path"] == _ODD_PATH:
        return well("path", _("kept"))
    words = _("the path %(sent)s arrives as %(arrived)s")
    cure = _("Let the proxy pass it on as it came: signatures cover it. In nginx: `proxy_pass` without a path.")
    return problem("path", words % {"sent": _ODD_PATH, "arrived": said["path"] if said else "–"}, cure)


async def visitors(way: Way, said: dict[str, Any]) -> Finding:
    """Whose address counts as a visitor's, and can a visitor choose it?"""
    forged = way.said(await way.ask("GET", "/doctor/echo", {"X-Forwarded-For": FORGED}))
    # A proxy that adds an address after the forged one does right, even where both are believed on the machine itself.
    if forged is not None and forged["client"] == forged["forwarded_for"] == FORGED:
        return problem(
            "visitors",
            _("visitors can choose the address that they are counted by: X-Forwarded-For of anybody is believed"),
            _("Let the proxy write X-Forwarded-For itself; without a proxy, empty server.trusted_proxies."),
        )
    client, told = str(said["client"]), [one.strip() for one in str(said["forwarded_for"] or "").split(",")]
    # From this very machine the proxy's address and the visitor's are the same: then what was configured decides.
    if told[-1] and (client not in told or (is_loopback(client) and not _believed(way, client))):
        return advice(
            "visitors",
            _("all visitors count as one, the proxy at %(address)s: what it says of them is not believed")
            % {"address": client},
            _('Set server.trusted_proxies = ["%(address)s"].') % {"address": client},
        )
    ours = way.context.config.server.tls_certificate
    if not told[-1] and way.line.secure and not ours and not ip_address(client).is_global:
        return advice(
            "visitors",
            _("all visitors count as one: the proxy does not say who they are"),
            _("Let it send X-Forwarded-For, and name it in server.trusted_proxies."),
        )
    return well("visitors", _("each is known by an address of their own"))


def _believed(way: Way, address: str) -> bool:
    trusted = way.context.config.server.trusted_proxies
    return any(ip_address(address) in ip_network(entry, strict=False) for entry in trusted)


def scheme(way: Way, said: dict[str, Any]) -> Finding:
    """What the proxy says of the way it was asked."""
    told, own = said["forwarded_proto"], way.context.config.public_url.partition(":")[0]
    if told in (None, own):
        return well("scheme", str(told or said["scheme"]))
    words = _("the proxy says that it was asked by %(told)s, while public_url begins with %(own)s")
    cure = _("Let X-Forwarded-Proto pass through a second proxy, or let that one do TLS.")
    return advice("scheme", words % {"told": told, "own": own}, cure)


async def body(way: Way) -> Finding:
    """Up to which size a body arrives: what people upload must."""
    most = way.context.config.media.max_upload_bytes
    if await _arrives(way, most):
        return well("body", _("%(size)s arrive") % {"size": _size(most)})
    good, bad = 0, most
    size = _SMALLEST_BODY
    while size < most and await _arrives(way, size):
        good, size = size, size * 4
    bad = min(bad, size)
    for _step in range(_STEPS if good else 0):
        middle = (good + bad) // 2
        if await _arrives(way, middle):
            good = middle
        else:
            bad = middle
    words = _("bodies over about %(found)s do not arrive; people may upload %(wanted)s")
    cure = _("In nginx: `client_max_body_size %(megabytes)dm;`; in Caddy: `request_body { max_size … }`.")
    said = {"found": _size(good), "wanted": _size(most)}
    return problem("body", words % said, cure % {"megabytes": most // limits.MIB + 2})


async def _arrives(way: Way, size: int) -> bool:
    try:
        said = way.said(await way.ask("POST", "/doctor/body", zeros=size))
    except OSError:
        return False
    return said is not None and said["bytes"] == size


def _size(number: int) -> str:
    return f"{number / limits.MIB:.1f} MiB" if number >= limits.MIB else f"{number / limits.KIB:.0f} KiB"


async def stream(way: Way) -> Finding:
    """Do events arrive when they happen?"""
    reply = await way.ask("GET", "/doctor/stream", {"Accept": "text/event-stream"})
    first = next((at for at, piece in reply.pieces if way.nonce.encode() in piece), None)
    last = reply.pieces[-1][0] if reply.pieces else 0.0
    if first is not None and last - first > limits.DOCTOR_PAUSE_SECONDS / 2:
        return well("stream", _("events arrive as they happen"))
    return problem(
        "stream",
        _("the proxy holds events back: pages and apps do not move by themselves"),
        _("Let it heed X-Accel-Buffering, or switch buffering off: in nginx `proxy_buffering off;`, and no gzip."),
    )
