"""Whether the values of a response's model are of the kinds that the contract says: the raw client does not look.

A `null` passes where the contract has none, as it does when a model is read, but for what the client works with itself:
ids, names, and times that are compared. So does an enum's value that the contract does not know. An id is a whole
number, a name is one that a request can hold, and a time tells its zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from attrs import fields

from treasure_workflow_api._model import Model

Kinds = frozenset[type]

_NEEDED = {
    *("id", "name", "key", "project", "workflow", "attempts", "full_name", "file_name", "created_at", "session_time"),
    *("next_run_time", "next_schedule_time", "concurrency_limit", "priority", "pool_id"),
}
"""Fields that the client works with: a null is refused where the contract has none."""

_ID = re.compile(r"[0-9]{1,19}")
_NO_NAMES = ("", ".", "..")  # in an address they lead elsewhere
_MOST_SIGNATURES = 1000  # a model has a few, by which of its values are null
_NAMES: dict[type, str] = {
    bool: "a truth value",
    dict: "an object",
    int: "a whole number",
    list: "a list",
    str: "a text",
    NoneType: "null",
}


class _Field(NamedTuple):
    name: str
    kinds: Kinds | None
    """The types that its value may have, None for any."""
    items: Kinds | None
    """The same for the items of a list."""


class _Shape(NamedTuple):
    """What is known of a model's class."""

    fields: tuple[_Field, ...]
    types: Callable[[Any], object]
    """The types of a model's values."""
    good: set[object]
    """Those that are known to be right: most models have the same, and one look is enough."""
    times: Callable[[Any], tuple[Any, ...]]
    models: Callable[[Any], tuple[Any, ...]]
    lists: tuple[_Field, ...]
    has_id: bool
    has_name: bool


_shapes: dict[object, _Shape | None] = {}


def complaint(model: Any) -> str | None:
    """What is wrong with a model that was read from a response, None when its values are of the right kinds."""
    cls: type[Any] = model.__class__
    if cls not in _shapes:
        _shapes[cls] = _made(cls)
    shape = _shapes[cls]
    if shape is None:
        return None
    types = shape.types(model)
    if types not in shape.good:
        for field in shape.fields:
            value = getattr(model, field.name)
            if field.kinds is not None and type(value) not in field.kinds:
                return _told(field.name, value, field.kinds)
        if len(shape.good) < _MOST_SIGNATURES:
            shape.good.add(types)
    if shape.has_id and (id := model.id) is not None and not _ID.fullmatch(id):
        return f"id is {id!r}, where a whole number should be"
    if shape.has_name and (name := model.name) in _NO_NAMES:
        return f"name is {name!r}, where a name should be"
    for time in shape.times(model):
        if time is not None and time.tzinfo is None:
            return f"the time {time.isoformat()} has no zone"
    for each in shape.models(model):
        if each is not None and (found := complaint(each)) is not None:
            return found
    for field in shape.lists:
        if (found := _among(getattr(model, field.name) or (), field)) is not None:
            return found
    return None


def _among(items: Iterable[object], field: _Field) -> str | None:
    """What is wrong with one of a list's items."""
    for item in items:
        if field.items is not None and type(item) not in field.items:
            return _told(f"an item of {field.name}", item, field.items)
        if (found := complaint(item)) is not None:
            return found
    return None


def _told(name: str, value: object, kinds: Kinds) -> str:
    wanted = " or ".join(sorted(_NAMES.get(kind, f"a {kind.__name__}") for kind in kinds - {NoneType}))
    return f"{name} is {_NAMES.get(type(value), f'a {type(value).__name__}')}, where {wanted} should be"


def _made(model: type[Any]) -> _Shape | None:
    """What is known of a class, None for one that is no model's."""
    if not issubclass(model, Model):
        return None
    hints = get_type_hints(model)
    found = tuple(_field(each.name, hints[each.name]) for each in fields(model) if each.init)

    def of(kind: type) -> list[str]:
        return [field.name for field in found if field.kinds and any(issubclass(each, kind) for each in field.kinds)]

    return _Shape(
        found,
        attrgetter(*(f"{field.name}.__class__" for field in found)),
        set(),
        _values_of(of(datetime)),
        _values_of(of(Model)),
        tuple(field for field in found if field.name in of(list)),
        any(field.name == "id" for field in found),
        any(field.name == "name" for field in found),
    )


def _values_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of a model's attributes of these names."""
    if not names:
        return lambda _: ()
    getter: Callable[[Any], Any] = attrgetter(*names)
    return getter if len(names) > 1 else lambda model: (getter(model),)


def _field(name: str, hint: Any) -> _Field:
    kinds, items = _kinds(hint), None
    if kinds is not None and name not in _NEEDED:
        kinds |= {NoneType}
    for each in _members(hint):
        if get_origin(each) is list:
            items = _kinds(get_args(each)[0])
    return _Field(name, kinds, items)


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _kinds(hint: Any) -> Kinds | None:
    """The types of a hint's values, None for any."""
    kinds: set[type] = set()
    for member in _members(hint):
        if get_origin(member) is Literal:
            kinds |= {type(value) for value in get_args(member)}
        elif isinstance(origin := get_origin(member) or member, type):
            kinds.add(origin)
        else:
            return None
    return frozenset(kinds)
