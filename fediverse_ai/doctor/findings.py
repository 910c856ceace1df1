"""Finding: one thing that was looked at; and the report of all of them, as programs read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from fediverse_ai import __version__
from fediverse_ai.core.clock import Clock

Level = Literal["ok", "advice", "problem"]
SCHEMA = 1
"""Of the report. A further field or name keeps the number; one that goes away or means something else does not."""

NAMES = (
    *("configuration", "development", "contact", "files", "owner", "clock", "start"),
    *("migrations", "tables", "database", "sqlite", "keys", "address", "policy", "models", "model_files"),
    *("worker", "queues", "disk", "backup", "restored", "mail", "stopped"),
    *("reach", "tls", "identity", "host", "visitors", "scheme", "query", "path", "body", "stream"),
    *("webfinger", "account_domain", "actor", "cache", "inbox", "signature", "robots", "media", "pictures"),
)
"""What may be found, each by a name that stays."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `words` is what is so, `cure` what to do, empty when it is well."""

    name: str
    level: Level
    words: str
    cure: str = ""


def well(name: str, words: str) -> Finding:
    """It is as it should be."""
    return Finding(name, "ok", words)


def advice(name: str, words: str, cure: str) -> Finding:
    """It works, and could be better."""
    return Finding(name, "advice", words, cure)


def problem(name: str, words: str, cure: str) -> Finding:
    """Something does not work."""
    return Finding(name, "problem", words, cure)


def worst(findings: Iterable[Finding]) -> Level:
    """The gravest level among them."""
    levels = {finding.level for finding in findings}
    return "problem" if "problem" in levels else "advice" if "advice" in levels else "ok"


def report(findings: list[Finding], public_url: str, clock: Clock) -> dict[str, Any]:
    """The whole look as JSON: schema, version, url, at (RFC 3339, UTC), well, findings."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "url": public_url,
        "at": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "well": worst(findings) != "problem",
        "findings": [asdict(finding) for finding in findings],
    }


def sorted_by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """Problems first, then advice, then what is well; otherwise as they were found."""
    order = {"problem": 0, "advice": 1, "ok": 2}
    return sorted(findings, key=lambda finding: order[finding.level])
