"""One backup is one tar file: its parts, and a manifest with the size and the SHA-256 of each, written last."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from fediverse_ai.backup.sealing import KEY, SUFFIX, Seal, unlocked
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.limits import BACKUP_MANIFEST_BYTES

FORMAT = 1
MANIFEST = "manifest.json"
README = "README.txt"
SQLITE, DUMP = "database.sqlite.gz", "database.pgdump"
PICTURES = "media.jsonl.gz"
CHUNK = 1 << 20

WORDS = f"""A backup of a fediverse-ai server. `fediverse-ai backup restore` brings it back; by hand:

tar -xf THIS_FILE
Parts that end in {SUFFIX} are encrypted (https://age-encryption.org); key.age is their key, under your passphrase:
    age -d -i key.age database.sqlite.gz.age > database.sqlite.gz
database.sqlite.gz   an SQLite database: gunzip it, sqlite3 opens it
database.pgdump      a PostgreSQL dump in custom format, for pg_restore
media.jsonl.gz       the pictures that belong to it, by SHA-256; they lie in `media` beside the backups
manifest.json        what is in here, with the SHA-256 of each part
Without secret.key nobody can sign as this server; it is here only if that was chosen.
"""


@dataclass(frozen=True)
class Part:
    """One file in a backup as it lies there: bytes and SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. Nothing private is in it, because it is never encrypted. Times are epoch ms."""

    made_ms: int
    program: str
    revision: str
    database: str
    """sqlite or postgresql."""
    public_url: str
    keys: bool
    media: bool
    pictures: int = 0
    picture_bytes: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    recipient: str = ""
    """The age key that its parts are encrypted for; empty for none."""
    parts: dict[str, Part] = field(default_factory=dict)
    format: int = FORMAT

    def dump(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()

    @classmethod
    def read(cls, data: bytes) -> Manifest:
        """Raises Unprocessable for what is no manifest, or one of a newer program."""
        try:
            found: dict[str, Any] = json.loads(data)
            if found.get("format") != FORMAT:
                raise Unprocessable(f"This backup has format {found.get('format')}; this program reads {FORMAT}.")
            parts = {str(name): Part(**part) for name, part in found.pop("parts").items()}
            return cls(**found, parts=parts)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unprocessable("The manifest of this backup cannot be read.", repr(error)) from None


class Packing:
    """A backup that is being written. Parts are sealed on the way where there is a seal."""

    def __init__(self, path: Path, made_ms: int, seal: Seal | None) -> None:
        self.parts: dict[str, Part] = {}
        self._seal = seal
        self._made = made_ms // 1000
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w", format=tarfile.GNU_FORMAT)  # noqa: SIM115 - see close
        self._beside = path.with_name(f"{path.name}.sealed")
        self._put(README, io.BytesIO(WORDS.encode()), len(WORDS.encode()))
        if seal is not None:
            self._put(KEY, io.BytesIO(seal.sealed), len(seal.sealed))

    def add(self, name: str, source: BinaryIO, *, sealed: bool = True) -> None:
        """Add everything that `source` gives from its beginning on."""
        if self._seal is None or not sealed:
            self._put(name, source, source.seek(0, os.SEEK_END))
            return
        source.seek(0)
        try:
            # The size of a part stands before it, and is known only when it is sealed.
            with self._beside.open("w+b") as file:
                self._seal.seal(source, file)
                self._put(name + SUFFIX, file, file.seek(0, os.SEEK_END))
        finally:
            self._beside.unlink(missing_ok=True)

    def _put(self, name: str, source: BinaryIO, size: int) -> None:
        source.seek(0)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, self._made
        reader = _Hashing(source)
        self._tar.addfile(entry, reader)
        self.parts[name] = Part(size, reader.digest.hexdigest())

    def close(self, manifest: Manifest | None) -> None:
        """Write the manifest and make it durable; None leaves an unfinished file for the caller to remove."""
        with self._file:
            if manifest is not None:
                written = manifest.dump()
                entry = tarfile.TarInfo(MANIFEST)
                entry.size, entry.mode, entry.mtime = len(written), 0o600, self._made
                self._tar.addfile(entry, io.BytesIO(written))
                self._tar.close()
                self._file.flush()
                os.fsync(self._file.fileno())


class _Hashing(io.RawIOBase):
    """Reads on, and takes the SHA-256 of what was read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self._source.read(size)
        self.digest.update(found)
        return found


class Packed:
    """A backup that is there. `seal` opens its parts; None while it is not encrypted or not unlocked."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self.path = path
        self._tar = tar
        self.manifest = Manifest.read(self._bytes(MANIFEST, BACKUP_MANIFEST_BYTES))
        self.seal: Seal | None = None

    def unlock(self, passphrase: str) -> None:
        """Have the key, where one is needed. Raises Unprocessable without the right passphrase."""
        if self.manifest.recipient:
            if not passphrase:
                raise Unprocessable("This backup is encrypted: give its passphrase with --passphrase-file.")
            self.seal = unlocked(self._bytes(KEY, BACKUP_MANIFEST_BYTES), passphrase)

    def broken(self) -> Iterator[str]:
        """The names of parts that are missing or not as the manifest says."""
        for name, part in self.manifest.parts.items():
            digest, size = hashlib.sha256(), 0
            try:
                with self._member(name) as file:
                    while chunk := file.read(CHUNK):
                        digest.update(chunk)
                        size += len(chunk)
            except (Unprocessable, tarfile.TarError, OSError):
                yield name
                continue
            if (size, digest.hexdigest()) != (part.bytes, part.sha256):
                yield name

    def has(self, name: str) -> bool:
        """Is there such a part, encrypted or not?"""
        return not self.manifest.parts.keys().isdisjoint({name, name + SUFFIX})

    def take(self, name: str, target: Path) -> None:
        """Write one part, decrypted, to a new file of mode 0600. Raises Unprocessable."""
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if name in self.manifest.parts:
                with self._member(name) as source:
                    while chunk := source.read(CHUNK):
                        file.write(chunk)
            else:
                with self._member(name + SUFFIX) as source:
                    self._sealed().open(source, file)
            file.flush()
            os.fsync(file.fileno())

    def _sealed(self) -> Seal:
        if self.seal is None:
            raise Unprocessable("This backup is encrypted: give its passphrase with --passphrase-file.")
        return self.seal

    @contextmanager
    def _member(self, name: str) -> Iterator[BinaryIO]:
        try:
            found = self._tar.extractfile(name)
        except KeyError:
            found = None
        if found is None:
            raise Unprocessable(f"The backup has no part {name}.")
        with found:
            yield found  # type: ignore[misc]  # reads bytes, whatever its type is called

    def _bytes(self, name: str, most: int) -> bytes:
        with self._member(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise Unprocessable(f"The part {name} of this backup is too large.")
        return data


@contextmanager
def opened(path: Path) -> Iterator[Packed]:
    """A backup, for reading. Raises Unprocessable for what is none, or not whole."""
    try:
        tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed below
    except FileNotFoundError:
        raise Unprocessable(f"There is no file {path}.") from None
    except (tarfile.TarError, OSError) as error:
        raise Unprocessable(f"{path.name} is no backup, or not whole.", str(error)) from None
    with tar:
        try:
            found = Packed(path, tar)
        except tarfile.TarError as error:
            raise Unprocessable(f"{path.name} is no backup, or not whole.", str(error)) from None
        yield found
