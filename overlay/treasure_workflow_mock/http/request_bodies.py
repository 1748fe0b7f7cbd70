"""JSON request bodies: their fields, how each value is converted, and the service's words for what does not convert.

Scalars convert as the service converts them (a number for a text, a text for a number); null counts as absent. What
comes out is a plain mapping by field name that holds only the fields that were given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from treasure_workflow_mock._types import Flavour, Json, JsonObject
from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.java import times
from treasure_workflow_mock.java.integers import INT32, java_integer
from treasure_workflow_mock.java.json_reader import Parsed, first_character, parse, reference, source

_CLIENT = "io.digdag.client.api."
_ABSENT = object()  # a value that counts as not given
Converter = Callable[[Json, str, Parsed], Json]  # value, name of the model, all of the body


class _Refused(Exception):
    """A value that does not convert: the problem, and whether the service says where in the text it stands."""

    def __init__(self, problem: str, *, located: bool = True) -> None:
        super().__init__(problem)
        self.problem = problem
        self.located = located


@dataclass(frozen=True, slots=True)
class Model:
    """The body of one operation. `required` names are the service's own, which it lists when they are missing."""

    name: str
    fields: Mapping[str, Converter]
    required: tuple[tuple[str, str], ...] = ()  # field, and what the service calls it
    takes_text: str | None = None  # the field that a bare JSON text stands for

    @property
    def reader(self) -> str:
        """The service's name for what it reads the body into."""
        return f"{_CLIENT}{self.name}"


def read_body(model: Model, content: bytes, *, optional: bool = False) -> JsonObject:
    """The converted fields of a JSON body.

    Nothing but blanks, and JSON null, is no body: an empty mapping where it is `optional`, else refused. Raises
    InvalidRequest.
    """
    first = first_character(content)
    if first == "[":  # refused at the first token, whatever follows
        place = source(content.decode("utf-8-sig", "replace"), content.index(b"["))
        raise InvalidRequest(
            f"Cannot deserialize instance of `{_target(model.name)}` out of START_ARRAY token\n at {place}"
        )
    parsed = parse(content, model.name, model.fields) if first else None
    value = None if parsed is None else parsed.value
    if parsed is None or value is None:
        if optional:
            return {}
        raise InvalidRequest(f"A request body with {model.name} is required")
    if model.takes_text and isinstance(value, str):
        return {model.takes_text: value}
    if not isinstance(value, dict):
        place = source(parsed.text, len(parsed.text) - len(parsed.text.lstrip(" \t\r\n")))
        raise InvalidRequest(f"{_no_creator(_target(model.name), value)}\n at {place}")
    return _read_fields(model, value, parsed, ())


def _read_fields(model: Model, value: JsonObject, parsed: Parsed, outer: tuple[tuple[str, str], ...]) -> JsonObject:
    """The converted fields of an object: the body, or a part of it, which `outer` names by model and field."""
    fields: JsonObject = {}
    for name, given in value.items():
        convert = model.fields.get(name)
        if convert is None:
            continue
        chain = (*outer, (model.name, name))
        try:
            converted = convert(given, model.name, parsed)
        except _Refused as refusal:
            place = f"\n at {parsed.at_field(chain[0][1])}" if refusal.located else ""
            raise InvalidRequest(refusal.problem + place + reference(*chain)) from None
        if converted is not _ABSENT:
            fields[name] = converted
    missing = [called for name, called in model.required if name not in fields]
    if missing:
        short = model.name.rpartition("$")[2]
        raise InvalidRequest(
            f"Cannot construct instance of `{_CLIENT}Immutable{model.name}`, problem: Cannot build {short}, some of "
            f"required attributes are not set [{', '.join(missing)}]\n at {parsed.at_end}"
            f"{reference(*outer) if outer else ''}",
        )
    return fields


def _target(model: str) -> str:
    return f"{_CLIENT}Immutable{model}$Json"


