"""What a file says of its own making: XMP with the IPTC terms, written into every rendition and read back."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from PIL import Image

from fediverse_ai.core.limits import XMP_BYTES as PACKET_BYTES
from fediverse_ai.core.limits import XMP_FIELD_CHARS as FIELD_CHARS
from fediverse_ai.core.limits import XMP_PROMPT_CHARS as PROMPT_CHARS
from generation.types import ModelCard

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC Digital Source Type NewsCodes; terms are written as full IRIs, in the vocabulary's own `http` form."""
ALGORITHMIC = VOCABULARY + "algorithmicMedia"
TRAINED = VOCABULARY + "trainedAlgorithmicMedia"
AI_TERMS = frozenset(
    VOCABULARY + term
    for term in (
        "algorithmicMedia",
        "compositeSynthetic",
        "compositeWithTrainedAlgorithmicMedia",
        "trainedAlgorithmicMedia",
    )
)
"""The terms that mean "a program made this, or part of it"."""
NO_TRAINING = "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"
"""PLUS Data Mining vocabulary: not for training of AI or machine learning."""
CREATOR_TOOL = "Fediverse AI"

_SPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What one file says. Empty fields are absent from the file.

    `digital_source_type` is a full IRI of VOCABULARY. `prompt` is None unless its author chose to disclose it: the
    file travels to strangers.
    """

    digital_source_type: str = ""
    system: str = ""
    system_version: str = ""
    prompt: str | None = None
    rights: str = ""
    data_mining: str = NO_TRAINING
    creator_tool: str = CREATOR_TOOL

    @property
    def says_ai(self) -> bool:
        """True when the file itself claims that a program made the picture or part of it."""
        return self.digital_source_type in AI_TERMS or bool(self.system)


def source_type(term: str) -> str:
    """A term or its full IRI (`http` or `https`) as the IRI of the vocabulary; ValueError for anything else."""
    short = term.rsplit("/", 1)[-1]
    if not re.fullmatch(r"[A-Za-z]{3,64}", short) or term not in (short, VOCABULARY + short, _secure(short)):
        raise ValueError(f"not an IPTC digital source type: {term!r}")
    return VOCABULARY + short


def _secure(short: str) -> str:
    return "https" + VOCABULARY.removeprefix("http") + short


def of_card(card: ModelCard, *, prompt: str | None = None, rights: str = "") -> Provenance:
    """The provenance of a picture that the generator of `card` made; pass `prompt` only where it may be known."""
    return Provenance(source_type(card.digital_source_type), card.title or card.name, card.version, prompt, rights)


def packet(provenance: Provenance) -> bytes:
    """The XMP packet (XMP specification part 1; IPTC Photo Metadata 2025.1; PLUS LDF), UTF-8, at most PACKET_BYTES."""
    fields = [
        _simple("Iptc4xmpExt:DigitalSourceType", provenance.digital_source_type),
        _simple("Iptc4xmpExt:AISystemUsed", provenance.system),
        _simple("Iptc4xmpExt:AISystemVersionUsed", provenance.system_version),
        _simple("Iptc4xmpExt:AIPromptInformation", provenance.prompt or "", PROMPT_CHARS),
        _simple("plus:DataMining", provenance.data_mining),
        _language("dc:rights", provenance.rights),
        _simple("xmp:CreatorTool", provenance.creator_tool),
    ]
    spaces = "".join(f' xmlns:{name}="{uri}"' for name, uri in _SPACES.items() if name not in ("x", "rdf"))
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="{_SPACES["x"]}"><rdf:RDF xmlns:rdf="{_SPACES["rdf"]}">'
        f'<rdf:Description rdf:about=""{spaces}>{"".join(fields)}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )
    encoded = text.encode()
    if len(encoded) > PACKET_BYTES:
        raise ValueError(f"XMP packet of {len(encoded)} bytes")
    return encoded


def remark(jpeg: bytes, provenance: Provenance) -> bytes:
    """One of our own JPEGs with another XMP packet and without its manifest: not a pixel is touched. ValueError for
    anything else.

    Only segments before the picture's data are looked at (ITU T.81 B.1); the packet stands where Pillow writes it.
    """
    marked = _XMP_HEADER + packet(provenance)
    head, at = [b"\xff\xd8"], 2
    if jpeg[:2] != head[0]:
        raise ValueError("not a JPEG")
    while jpeg[at : at + 2] != b"\xff\xda":
        size = int.from_bytes(jpeg[at + 2 : at + 4])
        segment = jpeg[at : at + 2 + size]
        if jpeg[at : at + 1] != b"\xff" or size < 2 or len(segment) != size + 2:
            raise ValueError("a damaged JPEG")
        # A manifest speaks of other bytes than those that come out of here; whoever wants one signs anew.
        is_manifest = segment[1] == 0xEB and segment[4:6] == b"JP"
        if not is_manifest and not (segment[1] == 0xE1 and segment[4:].startswith(_XMP_HEADER)):
            head.append(segment)
        at += size + 2
    after = 2 if len(head) > 1 and head[1][1] == 0xE0 else 1
    head.insert(after, b"\xff\xe1" + (len(marked) + 2).to_bytes(2) + marked)
    return b"".join(head) + jpeg[at:]


def _clean(value: str, limit: int) -> str:
    # "]]>" and the xpacket marks cannot end the packet early: every ">" and "<" is escaped.
    return escape(_NOT_XML.sub("", value)[:limit])


def _simple(name: str, value: str, limit: int = FIELD_CHARS) -> str:
    text = _clean(value, limit)
    return f"<{name}>{text}</{name}>" if text else ""


def _language(name: str, value: str) -> str:
    text = _clean(value, FIELD_CHARS)
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></{name}>' if text else ""


def read(data: bytes) -> Provenance | None:
    """What the file says, or None when it says nothing that we understand.

    For our own files. Bytes of strangers are read in the sandbox: `read_packet` there, `parse` here.
    """
    found = read_packet(data)
    return parse(found) if found else None


def read_packet(data: bytes) -> bytes | None:
    """The raw XMP of a JPEG, PNG, WebP or GIF; None without one, or when the file cannot be opened."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            return packet_of(image)
    except (OSError, SyntaxError, ValueError):
        return None


