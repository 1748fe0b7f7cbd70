"""From the generator's properties to Python: how a value is annotated, and how it is read from JSON."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from openapi_python_client.parser.properties import LiteralEnumProperty, ModelProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

from scripts.codegen.python import text

Property = PropertyProtocol


def is_free_form(prop: Property) -> bool:
    """Whether a property is an object without fields of its own, which is a plain dictionary."""
    # A property that refers to a model knows that model's schema, and not yet its fields.
    return isinstance(prop, ModelProperty) and not prop.data.properties


def single_value(prop: Property) -> str | int | None:
    """The one value that a property can have, None where there are several."""
    if isinstance(prop, LiteralEnumProperty) and len(prop.values) == 1:
        (value,) = prop.values
        return value
    return None


def default(prop: Property) -> str | None:
    """The default of a property as Python source, None without one. Raises ValueError for one of another type."""
    if prop.default is None:
        return None
    raw, code = prop.default.raw_value, prop.default.python_code.as_unembedded_code()
    if re.fullmatch(r"datetime\.(datetime|date)\.fromisoformat\('[-+:.\dTZtz ]*'\)|UUID\('[-\da-fA-F]*'\)", code):
        return code
    value = ast.literal_eval(code)
    return text.literal(raw if isinstance(value, str) and isinstance(raw, str) else value)


def variants(prop: Property) -> list[Property]:
    """The types of a union, those of unions within it included; a property that is no union by itself."""
    if isinstance(prop, UnionProperty):
        return [variant for inner in prop.inner_properties for variant in variants(inner)]
    return [prop]


def is_nullable(prop: Property) -> bool:
    """Whether the contract allows null."""
    return any(isinstance(variant, NoneProperty) for variant in variants(prop))


def annotation(prop: Property, *, readable: bool) -> str:
    """The type of a property that is there.

    Args:
        prop: The property.
        readable: Whether responses hold it. What the contract does not know yet passes, so its type is part of theirs:
            the string of an enumeration's new value, the dictionary of a union's new variant.
    """
    found = dict.fromkeys(_names(prop, readable=readable))
    nullable = found.pop("None", "") is None
    return " | ".join([*found, *(["None"] if nullable else [])]) or "None"


def _names(prop: Property, *, readable: bool) -> Iterator[str]:
    models = 0
    for variant in variants(prop):
        match variant:
            case NoneProperty():
                yield "None"
            case ListProperty():
                yield f"list[{annotation(variant.inner_property, readable=readable)}]"
            case LiteralEnumProperty():
                yield str(variant.class_info.name)
                if readable and len(variant.values) > 1:
                    yield variant.value_type.__name__
            case ModelProperty():
                models += not is_free_form(variant)
                yield str(variant.class_info.name)
            case FileProperty():
                yield "File"
            case _:
                yield variant.get_base_type_string().as_unembedded_code()
    if models > 1:
        yield "dict[str, Any]"


def reader(prop: Property) -> str | None:
    """A function, as an expression, that makes the property of its JSON value; None where it is that value."""
    kinds = [variant for variant in variants(prop) if not isinstance(variant, NoneProperty)]
    readers = [_single_reader(kind) for kind in kinds]
    if len(kinds) == 1:
        return readers[0]
    found = [each for each in readers if each is not None]
    return f"one_of({', '.join(found)})" if found else None


def _single_reader(prop: Property) -> str | None:
    match prop:
        case DateTimeProperty():
            return "read_time"
        case DateProperty():
            return "read_date"
        case UuidProperty():
            return "read_uuid"
        case ListProperty():
            inner = reader(prop.inner_property)
            return None if inner is None else f"list_of({inner})"
        case ModelProperty() if not is_free_form(prop):
            return f"{prop.class_info.name}.from_dict"
    return None


def read(prop: Property, source: str, *, absent: str | None) -> str:
    """The expression that reads a property; null passes as None, whether the contract has it or not.

    Args:
        prop: The property.
        source: The expression for its JSON value.
        absent: What stands for a value that is not there: `UNSET`, `None`, or None where it always is.
    """
    value = single_value(prop)
    if value is not None:
        expected = f"only({source}, {text.literal(value)})"
        return expected if absent is None else f"given({source}, lambda value: only(value, {text.literal(value)}))"
    found = reader(prop)
    if found is None:
        return source
    # Where the contract has no null, one that comes is let through under a name whose type says nothing.
    null = "NULL" if absent is None else "None"
    if found == "read_time" and absent != "UNSET":
        return f"{null} if (value := {source}) is None else parse_time(value)"
    if found.startswith("read_"):
        return f"{found}({source})"
    if isinstance(prop, ListProperty):
        return f"list_in({source}, {reader(prop.inner_property)})"
    if absent != "UNSET":
        return f"{null} if (value := {source}) is None else {found}(value)"
    return f"given({source}, {found})"


def classes(prop: Property) -> Iterator[tuple[str, str]]:
    """(module, class) of what a property's type and reader name in the models package."""
    for variant in variants(prop):
        if isinstance(variant, ListProperty):
            yield from classes(variant.inner_property)
        elif isinstance(variant, ModelProperty | LiteralEnumProperty):
            yield str(variant.class_info.module_name), str(variant.class_info.name)


def enumerations(prop: Property) -> Iterator[LiteralEnumProperty | ModelProperty]:
    """What a property's type names that is no class of its own: enumerations and free-form objects."""
    for variant in variants(prop):
        if isinstance(variant, ListProperty):
            yield from enumerations(variant.inner_property)
        elif isinstance(variant, LiteralEnumProperty) or (isinstance(variant, ModelProperty) and is_free_form(variant)):
            yield variant
