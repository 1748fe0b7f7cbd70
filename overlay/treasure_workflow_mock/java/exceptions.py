"""How the service names and tells what went wrong: classes of exceptions, messages with their causes, stack traces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

CONFIG = "io.digdag.client.config.ConfigException"
MODEL_VALIDATION = "io.digdag.core.repository.ModelValidationException"
TASK_LIMIT_EXCEEDED = "io.digdag.core.workflow.TaskLimitExceededException"
TASK_EXECUTION = "io.digdag.spi.TaskExecutionException"
DUPLICATE_KEY = "io.digdag.core.config.DuplicateKeyYAMLException"
RUNTIME_JSON_MAPPING = "com.fasterxml.jackson.databind.RuntimeJsonMappingException"
MISMATCHED_INPUT = "com.fasterxml.jackson.databind.exc.MismatchedInputException"
INVALID_FORMAT = "com.fasterxml.jackson.databind.exc.InvalidFormatException"
ILLEGAL_ARGUMENT = "java.lang.IllegalArgumentException"
NULL_POINTER = "java.lang.NullPointerException"
NO_SUCH_FILE = "java.nio.file.NoSuchFileException"
DATE_TIME_PARSE = "java.time.format.DateTimeParseException"
YAML_READER = "org.yaml.snakeyaml.reader.ReaderException"
YAML_SCANNER = "org.yaml.snakeyaml.scanner.ScannerException"
YAML_PARSER = "org.yaml.snakeyaml.parser.ParserException"
YAML_COMPOSER = "org.yaml.snakeyaml.composer.ComposerException"
YAML_CONSTRUCTOR = "org.yaml.snakeyaml.constructor.ConstructorException"

_ENDING = re.compile(r"(?:Exception|Error)$")
_ACRONYM = re.compile(r"([A-Z]+)([A-Z][a-z])")
_WORD = re.compile(r"([a-z])([A-Z])")


@dataclass(frozen=True, slots=True)
class Cause:
    """An exception, by its class, and what it says."""

    exception: str
    message: str


def kind(exception: str) -> str:
    """A class of exceptions in words, as messages end with it: `config`, `illegal argument`."""
    name = _ENDING.sub("", exception.rpartition(".")[2])
    return _WORD.sub(r"\1 \2", _ACRONYM.sub(r"\1 \2", name)).lower()


def told(chain: Sequence[Cause]) -> str:
    """The messages of an exception and of its causes, those left out that say nothing new."""
    used, parts = "", []
    for cause in chain:
        message = cause.message or cause.exception.rpartition(".")[2]
        if message in used:
            continue
        used += f"\n{message}"
        parts.append(message if cause.exception == TASK_EXECUTION else f"{message} ({kind(cause.exception)})")
    return "\n> ".join(parts)


def stack_trace(chain: Sequence[Cause], frames: str) -> str:
    """An exception and its causes as a log shows them, with the frames of the first (joined by commas)."""
    lines = []
    for number, cause in enumerate(chain):
        lines.append(f"{'Caused by: ' if number else ''}{cause.exception}: {cause.message}")
        lines.extend(
            [f"\tat {frame}" for frame in frames.split(", ")] if not number else ["\t... common frames omitted"]
        )
    return "\n".join(lines)
