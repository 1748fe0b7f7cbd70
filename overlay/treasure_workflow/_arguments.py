"""The arguments of public methods, checked against their annotations before anything is sent.

A type checker tells of most mistakes, but not everybody runs one; and what httpx or the standard library raise deep
inside a call names no argument. Only what stands in `_KNOWN` is checked here: ids and models are `_ids`' business, and
texts with a meaning of their own (times, statuses, levels) belong to the modules that read them.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import math
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast

from treasure_workflow._ids import is_text

Class = TypeVar("Class", bound=type)


class _Known(NamedTuple):
    """What an annotation's word takes."""

    words: str
    """What it is, for messages."""
    takes: Callable[[Any], bool]
    kind: type | tuple[type, ...] = ()
    """Values of this type that are not taken are wrong by their value; all else is by its type."""
    refused: str = ""
    """What such a value is, for messages."""


def _is(*kinds: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kinds)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False


def _is_path(value: object) -> bool:
    return isinstance(value, os.PathLike) and is_text(os.fspath(cast("os.PathLike[str]", value)))


def _is_file(value: object) -> bool:
    return hasattr(value, "read") or hasattr(value, "write")


def _is_list(value: object) -> bool:
    """An iterable of texts, as far as it can be looked at without being used up."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        return False
    return not isinstance(value, Collection) or all(map(is_text, cast("Collection[object]", value)))


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(value, Mapping)


def _is_named(name: str) -> Callable[[object], bool]:
    """Tells instances of a class by its name: importing it would cost those who never need it."""
    return lambda value: any(kind.__name__ == name for kind in type(value).__mro__)


_CLASSES = (
    *("AsyncBaseTransport", "AsyncClock", "AsyncTreasureWorkflow", "BaseTransport", "Clock", "PoolPlan", "Promotion"),
    *("ResumeFailed", "ResumeFrom", "SSLContext", "Timeouts", "TreasureWorkflow"),
)
_KNOWN: dict[str, _Known] = {
    "None": _Known("None", _is(type(None))),
    "str": _Known("text", is_text, str, "text with NUL or half a surrogate pair"),
    "bool": _Known("True or False", _is(bool)),
    "int": _Known("a whole number", _is_whole),
    "float": _Known("a finite number", _is_finite, (int, float), "an infinite one"),
    "bytes": _Known("bytes", _is(bytes)),
    "datetime": _Known("a datetime", _is(datetime)),
    "Pattern": _Known("a compiled regular expression", _is(re.Pattern)),
    "PathLike": _Known("a path", _is_path, os.PathLike, "one with NUL or half a surrogate pair"),
    "BinaryIO": _Known("a file opened for bytes", _is_file),
    **dict.fromkeys(("Callable", "OnRequest", "OnResponse"), _Known("a function", callable)),
    "Mapping": _Known("a mapping", _is(Mapping)),
    "Mapping of JSON": _Known("a mapping that JSON can hold", _is_json, Mapping, "one with other values or keys"),
    "Iterable": _Known("a list of texts", _is_list),
    **{name: _Known(f"a {name}", _is_named(name)) for name in _CLASSES},
}


def checked(cls: Class) -> Class:
    """A class whose public methods refuse arguments that are not what their annotations say, before they do anything.

    The methods then raise TypeError, and ValueError for a text or a number that is none of those allowed. The message
    names the method, the argument and what it should be; never its value, which may be secret.
    """
    for name, function in list(vars(cls).items()):
        if inspect.isfunction(function) and (name == "__init__" or not name.startswith("_")):
            setattr(cls, name, _checking(function))
    return cls


def _checking(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def checking(*args: Any, **kwargs: Any) -> Any:
        problem, calls = _problem(function, args, kwargs), [functools.partial(function, *args, **kwargs)]
        del args, kwargs  # they may hold a secret, which a traceback would show
        if problem is not None:
            calls.clear()
            raise problem
        return calls.pop()()

    if not inspect.iscoroutinefunction(function):
        return checking

    @functools.wraps(function)
    async def checking_async(*args: Any, **kwargs: Any) -> Any:
        calls = [functools.partial(checking, *args, **kwargs)]
        del args, kwargs
        return await calls.pop()()

    return checking_async


def _problem(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception | None:
    """The error of the first argument that is not what it should be."""
    rules = _rules(function)
    names = [*rules]
    for name, value in [*zip(names, args, strict=False), *kwargs.items()]:
        known = rules.get(name) or ()
        if known and not any(one.takes(value) for one in known):
            raised, got = _refusal(known, value)
            wanted = " or ".join(one.words for one in known)
            return raised(f"{function.__qualname__}(): {name} must be {wanted}, not {got}")
    return None


def _refusal(known: tuple[_Known, ...], value: object) -> tuple[type[Exception], str]:
    """The error for a value that is none of what is known, and what the value is."""
    for one in known:
        if isinstance(value, one.kind) and not isinstance(value, bool):
            return ValueError, one.refused
    return TypeError, f"{'an' if type(value).__name__[0] in 'aeiouAEIOU' else 'a'} {type(value).__name__}"


@functools.cache
def _rules(function: Callable[..., Any]) -> dict[str, tuple[_Known, ...]]:
    """What each parameter takes, in their order; nothing for one that is not checked here."""
    return {
        name: _read(parameter.annotation) if parameter.kind is not parameter.VAR_KEYWORD else ()
        for name, parameter in inspect.signature(function).parameters.items()
    }


def _read(annotation: object) -> tuple[_Known, ...]:
    """The alternatives of an annotation; none when it is not wholly known."""
    if not isinstance(annotation, str):
        return ()
    known = [_alternative(node) for node in _alternatives(ast.parse(annotation, mode="eval").body)]
    return tuple(one for one in known if one is not None) if all(known) else ()


def _alternatives(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [node]


def _alternative(node: ast.expr) -> _Known | None:
    head = node.value if isinstance(node, ast.Subscript) else node
    if isinstance(head, ast.Constant):
        return _KNOWN["None"] if head.value is None else None
    name = head.attr if isinstance(head, ast.Attribute) else head.id if isinstance(head, ast.Name) else ""
    if name == "Literal" and isinstance(node, ast.Subscript):
        found: object = ast.literal_eval(node.slice)
        choices = cast("tuple[object, ...]", found) if isinstance(found, tuple) else (found,)
        shown = ", ".join(map(repr, choices))
        return _Known(
            f"one of {shown}" if len(choices) > 1 else shown,
            choices.__contains__,
            str,
            "another text",
        )
    if name == "Mapping" and ast.unparse(node).endswith("Any]"):
        name = "Mapping of JSON"
    return _KNOWN.get(name)
