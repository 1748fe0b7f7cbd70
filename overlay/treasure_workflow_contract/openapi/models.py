"""JSON to the generated models and back by the contract's names, without the models' own `from_dict` and `to_dict`.

A name that both of those get wrong in the same way would go unseen if one were tested with the other.
"""

from __future__ import annotations

import copy
import datetime
import re
import uuid
from collections.abc import Mapping
from typing import Any

import attrs

from treasure_workflow_api import models
from treasure_workflow_api.types import UNSET
from treasure_workflow_contract.openapi.contract import Contract, Schema, name_of

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_UNKNOWN_FIELDS = "_unknown"


class WrongVariantError(ValueError):
    """A model that is not the one of its union that the contract's discriminator names."""


def squeezed(name: str) -> str:
    """What is left of a name in every spelling of it: `page[after]` and `page_after` are one."""
    return re.sub("[^a-z0-9]", "", name.lower())


def to_model(contract: Contract, schema: Schema, value: Any) -> Any:
    """A JSON value as what the generated functions take: models made by their constructors, times as datetimes."""
    if value is None:
        return None
    name = name_of(schema)
    schema = contract.resolve(schema)
    if "discriminator" in schema:
        variant = contract.variant(schema, value)
        assert variant is not None, "what is drawn of a union is one of its variants"
        return to_model(contract, variant, value)
    if schema.get("type") == "array":
        return [to_model(contract, schema["items"], item) for item in value]
    if schema.get("format") == "date-time":
        return datetime.datetime.fromisoformat(value)
    if schema.get("format") == "uuid":
        return uuid.UUID(value)
    if not name or "properties" not in schema:
        return value
    properties = schema["properties"]
    fields = _fields(getattr(models, name))
    model = getattr(models, name)(
        **{fields[squeezed(k)]: to_model(contract, properties[k], v) for k, v in value.items() if k in properties}
    )
    for key in value.keys() - properties.keys():
        model[key] = value[key]
    return model


def read_model(schema: Schema, value: Mapping[str, Any]) -> Any:
    """A JSON object as the generated model of a schema that is a reference, by the model's own `from_dict`."""
    return getattr(models, name_of(schema)).from_dict(value)


def from_model(contract: Contract, schema: Schema, value: Any) -> Any:
    """The JSON value that a model stands for, each declared name read from the field of that name.

    Raises WrongVariantError.
    """
    if isinstance(value, list):
        items = contract.resolve(schema).get("items", {})
        return [from_model(contract, items, item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if not attrs.has(type(value)):
        if isinstance(value, dict) and contract.resolve(schema).keys() & {"properties", "discriminator"}:
            raise WrongVariantError(f"no model was made of {value!r}")
        return value
    model = {"$ref": f"#/components/schemas/{type(value).__name__}"}
    fields = _fields(type(value))
    found = {
        name: from_model(contract, described, getattr(value, fields[squeezed(name)]))
        for name, described in contract.resolve(model)["properties"].items()
    }
    discriminator = contract.resolve(schema).get("discriminator")
    if discriminator is not None and contract.variant(schema, found) != model:
        raise WrongVariantError(f"the model of a {found[discriminator['propertyName']]} is {type(value).__name__}")
    required = contract.resolve(model).get("required", ())
    sent = any(field.default is UNSET for field in attrs.fields(type(value)))
    # Of what only responses hold, None says that a field is absent; of what is sent, UNSET does.
    declared = {
        name: item
        for name, item in found.items()
        if item is not UNSET and (item is not None or name in required or sent)
    }
    # A declared name among the unknown ones is one that its field does not read.
    unknown = {name: item for name, item in value.additional_properties.items() if name not in found}
    return {**declared, **unknown}


def as_read(contract: Contract, schema: Schema, value: Any) -> Any:
    """A JSON value of a response as the models tell it: a field that need not be there is not, where it is null."""
    value = copy.deepcopy(value)
    objects: list[tuple[str, Schema, Any]] = list(contract.objects(schema, value))
    for _, described, found in objects:
        for name in described["properties"].keys() - set(described.get("required", ())):
            if found.get(name, "") is None:
                del found[name]
    return value


def comparable(value: Any) -> Any:
    """A JSON value in which one instant at one offset is written one way. Types count, the order of keys does not."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, str) and _TIME.fullmatch(value) and not beyond_datetime(value):
        return datetime.datetime.fromisoformat(value).isoformat()
    return type(value), value


def beyond_datetime(value: Any) -> bool:
    """Whether a JSON value holds a time that no datetime can hold: it ends with the years 1 and 9999."""
    if isinstance(value, dict):
        return any(map(beyond_datetime, value.values()))
    if isinstance(value, list):
        return any(map(beyond_datetime, value))
    return isinstance(value, str) and bool(re.match(r"([+-]\d+|0000)-\d\d-\d\dT", value))


def _fields(model: type) -> dict[str, str]:
    """The names of a model's fields by what they have in common with the contract's names."""
    return {squeezed(field.name): field.name for field in attrs.fields(model) if field.name != _UNKNOWN_FIELDS}
