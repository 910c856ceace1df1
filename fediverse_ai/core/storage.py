"""Files by content hash, in a folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from pathlib import Path
from typing import Protocol

from fediverse_ai.core import room
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.failpoints import fp

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,10})?")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}|")


class Storage(Protocol):
    """Where media files lie; a name is `ab/abcd….jpg`, from the SHA-256 of the content."""

    async def put(self, data: bytes, suffix: str) -> str:
        """Keep the bytes durably and give their name; the same bytes get the same name. Raises NoRoom."""
        ...

    async def read(self, name: str) -> bytes:
        """The bytes. Raises Missing."""
        ...

    def path(self, name: str) -> Path | None:
        """The file, if it lies on this machine."""
        ...

    async def delete(self, name: str) -> None:
        """Remove it; no error when it is not there."""
        ...

    def url(self, name: str) -> str:
        """Its public address."""
        ...


class FolderStorage:
    """Storage in a folder of this machine, served under `base_url`; `reserve` bytes of its disk are left alone."""

    def __init__(self, folder: Path, base_url: str, *, reserve: int = 0) -> None:
        self._folder = folder
        self._reserve = reserve
        self._base_url = base_url.rstrip("/")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def put(self, data: bytes, suffix: str) -> str:
        return await asyncio.to_thread(self._put, data, suffix)

    def _put(self, data: bytes, suffix: str) -> str:
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError(f"{suffix!r} is no file suffix such as .jpg")
        digest = hashlib.sha256(data).hexdigest()
        name = f"{digest[:2]}/{digest}{suffix}"
        final = self._folder / name
        if final.exists() and final.stat().st_size == len(data):
            final.touch()  # somebody needs it from now on: whoever looks for old files without a row leaves it
            return name
        if room.free_bytes(self._folder) < self._reserve + len(data):
            raise room.no_room(room.SHORT, f"{len(data)} bytes for {self._folder}, of which {self._reserve} stay free")
        try:
            self._write(final, data)
        except OSError as error:
            if room.is_full(error):
                raise room.no_room(room.FULL, f"{final}: {error.strerror}") from error
            raise
        return name

    def _write(self, final: Path, data: bytes) -> None:
        fresh_folder = not final.parent.exists()
        final.parent.mkdir(mode=0o700, exist_ok=True)
        temporary = final.with_name(f".{final.name}.{os.getpid()}")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fp("storage.before_rename")
            temporary.replace(final)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(final.parent)
        if fresh_folder:
            _sync_folder(self._folder)

    async def read(self, name: str) -> bytes:
        path = self.path(name)
        if path is None:
            raise Missing("There is no such file.", f"media {name!r}")
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise Missing("There is no such file.", f"media {name!r}") from None

    def path(self, name: str) -> Path | None:
        return self._folder / name if _NAME.fullmatch(name) else None

    async def delete(self, name: str) -> None:
        path = self.path(name)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def url(self, name: str) -> str:
        return f"{self._base_url}/{name}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
