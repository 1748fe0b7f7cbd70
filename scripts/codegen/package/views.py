"""What the templates show: models and operations as the generator parsed them, with what the contract says beside.

Fields that only responses hold are None where they are absent. What is sent tells leaving out (UNSET) from null (None).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import LiteralEnumProperty, ModelProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.strings import ClassName

from scripts.codegen.contract.document import resolved
from scripts.codegen.package import documentation, types
from scripts.codegen.package.types import Property
from scripts.codegen.python import names, text

_RAISED = "The client was made with `raise_for_status=True`, and the status is 400 or more."
_WIDEST_SIGNATURE = 112  # what the formatter leaves on one line, behind an indent


@dataclass(frozen=True)
class Alias:
    """A name for an enumeration's values, or for a free-form object."""

    name: str
    value: str
    description: str

    @property
    def docstring(self) -> str:
        """What the values mean."""
        return text.docstring(self.description, indent=0)


@dataclass(frozen=True)
class Field:
    """A field of a model, or an argument of an operation."""

    name: str
    json: str
    annotation: str
    default: str | None
    read: str
    description: str
    secret: bool = False

    @property
    def literal(self) -> str:
        """The JSON name as a Python literal."""
        return text.literal(self.json)

    @property
    def declaration(self) -> str:
        """Name, type and default as they stand in a class."""
        default = self.default
        if self.secret:
            default = f"field(repr=False{'' if default is None else f', default={default}'})"
        return f"{self.name}: {self.annotation}" + ("" if default is None else f" = {default}")

    @property
    def argument(self) -> str:
        """Name, type and default as they stand in a signature."""
        return f"{self.name}: {self.annotation}" + ("" if self.default is None else f" = {self.default}")


class Contract:
    """The contract beside what the generator made of it."""

    def __init__(self, document: Mapping[str, Any], parsed: GeneratorData) -> None:
        self.document = document
        self.parsed = parsed
        self._reach: dict[str, frozenset[str]] = {}

    @cached_property
    def schemas(self) -> Mapping[str, Mapping[str, Any]]:
        """The contract's schemas by the names of their classes."""
        schemas = self.document["components"]["schemas"]
        renamed = names.class_overrides(schemas)
        classes = {str(ClassName(name, names.PREFIX)): schema for name, schema in schemas.items()}
        return {renamed.get(name, name): schema for name, schema in classes.items()}

    @cached_property
    def sent(self) -> frozenset[str]:
        """The classes of models that a request can hold."""
        return self._within([body.prop for endpoint in self.endpoints for body in endpoint.bodies])

    @cached_property
    def received(self) -> frozenset[str]:
        """The classes of models that a response can hold."""
        return self._within([response.prop for endpoint in self.endpoints for response in endpoint.responses])

    @property
    def endpoints(self) -> Iterator[Endpoint]:
        """What the generator made of the operations."""
        for collection in self.parsed.endpoint_collections_by_tag.values():
            yield from collection.endpoints

    @cached_property
    def users(self) -> Mapping[str, frozenset[str]]:
        """By enumeration or free-form object: the classes of the models that use it; a parameter's has none."""
        found: dict[str, set[str]] = {}
        for model in self.parsed.models:
            for prop in fields_of(model):
                for alias in types.enumerations(prop):
                    found.setdefault(str(alias.class_info.name), set()).add(str(model.class_info.name))
        return {name: frozenset(users) for name, users in found.items()}

    def reach(self, name: str) -> frozenset[str]:
        """The classes of models that one of this name can hold, at any depth."""
        if name not in self._reach:
            model = self.models.get(name)
            self._reach[name] = frozenset() if model is None else self._within(fields_of(model))
        return self._reach[name]

    @cached_property
    def models(self) -> Mapping[str, ModelProperty]:
        """The models by their names, with their fields: a property that refers to one does not have them."""
        return {str(model.class_info.name): model for model in self.parsed.models}

    def _within(self, properties: Iterable[Property]) -> frozenset[str]:
        """The classes of the models that properties can hold, at any depth."""
        found: set[str] = set()
        waiting = list(properties)
        while waiting:
            for model in models_in(waiting.pop()):
                name = str(model.class_info.name)
                if name not in found:
                    found.add(name)
                    waiting += fields_of(self.models[name])
        return frozenset(found)

    @property
    def aliases(self) -> list[LiteralEnumProperty | ModelProperty]:
        """Enumerations and free-form objects."""
        enums = [each for each in self.parsed.enums if isinstance(each, LiteralEnumProperty)]
        return [*enums, *filter(types.is_free_form, self.parsed.models)]

    @cached_property
    def homes(self) -> Mapping[str, str]:
        """By class or alias of the models package: its module. An alias lives with the one model that uses it."""
        modules = {str(model.class_info.name): str(model.class_info.module_name) for model in self.parsed.models}
        found = dict(modules)
        for alias in self.aliases:
            name = str(alias.class_info.name)
            users = self.users.get(name, frozenset())
            found[name] = modules[next(iter(users))] if len(users) == 1 else str(alias.class_info.module_name)
        return found


