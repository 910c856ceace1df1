"""What no request can show: code paths that must not exist, and expressions that must stay linear (PAR-…, NET-…)."""

from __future__ import annotations

import ast
import pkgutil
import re
import time
from importlib import import_module
from pathlib import Path

import actors
import fediverse_ai
import generation
import inbox
import outbox

ROOMS = (actors, fediverse_ai, generation, inbox, outbox)


def _sources() -> list[Path]:
    return [path for room in ROOMS for path in Path(str(room.__file__)).parent.rglob("*.py")]


def _owner(node: ast.Attribute) -> str | None:
    return node.value.id if isinstance(node.value, ast.Name) else None


def test_no_remote_document_reaches_a_canonicaliser_or_an_xml_parser() -> None:
    """PAR-10, PAR-26: nothing of RDF canonicalisation is called. XML is parsed in one place, the metadata of pictures,
    which refuses document types first (`tests/generation/test_provenance.py`); feeds and maps are only written."""
    parsers = {"lxml", "xml.etree", "xml.etree.ElementTree", "xml.dom", "xml.sax", "xml.dom.minidom", "xmltodict"}
    writing = {"Element", "SubElement", "tostring"}
    found = []
    for path in _sources():
        tree = ast.parse(path.read_text())
        # Who names the library `Xml` and uses nothing of it but what writes cannot parse.
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _owner(node) == "Xml"}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found += [(path.name, alias.name) for alias in node.names if alias.name in parsers]
            if isinstance(node, ast.ImportFrom) and node.module in parsers:
                writes = [alias.asname for alias in node.names] == ["Xml"] and used <= writing
                found += [] if writes else [(path.name, node.module)]
            if isinstance(node, ast.Attribute) and node.attr in ("normalize", "canonicalize"):
                owner = node.value
                if isinstance(owner, ast.Name) and owner.id in ("jsonld", "pyld", "canon"):
                    found.append((path.name, node.attr))
    assert found == [("provenance.py", "xml.etree")]


def _patterns() -> dict[str, tuple[re.Pattern[str], bool]]:
    """Every regular expression that a module of ours keeps, by its place; and is it looked for inside of texts?"""
    found = {}
    for room in (actors, fediverse_ai, inbox, outbox):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if module.name.endswith(("__main__", "migrations.env")):
                continue
            loaded = import_module(module.name)
            source = Path(str(loaded.__file__)).read_text()
            for name, value in vars(loaded).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    inside = re.search(rf"\b{name}\.(search|finditer|findall|subn?|split)\(", source) is not None
                    found[f"{module.name}.{name}"] = (value, inside)
    return found


ADVERSARIAL = ("a", "1", " ", "<", "/", "#a", "@a.", "%41", '="', "a,", "\\", "a:", "[", "-", "é", "aé1_", ".a", '"a=')


def test_no_expression_takes_more_than_linear_time() -> None:
    """PAR-25: 50 kB of a repeated piece, with an end that fits nothing, against every pattern there is."""
    patterns = _patterns()
    assert len(patterns) > 15
    slow = {}
    for place, (pattern, inside) in patterns.items():
        for piece in ADVERSARIAL:
            text = piece * (20_000 // len(piece)) + "\x00"
            begun = time.process_time()
            pattern.fullmatch(text)
            pattern.match(text)
            if inside:
                pattern.search(text)
            if (taken := time.process_time() - begun) > 0.25:
                slow[place, piece] = round(taken, 2)
    assert slow == {}


def test_no_other_http_client() -> None:
    """NET-01, NET-29: remote input meets one fetcher. Generators have a client of their own, for their own address."""
    libraries = {"httpx", "httpx2", "httpcore2", "requests", "aiohttp", "urllib.request", "http.client", "urllib3"}
    found = set()
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if libraries & set(named):
                found.add(path.relative_to(Path(str(fediverse_ai.__file__)).parent.parent).as_posix())
    assert {place for place in found if not place.startswith(("generation/", "fediverse_ai/cli/"))} == {
        "fediverse_ai/core/http.py"
    }
