"""All mutants that there are, and a draw from them by a seed: every area has its share, every operator its turn."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from scripts.mutants import client_operators as client
from scripts.mutants import correction_operators as corrections
from scripts.mutants import mock_operators as answers
from scripts.mutants import mock_rule_operators as rules
from scripts.mutants import reach
from scripts.mutants.correction_operators import CorrectionsSource
from scripts.mutants.mutant import Area, Change, Mutant, numbered
from scripts.mutants.python_source import PythonSource

PythonOperator = Callable[[PythonSource], Iterator[Change]]
Row = tuple[str, PythonOperator, tuple[str, ...]]  # name, operator, files

MOCK = "overlay/treasure_workflow_mock"
CLIENT = "generated/treasure_workflow_api"
CONTRACT = f"{CLIENT}/openapi.json"
CORRECTIONS = "overlay/openapi.overlay.yaml"

# The mock decides and answers; the client is larger, but all of it follows a few templates.
SHARES: dict[Area, float] = {"mock": 0.5, "client": 0.35, "corrections": 0.15}

_OPERATIONS, _MODELS = ("api/*/*.py",), ("models/*.py",)
CLIENT_OPERATORS: tuple[Row, ...] = (
    ("lost-parameter", client.lost_parameter, _OPERATIONS),
    ("renamed-parameter", client.renamed_parameter, _OPERATIONS),
    ("request-line", client.wrong_request_line, _OPERATIONS),
    ("encoding", client.wrong_encoding, (*_OPERATIONS, *_MODELS, "types.py")),
    ("lost-falsy", client.lost_falsy, (*_OPERATIONS, *_MODELS)),
    ("lost-model-field", client.lost_model_field, _MODELS),
    ("model-key", client.wrong_model_key, _MODELS),
    ("swapped-model", client.swapped_model_fields, _MODELS),
    ("model-null", client.wrong_model_null, _MODELS),
    ("answer", client.wrong_answer, _OPERATIONS),
    ("lost-key", client.lost_key, ("client.py",)),
    ("leaked-key", client.leaked_key, ("client.py",)),
)
CORRECTION_OPERATORS = (
    ("lost-correction", corrections.lost_correction),
    ("altered-correction", corrections.altered_correction),
)


def mock_operators(root: Path) -> tuple[Row, ...]:
    """The operators for the mock; what a bound may be depends on the contract in the tree at `root`."""
    stated = reach.numbers_of_contract(root / CONTRACT)
    return (
        ("lost-field", answers.lost_field, reach.MOCK_ANSWERS),
        ("null-field", answers.null_field, reach.MOCK_ANSWERS),
        ("mistyped-field", answers.mistyped_field, reach.MOCK_ANSWERS),
        ("swapped-fields", answers.swapped_fields, reach.MOCK_ANSWERS),
        ("order", answers.wrong_order, reach.MOCK_RULES),
        ("media-type", answers.wrong_media_type, reach.MOCK_MEDIA),
        ("time", answers.wrong_time, (*reach.MOCK_TIMES, *reach.MOCK_RULES)),
        ("comparison", rules.wrong_comparison, (*reach.MOCK_RULES, "schedules.py")),
        ("off-by-one", partial(rules.off_by_one, stated=stated), (*reach.MOCK_RULES, "schedules.py")),
        ("status", rules.wrong_status, reach.MOCK_RULES),
        ("missing-check", rules.missing_check, reach.MOCK_RULES),
        ("inverted-check", rules.inverted_check, reach.MOCK_RULES),
        ("lost-change", rules.lost_change, reach.MOCK_RULES),
        ("ignored-parameter", rules.ignored_parameter, reach.MOCK_RULES),
        ("ignored-filter", rules.ignored_filter, reach.MOCK_RULES),
        ("lost-body-field", rules.lost_body_field, reach.MOCK_BODIES),
        ("mistyped-body", rules.mistyped_body_field, reach.MOCK_BODIES),
        ("null-in-body", rules.wrong_null, reach.MOCK_BODIES),
    )


def candidates(root: Path) -> list[Mutant]:
    """All mutants of the tree at `root`."""
    found: dict[str, Mutant] = {}
    for mutant in itertools.chain(_of_mock(root), _of_client(root), _of_corrections(root)):
        found.setdefault(mutant.id, mutant)
    return list(found.values())


def _of_mock(root: Path) -> Iterator[Mutant]:
    for source, operators in _fitting(root, MOCK, mock_operators(root)):
        in_reach = reach.is_in_reach(source)
        for name, operator in operators:
            yield from numbered("mock", name, source.path, filter(in_reach, operator(source)))


def _of_client(root: Path) -> Iterator[Mutant]:
    for source, operators in _fitting(root, CLIENT, CLIENT_OPERATORS):
        for name, operator in operators:
            yield from numbered("client", name, source.path, operator(source))


def _of_corrections(root: Path) -> Iterator[Mutant]:
    source = CorrectionsSource(CORRECTIONS, (root / CORRECTIONS).read_bytes())
    for name, operator in CORRECTION_OPERATORS:
        yield from numbered("corrections", name, CORRECTIONS, operator(source))


def ranked(mutants: Iterable[Mutant], seed: int) -> dict[tuple[Area, str], list[Mutant]]:
    """The mutants of each area's operators, in the order in which the seed draws them.

    The order hangs on each mutant alone, so that one more or one less in the tree leaves the rest of a draw as it was.
    """
    order: dict[tuple[Area, str], list[Mutant]] = {}
    for mutant in sorted(mutants, key=lambda one: hashlib.sha256(f"{seed} {one.id}".encode()).digest()):
        order.setdefault((mutant.area, mutant.operator), []).append(mutant)
    return dict(sorted(order.items()))


def draw(mutants: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """`count` mutants: of each area its share, in which the operators take turns."""
    order = ranked(mutants, seed)
    drawn: list[Mutant] = []
    for area, share in SHARES.items():
        queues = [queue for (of_area, _), queue in order.items() if of_area == area]
        turns = (one for turn in itertools.zip_longest(*queues) for one in turn if one is not None)
        drawn += itertools.islice(turns, round(count * share))
    return drawn


def _fitting(
    root: Path, package: str, rows: Iterable[Row]
) -> Iterator[tuple[PythonSource, list[tuple[str, PythonOperator]]]]:
    """Each file of a package that an operator is for, with its operators."""
    fitting: dict[Path, list[tuple[str, PythonOperator]]] = {}
    for name, operator, patterns in rows:
        for path in {path for pattern in patterns for path in (root / package).glob(pattern)}:
            if path.name != "__init__.py":
                fitting.setdefault(path, []).append((name, operator))
    for path, operators in sorted(fitting.items()):
        yield PythonSource(path.relative_to(root).as_posix(), path.read_bytes()), operators
