"""Our manifests, read without the library that wrote them: by a reader of our own, and by exiftool."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from fediverse_ai.core.config import Config, ServerSection
from generation import certificates, provenance
from generation.manifests import Parent, Sealer, Statement
from generation.provenance import TRAINED, Provenance
from tests.support.c2pa_reader import Broken, verified

NOW = datetime.now(UTC)
SAID = Statement("a fox", TRAINED, "Painter", "3", {"ai.fediverse.seed": 41})


@pytest.fixture(scope="module")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> Sealer:
    config = Config(data_dir=tmp_path_factory.mktemp("server"), server=ServerSection(public_url="https://art.example"))
    return Sealer.of(config, NOW, "1")


@pytest.fixture(scope="module")
def plain() -> bytes:
    out = io.BytesIO()
    mark = Provenance(digital_source_type=TRAINED, system="Painter", prompt="a fox")
    image = Image.effect_noise((320, 240), 90).convert("RGB")
    image.save(out, "JPEG", quality=88, progressive=True, xmp=provenance.packet(mark))
    return out.getvalue()


def root_of(sealer: Sealer) -> bytes:
    assert sealer.root is not None
    return sealer.root


def test_signature_chain_assertions_and_file_hold(sealer: Sealer, plain: bytes) -> None:
    found = verified(sealer.seal(plain, SAID), root_of(sealer), NOW)
    assert "CN=Pictures of art.example" in found.signer
    [action] = found.assertions["c2pa.actions.v2"]["actions"]
    assert (action["action"], action["digitalSourceType"]) == ("c2pa.created", TRAINED)
    assert action["softwareAgent"] == {"name": "Painter", "version": "3"}
    assert action["parameters"]["ai.fediverse.seed"] == 41
    assert found.assertions["cawg.training-mining"]["entries"]["cawg.ai_training"] == {"use": "notAllowed"}
    assert found.claim["alg"] == "sha256"
    assert not [label for label in found.assertions if "thumbnail" in label], "they made files eight times as large"


def test_parents_are_named_and_their_manifests_kept(sealer: Sealer, plain: bytes) -> None:
    parent = sealer.seal(plain, SAID)
    parents = [Parent(parent, "picture 1"), Parent(plain, "picture 2", "inputTo")]
    found = verified(sealer.seal(plain, Statement("b", TRAINED, parents=parents)), root_of(sealer), NOW)
    ingredients = [value for label, value in found.assertions.items() if label.startswith("c2pa.ingredient")]
    assert {(one["dc:title"], one["relationship"]) for one in ingredients} == {
        ("picture 1", "parentOf"),
        ("picture 2", "inputTo"),
    }
    assert [one["action"] for one in found.assertions["c2pa.actions.v2"]["actions"]] == ["c2pa.opened", "c2pa.edited"]


def test_every_change_is_noticed(sealer: Sealer, plain: bytes, tmp_path: Path) -> None:
    sealed, root = sealer.seal(plain, SAID), root_of(sealer)

    def changed(at: int) -> bytes:
        return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]

    with pytest.raises(Broken, match="file was changed"):
        verified(changed(len(sealed) - 40), root, NOW)
    with pytest.raises(Broken, match="assertion"):
        verified(changed(sealed.index(b"c2pa.created") + 6), root, NOW)
    with pytest.raises(Broken, match="signature"):
        verified(changed(sealed.index(b"instanceID") + 16), root, NOW)
    with pytest.raises(Broken, match="no manifest"):
        verified(plain, root, NOW)
    with pytest.raises(Broken, match="ended"):
        verified(sealed, root, NOW + timedelta(days=certificates.LEAF_DAYS + 2))
    certificates.ensure(tmp_path / "other", "other.example", NOW)
    with pytest.raises(Broken, match="chain"):
        verified(sealed, (tmp_path / "other" / certificates.ROOT).read_bytes(), NOW)


@pytest.mark.live
def test_exiftool_reads_manifest_and_xmp(sealer: Sealer, plain: bytes, tmp_path: Path) -> None:
    """Debian's exiftool knows JUMBF boxes and CBOR, and owes nothing to the C2PA library."""
    program = shutil.which("exiftool")
    assert program is not None, "apt install libimage-exiftool-perl"
    path = tmp_path / "picture.jpg"
    path.write_bytes(sealer.seal(plain, SAID))
    asked = [program, "-j", "-G1", "-struct", "-JUMBF:all", "-XMP:all", "-validate", "-warning", str(path)]
    [told] = json.loads(subprocess.run(asked, check=True, capture_output=True, timeout=60).stdout)
    words = json.dumps(told)
    assert told["XMP-iptcExt:DigitalSourceType"] == TRAINED
    for part in ("c2pa.created", "Painter", TRAINED, "cawg.ai_training", "notAllowed"):
        assert part in words, part
    assert "JUMBF" in words
