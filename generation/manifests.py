"""C2PA manifests: what this server says of a picture, signed into its file, and what a file's manifest says."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.limits import MANIFEST_BYTES, MANIFEST_PARENTS
from generation import certificates
from generation.provenance import VOCABULARY

FORMAT = "image/jpeg"
BROUGHT = "brought"
# Thumbnails in manifests made files up to eight times as large; without them 3.6 KB are added.
_SETTINGS = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"remote_manifest_fetch": False}}
_NO_TRAINING = {
    "label": "cawg.training-mining",
    "data": {
        "entries": {
            name: {"use": "notAllowed"}
            for name in ("cawg.ai_generative_training", "cawg.ai_training", "cawg.data_mining", "cawg.ai_inference")
        }
    },
}


@dataclass(frozen=True, slots=True)
class Parent:
    """What a picture was made from: its bytes, and whether it was changed itself or only served as a model."""

    data: bytes
    title: str = ""
    relationship: Literal["parentOf", "inputTo"] = "parentOf"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a manifest says. `source_type` is a full IRI of IPTC's vocabulary, empty for a photograph or unknown;
    `parameters` are facts of the making that may be known to everybody."""

    title: str
    source_type: str = ""
    agent: str = "Fediverse AI"
    agent_version: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    parents: Sequence[Parent] = ()
    archive: bytes | None = None
    """The manifest that an upload came with, as an ingredient."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file's manifest says, and whether it holds: `trusted` (signed under our own root), `valid` (whole, by
    somebody whom we do not know), or `invalid` (the file was changed since, or the manifest is no good)."""

    state: Literal["trusted", "valid", "invalid"]
    issuer: str = ""
    generator: str = ""
    title: str = ""
    source_types: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Sealer:
    """Signs with one chain and key. Loading the library takes 40 MB and 0.2 s, so the first picture does it."""

    def __init__(self, chain: bytes, key: bytes, root: bytes | None, version: str) -> None:
        self._chain, self._key, self.root, self._version = chain, key, root, version

    @classmethod
    def of(cls, config: Config, now: datetime, version: str) -> Sealer:
        """By the configured certificate, or our own, which is made or renewed here. Raises Misconfigured."""
        chosen = config.provenance
        if bool(chosen.certificate) != bool(chosen.key):
            raise Misconfigured("provenance.certificate and provenance.key belong together: give both, or neither.")
        folder = config.data_dir / certificates.FOLDER
        try:
            if chosen.certificate and chosen.key:
                return cls(Path(chosen.certificate).read_bytes(), Path(chosen.key).read_bytes(), None, version)
            certificates.ensure(folder, config.host, now)
            chain, key, root = (folder / name for name in (certificates.CHAIN, certificates.KEY, certificates.ROOT))
            return cls(chain.read_bytes(), key.read_bytes(), root.read_bytes(), version)
        except (OSError, ValueError) as error:
            raise Misconfigured(f"The certificate for provenance cannot be used: {error}") from None

    def seal(self, jpeg: bytes, said: Statement) -> bytes:
        """The file with our manifest in it; not a pixel is touched, and the XMP stays readable. Blocks; about 10 ms."""
        if not said.source_type and not said.parents and said.archive is None:
            # Nobody knows how it came to be, so it was not created here: it was brought, and written anew.
            said = replace(said, parents=[Parent(jpeg, "the file that was brought")])
        c2pa = _library()
        context = c2pa.Context.from_dict(_SETTINGS)
        builder = c2pa.Builder(self._definition(said), context)
        try:
            for number, parent in enumerate(said.parents[:MANIFEST_PARENTS]):
                described = {"title": parent.title, "relationship": parent.relationship, "instance_id": f"p{number}"}
                builder.add_ingredient(described, FORMAT, io.BytesIO(parent.data))
            if said.archive is not None:
                builder.add_ingredient_from_archive(io.BytesIO(said.archive))
            info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, self._chain, self._key, None)
            sealed = io.BytesIO()
            builder.sign(c2pa.Signer.from_info(info), FORMAT, io.BytesIO(jpeg), sealed)
            return sealed.getvalue()
        finally:
            builder.close()

    def _definition(self, said: Statement) -> dict[str, Any]:
        agent = {"name": said.agent} | ({"version": said.agent_version} if said.agent_version else {})
        made: dict[str, Any] = {"softwareAgent": agent, "parameters": said.parameters}
        opened = [f"p{number}" for number, parent in enumerate(said.parents) if parent.relationship == "parentOf"]
        opened += [BROUGHT] if said.archive is not None else []
        if opened:
            # What was changed is opened first, or validators call the actions malformed.
            actions = [
                {"action": "c2pa.opened", "parameters": {"ingredientIds": opened}},
                {"action": "c2pa.edited", **made},
            ]
        else:
            actions = [{"action": "c2pa.created", **made}]
        if said.source_type:
            actions[-1]["digitalSourceType"] = said.source_type
        return {
            "claim_generator_info": [{"name": "Fediverse AI", "version": self._version}],
            "title": said.title,
            "format": FORMAT,
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}, _NO_TRAINING],
        }


