"""Corrections that bring a document within what the generator can make a client of, where nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scripts.codegen.contract.document import Document, Json
from scripts.update_spec.decision.hands import OVERLAY, Hand, target_of
from scripts.update_spec.judge.operations import operations
from scripts.update_spec.published.record import TO_BE_WRITTEN

_NAME = "client-limits"
_SENT = ("application/json", "application/gzip")


def additions(effective: Document) -> Iterator[Json]:
    """The corrections. What cannot be corrected is left for the generator to refuse."""
    wanted: Json = [{"ApiKeyAuth": []}]
    everywhere = effective.get("security", [])
    if wanted[0] in everywhere and everywhere != wanted:
        others = "$.security[?!@.ApiKeyAuth]"
        if all("ApiKeyAuth" not in one or one == wanted[0] for one in everywhere):
            yield _removal(others, "The client sends the one kind of key; others are accepted, too.")
    for operation in operations(effective):
        own = operation.raw.get("security")
        if own is not None and own != wanted and (not own or wanted[0] in own or {} in own):
            yield _removal(
                f"{target_of(operation)}.security", "The client sends its key everywhere; it is accepted here."
            )
        content = operation.raw.get("requestBody", {}).get("content", {})
        if any(media in content for media in _SENT):
            for media in content.keys() - set(_SENT):
                why = "The client sends bodies of one type; others are accepted, too."
                yield _removal(f"{target_of(operation)}.requestBody.content[{media!r}]", why)
        responses = operation.raw.get("responses", {})
        if "default" in responses:
            if not any(str(status).startswith("2") for status in responses):
                why = "The one response that is described is that of a success."
                response = {"description": TO_BE_WRITTEN, **responses["default"]}
                yield _addition(f"{target_of(operation)}.responses", why, {"update": {"200": response}})
            why = "The client tells responses apart by single statuses."
            yield _removal(f"{target_of(operation)}.responses.default", why)


def hands(added: Iterable[Json]) -> Iterator[Hand]:
    """That somebody looks at them."""
    for action in added:
        what = f"correction {_NAME} was written for {action['target']}: {action['description']}"
        yield Hand(OVERLAY, what, holds=False, anchor=action["target"])


def _removal(target: str, why: str) -> Json:
    return _addition(target, why, {"remove": True})


def _addition(target: str, why: str, action: Json) -> Json:
    evidence = "The generator's limits. Written when the newer document was adopted."
    return {"x-correction": _NAME, "target": target, "description": why, "x-evidence": evidence, **action}