def _no_creator(target: str, value: Json) -> str:
    """The service's words for a scalar (or object) in place of something that cannot be made of it."""
    head = f"Cannot construct instance of `{target}` (although at least one Creator exists): "
    if isinstance(value, bool):
        kind, source = "boolean/Boolean", f"boolean value ({_text_of(value)})"
    elif isinstance(value, int):
        kind, source = "int/Int", f"Number value ({value})"
    elif isinstance(value, float):
        kind, source = "double/Double", f"Number value ({value})"
    elif isinstance(value, str):
        kind, source = "String", f"String value ('{value}')"
    else:
        return head + "cannot deserialize from Object value (no delegate- or property-based Creator)"
    return f"{head}no {kind}-argument constructor/factory method to deserialize from {source}"


def _text_of(value: Json) -> str:
    """A JSON value as text: a text as it is, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _token(value: Json) -> str:
    if isinstance(value, bool):
        return "VALUE_TRUE" if value else "VALUE_FALSE"
    if isinstance(value, float):
        return "VALUE_NUMBER_FLOAT"
    return "START_ARRAY" if isinstance(value, list) else "START_OBJECT"


def _out_of(target: str, value: Json) -> _Refused:
    return _Refused(f"Cannot deserialize instance of `{target}` out of {_token(value)} token")


def _id(value: Json, _model: str, _parsed: Parsed) -> Json:
    """Kept as text: that it is a number is looked at when the id is used."""
    if value is None:
        return _ABSENT
    if isinstance(value, bool | list | dict):
        raise _Refused(f"Invalid ID. Expected string but got {_text_of(value)}", located=False)
    return _text_of(value)


def _string(value: Json, _model: str, _parsed: Parsed) -> Json:
    if value is None:
        return _ABSENT
    if isinstance(value, list | dict):
        raise _out_of("java.lang.String", value)
    return _text_of(value)


def _integer(value: Json, _model: str, _parsed: Parsed) -> Json:
    if value is None:
        return _ABSENT
    if isinstance(value, bool | list | dict):
        raise _out_of("java.lang.Integer", value)
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return _ABSENT
        try:
            return java_integer(text, INT32)
        except ValueError:
            problem = f'Cannot deserialize value of type `java.lang.Integer` from String "{value}"'
            raise _Refused(f"{problem}: not a valid Integer value") from None
    if not -INT32 <= value < INT32:
        raise _Refused(f"Numeric value ({value}) out of range of int")
    return int(value)


def _boolean_of(target: str, empty: Json) -> Converter:
    def convert(value: Json, _model: str, _parsed: Parsed) -> Json:
        if value is None:
            return empty
        if isinstance(value, float | list | dict):
            raise _out_of(target, value)
        if not isinstance(value, str):
            return bool(value)
        text = value.strip()
        if text in {"true", "True"}:
            return True
        if text in {"false", "False"}:
            return False
        if not text:
            return empty
        problem = f'Cannot deserialize value of type `{target}` from String "{value}"'
        raise _Refused(f'{problem}: only "true" or "false" recognized')

    return convert


_optional_boolean = _boolean_of("java.lang.Boolean", _ABSENT)
_boolean = _boolean_of("boolean", False)  # null satisfies it, as false


def _instant(value: Json, _model: str, _parsed: Parsed) -> Json:
    """Seconds since the epoch; fractions are cut off."""
    if value is None:
        return _ABSENT
    if isinstance(value, list | dict):
        raise _out_of("java.time.Instant", value)
    text = _text_of(value).strip()
    if not text:
        return _ABSENT
    try:
        return times.parse_instant(text)
    except ValueError as error:
        raise _Refused(str(error), located=False) from None


def _local_time_or_instant(value: Json, _model: str, _parsed: Parsed) -> Json:
    target = f"{_CLIENT}LocalTimeOrInstant"
    if value is None:
        return _ABSENT
    if isinstance(value, list):
        raise _out_of(target, value)
    if not isinstance(value, str):
        raise _Refused(_no_creator(target, value))
    try:
        return times.parse_local_time_or_instant(value)
    except ValueError:
        problem = f"Cannot construct instance of `{target}`, problem: Invalid timestamp format: {value}"
        raise _Refused(problem) from None


def _config(value: Json, _model: str, _parsed: Parsed) -> Json:
    if value is None:
        return _ABSENT
    if not isinstance(value, dict):
        shown = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        problem = "Cannot construct instance of `io.digdag.client.config.Config`, problem: "
        raise _Refused(f"{problem}Expected object but got {shown}")
    return value


_RESUMES = {
    "failed": Model("RestSessionAttemptRequest$ResumeFailed", {"attemptId": _id}, (("attemptId", "attemptId"),)),
    "from": Model(
        "RestSessionAttemptRequest$ResumeFrom",
        {"attemptId": _id, "from": _string},
        (("attemptId", "attemptId"), ("from", "fromTaskNamePattern")),
    ),
}


def _resume(value: Json, model: str, parsed: Parsed) -> Json:
    """`{"mode": …, "attemptId": …}`, and `from` with that mode."""
    if value is None:
        return _ABSENT
    base = f"{_CLIENT}RestSessionAttemptRequest$Resume"
    if isinstance(value, list):
        raise _Refused(
            "Unexpected token (END_ARRAY), expected VALUE_STRING: need JSON String that contains type id "
            f"(for subtype of {base})"
        )
    if not isinstance(value, dict) or "mode" not in value:
        raise _Refused(
            f"Missing type id when trying to resolve subtype of [simple type, class {base}]: missing type id property "
            "'mode' (for POJO property 'resume')"
        )
    mode = value["mode"]
    resume = _RESUMES.get(mode) if isinstance(mode, str) else None
    if resume is None:
        raise _Refused(
            f"Could not resolve type id '{_text_of(mode)}' as a subtype of [simple type, class {base}]: known type ids "
            "= [failed, from] (for POJO property 'resume')"
        )
    return {"mode": mode, **_read_fields(resume, value, parsed, ((model, "resume"),))}


def _as_sent(value: Json, _model: str, _parsed: Parsed) -> Json:
    return _ABSENT if value is None else value


_START = Model(
    "RestSessionAttemptRequest",
    {
        "workflowId": _id,
        "sessionTime": _instant,
        "retryAttemptName": _string,
        "resume": _resume,
        "params": _config,
    },
    (("workflowId", "workflowId"), ("sessionTime", "sessionTime"), ("params", "params")),
)
_BACKFILL = Model(
    "RestScheduleBackfillRequest",
    {"fromTime": _instant, "dryRun": _boolean, "attemptName": _string, "count": _integer},
    (("fromTime", "fromTime"), ("dryRun", "dryRun"), ("attemptName", "attemptName")),
)
_SKIP = Model(
    "RestScheduleSkipRequest",
    {
        "fromTime": _instant,
        "nextTime": _local_time_or_instant,
        "count": _integer,
        "nextRunTime": _instant,
        "dryRun": _boolean,
    },
    (("dryRun", "dryRun"),),
)
# The name of `enable`'s own type of body is the one that errors show; `nextTime` is looked at only when it is used.
_ENABLE = Model("RestScheduleEnableRequest", {"skipSchedule": _optional_boolean, "nextTime": _string})
_SECRET = Model("RestSetSecretRequest", {"value": _string}, (("value", "value"),), takes_text="value")

# The values of pools and rules are checked by their handlers.
_POOL = Model("RestPoolRequest", {"name": _as_sent, "concurrencyLimit": _as_sent})
_POOL_RULE = Model("RestPoolRuleRequest", {"poolId": _as_sent, "priority": _as_sent, "conditions": _as_sent})

_OPEN_SOURCE: dict[str, Model] = {
    "startAttempt": _START,
    "backfillSchedule": _BACKFILL,
    "skipSchedule": _SKIP,
    "enableSchedule": _ENABLE,
    "putProjectSecret": _SECRET,
}
MODELS: dict[Flavour, dict[str, Model]] = {
    "digdag": _OPEN_SOURCE,
    "hosted": {
        **_OPEN_SOURCE,
        "startAttempt": replace(
            _START,
            fields={
                **_START.fields,
                "projectName": _string,
                "workflowName": _string,
                "allowQueueing": _optional_boolean,
            },
            required=(("sessionTime", "sessionTime"), ("params", "params")),
        ),
        "backfillSchedule": replace(
            _BACKFILL,
            fields={**_BACKFILL.fields, "skipExisting": _optional_boolean, "advanceSchedule": _optional_boolean},
            required=(("dryRun", "dryRun"),),
        ),
        "createPool": _POOL,
        "updatePool": _POOL,
        "createPoolRule": _POOL_RULE,
        "updatePoolRule": _POOL_RULE,
    },
}
"""The body of each operation that reads one, by flavour and operation id."""