def fields_of(model: ModelProperty) -> list[Property]:
    """A model's fields, those that must be given first."""
    fields: list[Property] = [*(model.required_properties or ()), *(model.optional_properties or ())]
    return fields


def models_in(prop: Property) -> Iterator[ModelProperty]:
    """The models that a property can hold."""
    for variant in types.variants(prop):
        if isinstance(variant, ModelProperty):
            yield variant
        elif inner := getattr(variant, "inner_property", None):
            yield from models_in(inner)


class Model:
    """One model: its class, its fields, and the aliases that live beside it."""

    def __init__(self, contract: Contract, model: ModelProperty) -> None:
        self._contract = contract
        self._model = model
        self.name = str(model.class_info.name)
        self.module = contract.homes[self.name]
        self.is_sent = self.name in contract.sent
        self.schema = contract.schemas.get(self.name) or model.data.model_dump(mode="json", by_alias=True)
        required = [self._field(prop) for prop in fields_of(model)]
        self.fields = sorted(required, key=lambda each: each.default is not None)

    def _field(self, prop: Property) -> Field:
        json_name = _raw(prop.name)
        python_name = names.attribute(json_name)
        readable = self.name in self._contract.received
        annotation = types.annotation(prop, readable=readable)
        default: str | None = None
        source = f"source[{text.literal(json_name)}]"
        if not prop.required:
            default = "UNSET" if self.is_sent else "None"
            annotation = _with(annotation, "Unset" if self.is_sent else "None")
            source = f"get({text.literal(json_name)}{', UNSET' if self.is_sent else ''})"
        elif (value := types.single_value(prop)) is not None:
            default = text.literal(value)
        default = types.default(prop) or default
        schema = self.schema.get("properties", {}).get(json_name, {})
        return Field(
            name=python_name,
            json=json_name,
            annotation=annotation,
            default=default,
            read=types.read(prop, source, absent=None if prop.required else "UNSET" if self.is_sent else "None"),
            description=" ".join(filter(None, [self._described(schema), names.told(json_name, python_name)])),
            secret=schema.get("format") == "password",
        )

    def _described(self, schema: Mapping[str, Any]) -> str:
        return documentation.described(resolved(self._contract.document, schema))

    @property
    def docstring(self) -> str:
        """The class's docstring."""
        about = text.section("Attributes", ((each.name, each.description) for each in self.fields), 4)
        summary = text.sentence(self.schema.get("description")) or f"`{self.name}`."
        if self.name.removesuffix("Model") in names.RESERVED_CLASSES:
            summary += f" The contract calls it `{self.name.removesuffix('Model')}`."
        return text.docstring(summary, about, indent=4)

    @property
    def required(self) -> list[str]:
        """The JSON names of fields that always come."""
        return [_raw(prop.name) for prop in self._model.required_properties or ()]

    @property
    def optional(self) -> list[str]:
        """The JSON names of fields that may be missing, as literals."""
        return [text.literal(_raw(prop.name)) for prop in self._model.optional_properties or ()]

    @property
    def renamed(self) -> list[Field]:
        """Fields whose attribute is not called as in JSON."""
        return [each for each in self.fields if each.name != each.json]

    @property
    def has_times(self) -> bool:
        """Whether a time is read in place, without the function that tells what is wrong with one."""
        return any("parse_time(" in each.read for each in self.fields)

    @property
    def known(self) -> str:
        """How many of the fields that the contract knows are in `source`."""
        count = str(len(self.required))
        return " + ".join([count, *(f"({name} in source)" for name in self.optional)])

    @property
    def aliases(self) -> list[Alias]:
        """Enumerations and free-form objects that live in this module."""
        found = {
            str(each.class_info.name): each for prop in fields_of(self._model) for each in types.enumerations(prop)
        }
        return [alias(each) for name, each in found.items() if self._contract.homes[name] == self.module]

    @property
    def imports(self) -> list[tuple[str, str]]:
        """(module, name) of what other modules of the package have to give, imported at the top."""
        return [each for each in self._imported if self.name not in self._contract.reach(each[1])]

    @property
    def late_imports(self) -> list[tuple[str, str]]:
        """The same for models that refer back to this one, which have to be imported after its class is there."""
        return [each for each in self._imported if self.name in self._contract.reach(each[1])]

    @property
    def _imported(self) -> list[tuple[str, str]]:
        found = {name for prop in fields_of(self._model) for _, name in types.classes(prop)}
        homes = self._contract.homes
        return sorted((homes[name], name) for name in found if homes[name] != self.module)