def packet_of(image: Image.Image) -> bytes | None:
    """The raw XMP of an opened picture, at most PACKET_BYTES of it."""
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(found, str):
        found = found.encode()
    return bytes(found) if isinstance(found, bytes) and 0 < len(found) <= PACKET_BYTES else None


def parse(xmp: bytes) -> Provenance | None:
    """Read an XMP packet of anybody: values as elements or as attributes; None when nothing of ours is in it."""
    if b"<!" in xmp:
        # Document types and entities do not belong into XMP, and are how XML parsers are blown up.
        return None
    try:
        root = ElementTree.fromstring(xmp.decode().strip("\ufeff \r\n\t\0"))  # noqa: S314 - no DTD gets this far
    except (ElementTree.ParseError, ValueError):
        return None
    found: dict[str, str] = {}
    for element in root.iter():
        for tag, text in (*element.attrib.items(), (element.tag, _text(element))):
            if text:
                found.setdefault(str(tag), text)
    fields: dict[str, Any] = {
        "digital_source_type": _known(_field(found, "Iptc4xmpExt", "DigitalSourceType")),
        "system": _field(found, "Iptc4xmpExt", "AISystemUsed"),
        "system_version": _field(found, "Iptc4xmpExt", "AISystemVersionUsed"),
        "prompt": _field(found, "Iptc4xmpExt", "AIPromptInformation", PROMPT_CHARS) or None,
        "rights": _field(found, "dc", "rights"),
        "data_mining": _field(found, "plus", "DataMining"),
        "creator_tool": _field(found, "xmp", "CreatorTool"),
    }
    return Provenance(**fields) if any(fields.values()) else None


def _field(found: dict[str, str], space: str, name: str, limit: int = FIELD_CHARS) -> str:
    return found.get(f"{{{_SPACES[space]}}}{name}", "")[:limit]


def _known(term: str) -> str:
    try:
        return source_type(term)
    except ValueError:
        return ""


def _text(element: ElementTree.Element) -> str:
    item = element.find(f".//{{{_SPACES['rdf']}}}li")
    return ((item if item is not None else element).text or "").strip()