def _library() -> Any:
    return importlib.import_module("c2pa")


def read(data: bytes, media_type: str, root: bytes | None = None) -> dict[str, Any] | None:
    """What the manifest of a file says, as the plain values of a Reading; None for a file without one.

    Of strangers' bytes in the sandbox only: `sandbox.call("models"…, "generation.manifests:read")`.
    """
    c2pa = _library()
    settings: dict[str, Any] = {"verify": {"remote_manifest_fetch": False}}
    if root is not None:
        settings["trust"] = {"user_anchors": root.decode()}
    try:
        reader = c2pa.Reader.try_create(media_type, io.BytesIO(data), None, c2pa.Context.from_dict(settings))
    except c2pa.C2paError as error:
        return {"state": "invalid", "problems": [type(error).__name__]}
    if reader is None:
        return None
    try:
        return _reading(json.loads(reader.json()[:MANIFEST_BYTES]))
    except ValueError:
        return {"state": "invalid", "problems": ["too large"]}
    finally:
        reader.close()


def _reading(report: dict[str, Any]) -> dict[str, Any]:
    active = report.get("manifests", {}).get(report.get("active_manifest", ""), {})
    state = {"Trusted": "trusted", "Valid": "valid"}.get(str(report.get("validation_state")), "invalid")
    results = report.get("validation_results", {}).get("activeManifest", {})
    problems = [str(one.get("code")) for one in results.get("failure", [])]
    actions = [
        action
        for assertion in active.get("assertions", [])
        if str(assertion.get("label", "")).startswith("c2pa.actions")
        for action in assertion.get("data", {}).get("actions", [])
    ]
    generators = active.get("claim_generator_info") or [{}]
    return {
        "state": state,
        "issuer": _words(active.get("signature_info", {}).get("common_name")),
        "generator": _words(" ".join(str(generators[0].get(key, "")) for key in ("name", "version")).strip()),
        "title": _words(active.get("title")),
        "source_types": [_words(one["digitalSourceType"]) for one in actions if one.get("digitalSourceType")],
        "actions": [_words(one.get("action")) for one in actions],
        "ingredients": [_words(one.get("title")) for one in active.get("ingredients", [])],
        "problems": problems[:10],
    }


def _words(value: object) -> str:
    return str(value)[:200] if value is not None else ""


def reading_of(values: dict[str, Any] | None) -> Reading | None:
    """The Reading of what the sandbox gave."""
    if values is None:
        return None
    names = ("source_types", "actions", "ingredients", "problems")
    listed = {name: tuple(map(str, values.get(name, ()))) for name in names}
    return Reading(
        values["state"], values.get("issuer", ""), values.get("generator", ""), values.get("title", ""), **listed
    )


def says_ai(reading: Reading) -> bool:
    """Whether a manifest that holds says that a program made the picture."""
    return reading.state != "invalid" and any(
        VOCABULARY.removeprefix("http") in term and "lgorithmicMedia" in term for term in reading.source_types
    )


def archive(data: bytes, media_type: str) -> bytes | None:
    """A stranger's manifest as an ingredient to be kept, without the picture; None without one. In the sandbox only."""
    c2pa = _library()
    try:
        if c2pa.Reader.try_create(media_type, io.BytesIO(data), None, c2pa.Context.from_dict(_SETTINGS)) is None:
            return None
        builder = c2pa.Builder({"claim_generator_info": [{"name": "Fediverse AI"}]}, c2pa.Context.from_dict(_SETTINGS))
        described = {"title": "the file that was brought", "relationship": "parentOf", "instance_id": BROUGHT}
        builder.add_ingredient(described, media_type, io.BytesIO(data))
        kept = io.BytesIO()
        builder.write_ingredient_archive(BROUGHT, kept)
    except c2pa.C2paError:
        return None
    found = kept.getvalue()
    return found if len(found) <= MANIFEST_BYTES else None