def alias(prop: LiteralEnumProperty | ModelProperty) -> Alias:
    """The alias for an enumeration or a free-form object."""
    if isinstance(prop, LiteralEnumProperty):
        value = f"Literal[{', '.join(text.literal(value) for value in sorted(prop.values, key=str))}]"
    else:
        value = "dict[str, Any]"
    description = prop.description.get_untrusted_value() if prop.description else ""
    return Alias(str(prop.class_info.name), value, text.sentence(description))


def _with(annotation: str, other: str) -> str:
    return annotation if other in annotation.split(" | ") else f"{annotation} | {other}"


def _raw(value: Any) -> str:
    return value.get_untrusted_value() if hasattr(value, "get_untrusted_value") else str(value)


class Operation:
    """One operation: what its functions take, and what its responses become."""

    def __init__(self, contract: Contract, endpoint: Endpoint, method: str, path: str, data: Mapping[str, Any]) -> None:
        self._contract = contract
        self._endpoint = endpoint
        self._path = path
        self._data = data
        self.id = data["operationId"]
        self.method = method
        self.name = names.module(self.id)
        self.path_arguments = self._arguments(endpoint.path_parameters)
        self.query = self._arguments(endpoint.query_parameters)
        self.headers = self._arguments(endpoint.header_parameters)
        self.body = self._body()

    def _arguments(self, properties: Iterable[Property]) -> list[Field]:
        told = [resolved(self._contract.document, each) for each in self._data.get("parameters", ())]
        parameters = {each["name"]: each for each in told}
        found = []
        for prop in properties:
            name = _raw(prop.name)
            annotation = types.annotation(prop, readable=False)
            default = types.default(prop) or ("UNSET" if not prop.required else None)
            if not prop.required:
                annotation = _with(annotation, "Unset")
            about = parameters[name]
            schema = resolved(self._contract.document, about.get("schema", {}))
            words = documentation.described(schema, description=about.get("description"), example=about.get("example"))
            python_name = names.argument(name)
            words = " ".join(filter(None, [words, names.told(name, python_name)]))
            found.append(Field(python_name, name, annotation, default, "", words))
        return found

    def _body(self) -> Field | None:
        if not self._endpoint.bodies:
            return None
        (body,) = self._endpoint.bodies
        about = resolved(self._contract.document, self._data["requestBody"])
        annotation, default = types.annotation(body.prop, readable=False), None
        if not about.get("required", False):
            annotation, default = f"{annotation} | Unset", "UNSET"
        return Field("body", "body", annotation, default, "", text.sentence(about.get("description")))

    @property
    def content_type(self) -> str:
        """The media type of the body, as a literal."""
        (media_type,) = resolved(self._contract.document, self._data["requestBody"])["content"]
        return text.literal(media_type)

    @property
    def sends_file(self) -> bool:
        """Whether the body is a file and no JSON."""
        return isinstance(self._endpoint.bodies[0].prop, FileProperty)

    @property
    def keywords(self) -> list[Field]:
        """Arguments that are given by name, those that must be given first."""
        found = [*([self.body] if self.body else []), *self.query, *self.headers]
        return sorted(found, key=lambda each: each.default is not None)

    @property
    def path_pieces(self) -> str:
        """The path as arguments of `path_of`: text and, in its places, the arguments."""
        pieces, rest = [], self._path
        for each in self.path_arguments:
            before, _, rest = rest.partition(f"{{{each.json}}}")
            pieces += [text.literal(before), each.name]
        return ", ".join([*pieces, *([text.literal(rest)] if rest else [])])

    def signature(self, *, client: bool) -> str:
        """The arguments as they stand in a definition."""
        given = [*(["client: Client"] if client else []), *(each.argument for each in self.keywords)]
        return ", ".join([*(each.argument for each in self.path_arguments), *(["*", *given] if given else [])])

    @property
    def call(self) -> str:
        """The arguments as one function hands them to the next."""
        return ", ".join(
            [*(each.name for each in self.path_arguments), *(f"{each.name}={each.name}" for each in self.keywords)]
        )

    @property
    def is_wide(self) -> bool:
        """Whether the arguments take more than a line, so that they are told once and then go by one name."""
        return len(self.signature(client=True)) > _WIDEST_SIGNATURE and len(self.keywords) > 1

    @property
    def entry_signature(self) -> str:
        """The arguments of the functions that refer to `sync_detailed`."""
        if not self.is_wide:
            return self.signature(client=True)
        path = [each.argument for each in self.path_arguments]
        return ", ".join([*path, "*", "client: Client", "**arguments: Unpack[Arguments]"])

    @property
    def entry_call(self) -> str:
        """Their arguments, handed to `build_request`."""
        return ", ".join([*(each.name for each in self.path_arguments), "**arguments"]) if self.is_wide else self.call

    @property
    def entry_call_with_client(self) -> str:
        """Their arguments, handed to another of them."""
        path = [each.name for each in self.path_arguments]
        keywords = [f"{each.name}={each.name}" for each in self.keywords]
        return ", ".join([*path, "client=client", *(["**arguments"] if self.is_wide else keywords)])

    @property
    def body_json(self) -> str:
        """The body as a JSON value."""
        return "body.to_dict()" if types.reader(self._endpoint.bodies[0].prop) else "body"

    def body_sent(self, expression: str, absent: str) -> str:
        """The body as it is sent, where it may be left out as well."""
        may_be_absent = self.body is not None and self.body.default is not None
        return f"{absent} if isinstance(body, Unset) else {expression}" if may_be_absent else expression

    @property
    def cases(self) -> list[tuple[str, str]]:
        """(statuses, expression) of the responses that become something, in the order of their statuses."""
        found: dict[str, list[int]] = {}
        for response in self._endpoint.responses.patterns:
            status = int(response.status_code.pattern)
            source = _raw(response.source["return_type"])
            if source != "None":
                found.setdefault(self._reading(response.prop, status, source), []).append(status)
        return [(" | ".join(map(str, statuses)), expression) for expression, statuses in found.items()]

    def _reading(self, prop: Property, status: int, source: str) -> str:
        if isinstance(prop, FileProperty):
            return "file_in(response)"
        reader = types.reader(prop)
        if source == "str":
            return "text_in(response)"
        if reader is None:
            return "json_in(response)"
        return f"{'error_in' if status >= 400 else 'model_in'}(response, {reader})"

    @property
    def optional_result(self) -> str:
        """The type of what a response becomes."""
        return self.result if self.result == "None" else f"{self.result} | None"

    @property
    def result(self) -> str:
        """The type of what responses become, without None."""
        found = [
            types.annotation(response.prop, readable=True)
            for response in self._endpoint.responses.patterns
            if _raw(response.source["return_type"]) != "None"
        ]
        return " | ".join(dict.fromkeys(found)) or "None"

    @property
    def imports(self) -> list[tuple[str, str]]:
        """(module, name) of the models that the functions take and give."""
        endpoint = self._endpoint
        properties: list[Property] = [
            *endpoint.list_all_parameters(),
            *(response.prop for response in endpoint.responses.patterns),
        ]
        found = {name for prop in properties for _, name in types.classes(prop)}
        return sorted((self._contract.homes[name], name) for name in found)

    @property
    def summary(self) -> str:
        """The operation in a few words, as a module's docstring."""
        title = text.prose(self._data.get("summary")) or self.id
        return text.docstring(f"{title}: {self.method} {text.prose(self._path)}.", indent=0)

    @property
    def docstring(self) -> str:
        """The whole documentation."""
        title = text.sentence(self._data.get("summary")) or f"`{self.id}`."
        paragraphs = [
            "\n".join(text.wrapped(text.sentence(self._data.get("description")), 4)),
            text.section(
                "Args",
                [
                    *((each.name, each.description) for each in self.path_arguments),
                    ("client", "Where the request goes, and how."),
                    *((each.name, each.description) for each in self.keywords),
                ],
                4,
            ),
            text.section(
                "Returns",
                [
                    ("Response", "Status, headers and body; `parsed` is the body's model, by status:"),
                    *(
                        (f"    {status}", words)
                        for status, words in documentation.responses(self._contract.document, self._data)
                    ),
                ],
                4,
            ),
            text.section("Raises", [("errors.StatusError", _RAISED)], 4),
        ]
        return text.docstring(title, *paragraphs, indent=4)
