"""JSON-LD for the few who need it, with bundled contexts only: nothing here ever asks the network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pyld import jsonld  # type: ignore[import-untyped]
from pyld.documentloader.frozen import (  # type: ignore[import-untyped]
    BUNDLED_CONTEXTS,
    FrozenDocumentLoader,
)

from fediverse_ai.activitypub.document import Document
from fediverse_ai.activitypub.vocabulary import AS_CONTEXT, CONTEXT_TERMS, SECURITY_CONTEXT
from fediverse_ai.core.errors import Malformed
from fediverse_ai.core.limits import JSONLD_BYTES, JSONLD_NODES, JSONLD_SECONDS

_FOLDER: Final = Path(__file__).parent / "contexts"
# Written by us from the terms that peers use; the others come with PyLD. identity/v1 no longer answers on the web.
_OURS: Final[Mapping[str, str]] = {
    "https://w3id.org/security/data-integrity/v1": "data-integrity.json",
    "https://w3id.org/security/data-integrity/v2": "data-integrity.json",
    "https://w3id.org/security/multikey/v1": "multikey.json",
    "https://w3id.org/identity/v1": "identity.json",
    "http://joinmastodon.org/ns": "joinmastodon.json",
    "https://gotosocial.org/ns": "gotosocial.json",
    "http://litepub.social/ns": "litepub.json",
    "https://purl.archive.org/socialweb/webfinger": "webfinger.json",
    "https://purl.archive.org/miscellany": "miscellany.json",
    "https://purl.archive.org/socialweb/miscellany": "miscellany.json",
    "https://w3id.org/fep/5711": "fep-5711.json",
    "https://w3id.org/fep/7aa9": "fep-7aa9.json",
    "https://w3id.org/fep/ef61": "fep-ef61.json",
}
BUNDLED: Final[Mapping[str, Path]] = {**BUNDLED_CONTEXTS, **{url: _FOLDER / name for url, name in _OURS.items()}}

_loader: Final = FrozenDocumentLoader(dict(BUNDLED))
# Process-wide, so that no other caller of PyLD in this process can load anything either (F4).
jsonld.set_document_loader(_loader)
_threads: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="json-ld")


def is_plain(document: Mapping[str, Any]) -> bool:
    """Whether plain reading of the names is also the JSON-LD reading: every context URL is one that we know or may
    ignore, inline contexts only add prefixes and terms, and no name is written as a keyword, prefixed or as an IRI.
    """
    if not all(_known_terms().isdisjoint(definitions) for definitions in _inline(document)):
        return False
    return not any(":" in name or name.startswith("@") for name in _names(document) if name != "@context")


def _inline(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    context = document.get("@context")
    return [part for part in (context if isinstance(context, list) else [context]) if isinstance(part, dict)]


@lru_cache(maxsize=1)
def _known_terms() -> frozenset[str]:
    """The terms of ActivityStreams itself, less the keywords' aliases and those that many contexts repeat."""
    terms: dict[str, Any] = json.loads(BUNDLED[AS_CONTEXT].read_text(encoding="utf-8"))["@context"]
    return frozenset(terms.keys() - CONTEXT_TERMS.keys() - {"id", "type", "as", "xsd", "vcard", "ldp", "@vocab"})


def _names(document: Mapping[str, Any]) -> Iterable[str]:
    waiting: list[Any] = [member for name, member in document.items() if name != "@context"]
    yield from document
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value
            waiting.extend(member for name, member in value.items() if name not in ("@context", "contentMap"))
        elif isinstance(value, list):
            waiting.extend(value)


async def compact(document: Document) -> Document:
    """The document in the names of ActivityStreams, by JSON-LD, in a thread and within a time limit.

    For documents of our own people's clients and for looking at odd ones; never on the way of remote activities,
    where what was signed must be what is read (rule D5). Contexts that we do not have are left out. The result has
    `@context` [ActivityStreams, security v1]; single values are not lists. Raises Malformed.
    """
    nodes = sum(1 for _ in _names(document))
    if nodes > JSONLD_NODES or len(json.dumps(document)) > JSONLD_BYTES:
        raise Malformed("The document is too large for JSON-LD.", f"{nodes} names")
    work = asyncio.get_running_loop().run_in_executor(_threads, _compact, document)
    try:
        async with asyncio.timeout(JSONLD_SECONDS):
            return await work
    except TimeoutError:
        raise Malformed("The document takes too long to read.", "JSON-LD compaction timed out") from None


def _compact(document: Document) -> Document:
    own = document.get("@context", AS_CONTEXT)
    parts = own if isinstance(own, list) else [own]
    contexts = [part for part in parts if not isinstance(part, str) or part in BUNDLED]
    try:
        compacted = jsonld.compact({**document, "@context": contexts}, [AS_CONTEXT, SECURITY_CONTEXT])
    except (jsonld.JsonLdError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Malformed("The document is not JSON-LD that we can read.", f"PyLD: {type(error).__name__}") from None
    if not isinstance(compacted, dict):
        raise Malformed("The document is not JSON-LD that we can read.", "no object after compaction")
    return compacted


def expand(document: Mapping[str, Any]) -> list[Any]:
    """The expanded form, to check that our own documents say what we mean. Raises jsonld.JsonLdError."""
    expanded: list[Any] = jsonld.expand(dict(document))
    return expanded
