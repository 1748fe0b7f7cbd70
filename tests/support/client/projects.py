"""Folders and archives for the tests of packing and unpacking."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from treasure_workflow import archive

WORKFLOW = {"nightly.dig": b"+a:\n  echo>: hello\n"}
Tree = dict[str, bytes]


def write(root: Path, files: Tree) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def read(root: Path) -> Tree:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def packed_bytes(root: Path, **options: bool) -> bytes:
    with archive.pack(root, **options) as packed:
        return b"".join(packed.chunks())


def packed_files(root: Path) -> Tree:
    with tarfile.open(fileobj=io.BytesIO(packed_bytes(root))) as tar:
        return {entry.name: file.read() for entry in tar if (file := tar.extractfile(entry))}


def tar_gz(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for entry, content in entries:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def entry(
    name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info, content
