"""What became of the mutants: lines that a run can be taken up from, and a summary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.mutants.mutant import AREAS, Mutant
from scripts.mutants.trial import Trial, Verdict

LEAST = 0.95  # of the mutants that could be tried
_VERDICTS: tuple[Verdict, ...] = ("caught", "survived", "stillborn")


class Results:
    """The trials of a run by mutant id, kept as JSON lines in a folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "results.jsonl"
        self.trials: dict[str, Trial] = {}
        if self._file.exists():
            for line in self._file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self.trials[row["id"]] = Trial(*(row[name] for name in Trial._fields))

    def add(self, mutant: Mutant, trial: Trial, diff: str) -> None:
        """Keeps what came of a mutant."""
        self.trials[mutant.id] = trial
        row = {"id": mutant.id, "mutant": mutant.line, **trial._asdict(), "diff": diff}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def counted(mutants: Iterable[Mutant]) -> str:
    """How many mutants each operator of each area has."""
    counts = Counter((mutant.area, mutant.operator) for mutant in mutants)
    lines = [f"{area:<12}{operator:<20}{count:>6}" for (area, operator), count in sorted(counts.items())]
    return "\n".join([*lines, f"{'all':<32}{counts.total():>6}"])


def share_caught(trials: Mapping[str, Trial]) -> float:
    """The share of the tried mutants that the suite caught; those that were stillborn do not count."""
    verdicts = Counter(trial.verdict for trial in trials.values())
    tried = verdicts["caught"] + verdicts["survived"]
    return verdicts["caught"] / tried if tried else 0.0


def summary(mutants: Iterable[Mutant], trials: Mapping[str, Trial], diffs: Mapping[str, str]) -> str:
    """A table by area and operator, the share caught, and each survivor with its change."""
    tried = [mutant for mutant in mutants if mutant.id in trials]
    table = Counter((mutant.area, mutant.operator, trials[mutant.id].verdict) for mutant in tried)
    lines = [f"{'area':<12}{'operator':<20}" + "".join(f"{verdict:>11}" for verdict in _VERDICTS)]
    for area, operator in sorted({(mutant.area, mutant.operator) for mutant in tried}):
        lines.append(f"{area:<12}{operator:<20}" + "".join(f"{table[area, operator, one]:>11}" for one in _VERDICTS))
    for area in AREAS:
        of_area = [mutant for mutant in tried if mutant.area == area]
        verdicts = Counter(trials[mutant.id].verdict for mutant in of_area)
        lines.append(f"{area:<12}{'all':<20}" + "".join(f"{verdicts[one]:>11}" for one in _VERDICTS))
    for verdict, title in (("stillborn", "could not be tried"), ("survived", "survived")):
        for mutant in tried:
            if trials[mutant.id].verdict == verdict:
                lines += ["", f"{title}: {mutant.line}", diffs[mutant.id]]
                lines += [trials[mutant.id].output] if verdict == "stillborn" else []
    seconds = sum(trials[mutant.id].seconds for mutant in tried)
    shown = {mutant.id: trials[mutant.id] for mutant in tried}
    verdicts = Counter(trial.verdict for trial in shown.values())
    lines += [
        "",
        f"caught {verdicts['caught']} of {verdicts['caught'] + verdicts['survived']} ({share_caught(shown):.1%}), "
        f"{verdicts['stillborn']} stillborn, {seconds:.0f} s of trials",
    ]
    return "\n".join(lines)
