"""Reads a published document, and refuses what is none, what is of another API, and what is meant to harm.

Only the file that is named is read. Nothing is fetched, and nothing that the document refers to is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.codegen.contract.checks import Checks, https_host
from scripts.codegen.contract.document import Document, DocumentError, read_document
from scripts.codegen.contract.effective import validate
from scripts.update_spec.judge.operations import operations
from scripts.update_spec.published.dialect import in_old_words
from scripts.update_spec.published.record import Published


class RefusedError(Exception):
    """Why a document is not looked at: one sentence, with the place and what to do."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the caller confirmed: hosts that keys may go to, and another title."""

    hosts: tuple[str, ...] = ()
    title: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A document in the words of OpenAPI 3.0, the version it came in, and what could not be said in those words."""

    document: Document
    version: str
    lost: list[str]


def read(path: Path, published: Published, domains: Iterable[str], allowed: Allowed) -> Reading:
    """A newer document of the API that `published` is of.

    Args:
        path: The file.
        published: What was published last.
        domains: Where keys may go, with all that is below.
        allowed: What was confirmed.

    Raises:
        RefusedError: It cannot be read, is not valid, or is not of this API.
    """
    domains = [*domains, *allowed.hosts]
    try:
        document = read_document(path)
        version = document.get("openapi")
        if not isinstance(version, str) or not re.fullmatch(r"3\.[012]\.\d+", version):
            raise DocumentError(path, ("openapi",), f"the version is {version!r}", "give OpenAPI 3.0, 3.1 or 3.2")
        # Before anything follows a reference: none leads out of the document.
        Checks(path, document, domains).references()
        validate(path, document)
        translated, lost = in_old_words(document)
        checks = Checks(path, translated, domains)
        checks.structure(named=False)
        _same_api(path, translated, published, allowed)
        _known_addresses(checks, translated)
    except DocumentError as error:
        raise RefusedError(str(error)) from None
    return Reading(translated, version, lost)


def _same_api(path: Path, document: Document, published: Published, allowed: Allowed) -> None:
    title, known_title = document["info"]["title"], published.structure["info"]["title"]
    if title != known_title and not allowed.title:
        problem = f"the title is {title!r}, not {known_title!r}"
        raise DocumentError(path, ("info", "title"), problem, "if it is the same API, say --accept-title")
    there, known = ({one.id for one in operations(each)} for each in (document, published.structure))
    if len(known & there) * 2 < len(known):
        problem = f"{len(known & there)} of the {len(known)} operationIds that were published are in it"
        raise DocumentError(path, ("paths",), problem, "this is another API's document: give the right one")


def _known_addresses(checks: Checks, document: Document) -> None:
    """Every server is one of the service: those of the document, and those of an operation."""
    for at, holder in (((), document), *checks.operations()):
        for index, server in enumerate(holder.get("servers", ())):
            advice = f"if that is meant, say --accept-host {https_host(server['url']) or 'HOST'}"
            checks.address((*at, "servers", index, "url"), server["url"], advice)
