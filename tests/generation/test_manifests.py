"""Certificates and manifests by themselves: made, renewed, replaced, read; and strangers' bytes."""

from __future__ import annotations

import io
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from PIL import Image

from fediverse_ai.core.config import Config, ProvenanceSection, ServerSection
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.limits import MANIFEST_PARENTS
from generation import certificates, manifests
from generation.manifests import Parent, Sealer, Statement
from generation.provenance import TRAINED

NOW = datetime.now(UTC)


def config(folder: Path, **chosen: str) -> Config:
    server = ServerSection(public_url="https://art.example")
    return Config(data_dir=folder, server=server, provenance=ProvenanceSection(**chosen))


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (120, 80, 40)).save(out, "JPEG")
    return out.getvalue()


def test_a_chain_is_made_kept_and_renewed_in_time(tmp_path: Path) -> None:
    folder = tmp_path / "provenance"
    assert certificates.ensure(folder, "art.example", NOW)
    for name in (certificates.KEY, certificates.ROOT_KEY):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    root, chain = (folder / certificates.ROOT).read_bytes(), (folder / certificates.CHAIN).read_bytes()
    assert not certificates.ensure(folder, "art.example", NOW + timedelta(days=300))
    assert certificates.ensure(folder, "art.example", NOW + timedelta(days=340))
    assert (folder / certificates.CHAIN).read_bytes() != chain
    assert (folder / certificates.ROOT).read_bytes() == root, "whoever trusts the root goes on to trust us"
    leaf, parent = x509.load_pem_x509_certificates((folder / certificates.CHAIN).read_bytes())
    leaf.verify_directly_issued_by(parent)


def test_a_certificate_of_ones_own_is_used(tmp_path: Path) -> None:
    certificates.ensure(tmp_path / "bought", "other.example", NOW)
    chain, key = (str(tmp_path / "bought" / name) for name in (certificates.CHAIN, certificates.KEY))
    sealer = Sealer.of(config(tmp_path, certificate=chain, key=key), NOW, "1")
    found = manifests.reading_of(manifests.read(sealer.seal(jpeg(), Statement("x")), "image/jpeg"))
    assert found is not None
    assert (found.state, found.issuer) == ("valid", "Pictures of other.example")
    assert (found.actions, found.ingredients) == (("c2pa.opened", "c2pa.edited"), ("the file that was brought",))
    assert not (tmp_path / certificates.FOLDER).exists()


@pytest.mark.parametrize("chosen", [{"certificate": "chain.pem"}, {"certificate": "none.pem", "key": "none.pem"}])
def test_half_a_certificate_is_refused(tmp_path: Path, chosen: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        Sealer.of(config(tmp_path, **chosen), NOW, "1")


def test_parents_are_bounded(tmp_path: Path) -> None:
    sealer = Sealer.of(config(tmp_path), NOW, "1")
    plain = jpeg()
    for number in (MANIFEST_PARENTS, MANIFEST_PARENTS + 1):
        parents = [Parent(plain, f"p{index}", "inputTo") for index in range(number)]
        found = manifests.reading_of(
            manifests.read(sealer.seal(plain, Statement("x", TRAINED, parents=parents)), "image/jpeg")
        )
        assert found is not None
        assert len(found.ingredients) == MANIFEST_PARENTS


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"c2pa" * 100, jpeg()[:-400], jpeg() + b"jumbc2pa"])
def test_files_without_a_manifest_have_none(data: bytes) -> None:
    found = manifests.reading_of(manifests.read(data, "image/jpeg"))
    assert found is None or found.state == "invalid"
    assert manifests.archive(data, "image/jpeg") is None
