"""The effective contract: the published document with our corrections, checked from end to end."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path

import openapi_spec_validator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from scripts import ROOT
from scripts.codegen.contract import composition, corrections
from scripts.codegen.contract.checks import Checks
from scripts.codegen.contract.document import Document, DocumentError, Json, nodes, read_document

CONTRACT = ROOT / "openapi.yaml"
OVERLAY = ROOT / "overlay" / "openapi.overlay.yaml"


def effective(contract: Path = CONTRACT, overlay: Path = OVERLAY) -> Document:
    """The corrected contract, which a package can be made of without losing anything.

    Args:
        contract: The file of the published document.
        overlay: The file of the corrections.

    Raises:
        DocumentError: Either file cannot be read, or something in the document would be lost or misread.
        CorrectionError: A correction has no effect.
    """
    document, rules = read_document(contract), read_document(overlay)
    domains = _domains(overlay, rules)
    file = _shown(contract)
    Checks(file, document, domains).structure(named=False)
    corrected = corrections.apply(document, _actions(overlay, rules))
    file = f"{file} with its corrections"
    composition.written_out(file, corrected)
    Checks(file, corrected, domains).everything()
    validate(file, corrected)
    return corrected


def validate(file: Path | str, document: Document) -> None:
    """Holds a document against the rules of OpenAPI 3.0.

    Raises:
        DocumentError: It breaks one.
    """
    try:
        openapi_spec_validator.validate(_without_patterns(document))
    except OpenAPIValidationError as error:
        place = tuple(getattr(error, "absolute_path", ()))
        message = str(getattr(error, "message", error))
        raise DocumentError(file, place, f"this is not valid OpenAPI: {message[:300]}", "mend it") from None
    except (AttributeError, LookupError, TypeError, ValueError) as error:  # the validator trips over what is not there
        raise DocumentError(file, "", f"this is not valid OpenAPI: {error!r}", "mend it") from None
    except RecursionError:
        raise DocumentError(file, "", "the schemas are nested too deeply", "give an API's document") from None


def _without_patterns(document: Document) -> Document:
    # Defaults are held against their schemas. A pattern may take years for one, and decides nothing here.
    document = copy.deepcopy(document)
    for _, node in list(nodes(document)):
        if isinstance(node, dict) and isinstance(node.get("pattern"), str):
            del node["pattern"]
    return document


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _domains(file: Path, overlay: Document) -> Iterable[str]:
    found = overlay.get("x-domains")
    if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
        raise DocumentError(_shown(file), ("x-domains",), "the domains that keys may go to are missing", "list them")
    return found


def _actions(file: Path, overlay: Document) -> list[dict[str, Json]]:
    found = overlay.get("actions")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise DocumentError(_shown(file), ("actions",), "a list of corrections was expected", "see Overlay 1.0")
    return found
