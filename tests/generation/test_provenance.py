"""The XMP of our files: complete, safe against any text, and read back from every format."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from generation import provenance
from generation.provenance import NO_TRAINING, Provenance, packet, parse, read, read_packet, source_type
from generation.types import ModelCard

CARD = ModelCard("scene", "1.0", "Scene", "algorithmicMedia", "Composed by a program.")


def test_packet_says_what_made_the_picture_with_full_iris() -> None:
    text = packet(provenance.of_card(CARD, rights="CC BY 4.0")).decode()
    root = ElementTree.fromstring(text.strip("\ufeff"))
    values = {element.tag: element.text for element in root.iter()}
    ext = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
    assert values[ext + "DigitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
    assert values[ext + "AISystemUsed"] == "Scene"
    assert values[ext + "AISystemVersionUsed"] == "1.0"
    assert values["{http://ns.useplus.org/ldf/xmp/1.0/}DataMining"] == NO_TRAINING
    assert values["{http://ns.adobe.com/xap/1.0/}CreatorTool"] == "Fediverse AI"
    assert "CC BY 4.0" in values.values()


def test_prompt_is_in_the_packet_only_when_disclosed() -> None:
    assert b"AIPromptInformation" not in packet(provenance.of_card(CARD))
    assert b"a lighthouse" in packet(provenance.of_card(CARD, prompt="a lighthouse"))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_survives_and_none_breaks_out(text: str) -> None:
    kept = provenance._NOT_XML.sub("", text)
    found = parse(packet(Provenance(provenance.TRAINED, "s", "1", prompt=text)))
    assert found is not None
    assert found.digital_source_type == provenance.TRAINED
    assert (found.system, found.system_version) == ("s", "1")
    # XML itself turns every line end into \n.
    assert (found.prompt or "") == kept.replace("\r\n", "\n").replace("\r", "\n").strip()


@pytest.mark.parametrize("hostile", ["</rdf:Description><x>", '<?xpacket end="w"?>', "]]>&bad;<!--", "\x00\x1b\ud800"])
def test_markup_in_fields_is_text(hostile: str) -> None:
    written = packet(Provenance(provenance.TRAINED, hostile, hostile, hostile, hostile))
    found = parse(written)
    assert found is not None
    assert found.digital_source_type == provenance.TRAINED
    assert written.count(b"<?xpacket") == 2


def test_longest_prompt_of_widest_characters_fits_a_jpeg_segment() -> None:
    written = packet(Provenance(provenance.TRAINED, "s" * 500, "v" * 500, prompt="\U0001f3d4" * 4000, rights="&" * 500))
    image = io.BytesIO()
    Image.new("RGB", (8, 8)).save(image, "JPEG", xmp=written)
    found = read(image.getvalue())
    assert found is not None
    assert found.prompt == "\U0001f3d4" * 4000


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_read_back_from_every_format(format_: str) -> None:
    said = Provenance(provenance.TRAINED, "a model", "2", "a cat", "mine")
    xmp, out = packet(said), io.BytesIO()
    extra: dict[str, object] = {"xmp": xmp}
    if format_ == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        extra = {"pnginfo": info}
    Image.new("RGB", (8, 8)).save(out, format_, **extra)
    assert read(out.getvalue()) == said


def test_attributes_and_other_tools_are_understood() -> None:
    foreign = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:I="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        'I:DigitalSourceType="https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    found = parse(foreign.encode())
    assert found is not None
    assert found.digital_source_type == provenance.TRAINED
    assert found.says_ai


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"<",
        b"\xff\xfe\x00",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a/>",
        b"<a>" * 5000,
    ],
)
def test_nonsense_packets_say_nothing(bad: bytes) -> None:
    assert parse(bad) is None


def test_no_file_and_no_packet_say_nothing() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "GIF")
    assert read(out.getvalue()) is None
    assert read_packet(b"not a picture") is None


def test_source_type_takes_terms_and_iris_only() -> None:
    assert source_type("algorithmicMedia") == provenance.ALGORITHMIC
    assert source_type(provenance.TRAINED) == provenance.TRAINED
    for bad in ("", "http://evil.example/algorithmicMedia", "a/b", "<x>", "algorithmicMedia\n"):
        with pytest.raises(ValueError, match="digital source type"):
            source_type(bad)
