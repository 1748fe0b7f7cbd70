"""Python names for what the contract names: attributes, arguments, modules. One place, so that all parts agree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.python import text

PREFIX = "field_"
"""What the generator puts before a name that Python does not allow, such as one that begins with a digit."""

RESERVED_ATTRIBUTES = frozenset(
    {
        *("additional_keys", "additional_properties", "cls", "define", "field", "from_dict", "from_json", "self"),
        *("to_dict", "to_json"),
    }
)
"""What a model has of its own, and what its class is made with."""

RESERVED_ARGUMENTS = frozenset(
    {
        *(
            "arguments",
            "asyncio_detailed",
            "body",
            "build_request",
            "client",
            "headers_of",
            "parse_response",
            "path_of",
        ),
        *("query_of", "response", "sync_detailed", "url"),
    }
)
"""What the functions of an operation take and use beside its parameters."""


RESERVED_CLASSES = frozenset(
    {
        *("Any", "Arguments", "Client", "ClassVar", "File", "Final", "HttpResponse", "Literal", "Mapping", "Model"),
        *(
            "OPERATION",
            "OPERATIONS",
            "Request",
            "Required",
            "Response",
            "Self",
            "TypeAlias",
            "TypedDict",
            "UNSET",
            "UUID",
        ),
        *("Unpack", "Unset", "Uuid"),
    }
)
"""What the generated modules import or define beside the models."""


def class_overrides(schemas: Iterable[str]) -> dict[str, str]:
    """By the class name that a schema would have: the one it gets, as the modules use that name for something else."""
    found = {str(ClassName(name, PREFIX)) for name in schemas} & RESERVED_CLASSES
    return {name: f"{name}Model" for name in found}


def attribute(name: str) -> str:
    """The attribute of a model for a JSON field: `archive_md5` for `archiveMd5`."""
    return _readable(name, RESERVED_ATTRIBUTES)


def argument(name: str) -> str:
    """The argument of an operation's functions for a parameter: `page_after` for `page[after]`."""
    return _readable(name, RESERVED_ARGUMENTS)


def told(name: str, python_name: str) -> str:
    """How the contract calls what Python does not let be called so; empty where the two are alike."""
    plain, ours = (re.sub("[^a-z0-9]", "", each.lower()) for each in (name, python_name))
    return "" if plain == ours and not python_name.endswith("_") else f"In JSON and on the wire: `{text.prose(name)}`."


def module(name: str) -> str:
    """The module for an operation or a tag."""
    return _readable(name, frozenset())


def _readable(name: str, reserved: frozenset[str]) -> str:
    # Python folds identifiers to NFKC as it reads them, so that a ligature would be another argument's name.
    words = re.sub(r"[\[\]{}()]+", "_", unicodedata.normalize("NFKC", name)).strip("_ ") or name
    found = str(PythonIdentifier(words if not name.startswith("_") else name, PREFIX))
    found = re.sub(r"(?<=[a-z])_(?=\d+(?:_|$))", "", found)
    return f"{found}_" if found in reserved or found.startswith("__") else found
