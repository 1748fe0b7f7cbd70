"""Project archives for uploads: small real projects, and what is none."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

from hypothesis import strategies as st

_TASKS = (
    "+load:\n  echo>: loaded ${session_date}\n",
    "+both:\n  _parallel: true\n  +first:\n    echo>: '1'\n  +second:\n    echo>: '2'\n",
    "+guarded:\n  _error:\n    +tell:\n      echo>: failed\n  echo>: fine\n",
    "+each:\n  loop>: 3\n  _do:\n    +one:\n      echo>: ${i}\n",
    "+größe:\n  echo>: '日本 & + / %'\n",
)
_HEADS = (
    "",
    "timezone: Asia/Tokyo\n",
    "schedule:\n  daily>: 03:00:00\n",
    "timezone: Europe/Berlin\nschedule:\n  hourly>: '15:00'\n",
    "_export:\n  table: orders\n  limit: 9007199254740993\n",
    "schedule:\n  fortnightly>: 1\n",
    "+broken: [\n",
)


def pack(files: Mapping[str, str]) -> bytes:
    """A tar.gz of text files, the same bytes every time."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(tar.getvalue(), mtime=0)


def archives() -> st.SearchStrategy[bytes]:
    """Bytes of uploads. Most are projects, with a mistake here and there; some are no archives at all."""
    projects = st.dictionaries(
        st.sampled_from(["nightly.dig", "report.dig", "größe.dig", "queries/orders.sql", ".digdagignore", "README.md"]),
        st.builds("{}{}{}".format, st.sampled_from(_HEADS), st.sampled_from(_TASKS), st.sampled_from(_TASKS)),
        max_size=3,
    ).map(pack)
    cut = st.builds(lambda archive, size: archive[:size], projects, st.integers(0, 200))
    rubbish = st.one_of(st.binary(max_size=100), st.binary(max_size=700).map(lambda data: gzip.compress(data, mtime=0)))
    return st.one_of(projects, projects, projects, cut, rubbish)
