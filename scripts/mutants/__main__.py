"""Draws mutants, runs the contract suite on each, and says which it caught: `python -m scripts.mutants`.

Exit status: 0 when at least 95 % were caught, 1 when not, 2 when nothing can be said, because the suite finds
fault with the tree as it is, say.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from scripts.mutants.draw import candidates, draw, ranked
from scripts.mutants.mutant import Area, Mutant
from scripts.mutants.report import LEAST, Results, counted, share_caught, summary
from scripts.mutants.trial import Trial, attempt, copy_tree, stop

ROOT = Path(__file__).resolve().parent.parent.parent
EQUIVALENT = Path(__file__).with_name("survivors.toml")


def main() -> int:
    """Runs as told by the command line."""
    options = _parser().parse_args()
    results: Path = options.results
    tree = results / "tree"
    if not options.list and not tree.exists():
        copy_tree(ROOT, tree)
    every = {mutant.id: mutant for mutant in candidates(tree if tree.exists() else ROOT)}
    known = _equivalent()
    drawable = [mutant for mutant in every.values() if mutant.id not in known]
    drawn = draw(drawable, options.count, options.seed)
    if options.only:
        unknown = set(options.only) - set(every)
        if unknown:
            print(f"no mutant {', '.join(sorted(unknown))}: --list shows those drawn", file=sys.stderr)
            return 2
        drawn = [every[id] for id in options.only]
    if options.list:
        _list(drawn, list(every.values()), tree if tree.exists() else ROOT)
        return 0
    run = _Run(tree, Results(results), options)
    if options.only:
        for mutant in drawn:
            print(f"{mutant.line}\n{run.diff(mutant)}\n{run.tried(mutant, again=True).output}")
        return 0
    sound = attempt(tree, None, suite_seed=options.suite_seed, seconds=options.time_limit)
    if sound.verdict != "survived":
        print(f"the suite finds fault with the tree as it is, so it says nothing of mutants:\n{sound.output}")
        return 2
    tried = run.all(drawn, ranked(drawable, options.seed))
    for id, reason in known.items():
        print(f"not drawn: {every[id].line if id in every else id}: {reason}")
    trials = {mutant.id: run.results.trials[mutant.id] for mutant in tried}
    print(summary(tried, trials, {mutant.id: run.diff(mutant) for mutant in tried}))
    return 0 if share_caught(trials) >= LEAST else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description="Does the contract suite bite?")
    parser.add_argument("--count", type=int, default=80, help="how many mutants (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another one draws other mutants (default: %(default)s)")
    parser.add_argument("--suite-seed", type=int, default=0, help="the suite's own seed (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time (default: %(default)s)")
    parser.add_argument(
        "--time-limit", type=float, default=300.0, help="seconds for the suite on one mutant (default: %(default)s)"
    )
    parser.add_argument(
        "--results", type=Path, metavar="DIR", default=ROOT / "build" / "mutants",
        help="where results are kept; a run that is there is taken up again, sources and all (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--only", metavar="ID", action="append", help="this mutant, once more; may be repeated")
    parser.add_argument("--list", action="store_true", help="run nothing; show the drawn mutants as diffs")
    return parser


def _equivalent() -> dict[str, str]:
    """The mutants that change nothing on the wire, with the reasons."""
    rows = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
    return {row["id"]: f"{row['what']}: {row['reason']}" for row in rows}


def _list(drawn: list[Mutant], every: list[Mutant], tree: Path) -> None:
    for mutant in drawn:
        print(f"{mutant.line}\n{mutant.diff((tree / mutant.path).read_bytes())}\n")
    print(counted(every))


class _Run:
    """The trials of one call of the command."""

    def __init__(self, tree: Path, results: Results, options: argparse.Namespace) -> None:
        self._tree = tree
        self.results = results
        self._options = options

    def diff(self, mutant: Mutant) -> str:
        """A mutant's change."""
        return mutant.diff((self._tree / mutant.path).read_bytes())

    def tried(self, mutant: Mutant, *, again: bool = False) -> Trial:
        """What comes of a mutant, or came of it in an earlier run."""
        if again or mutant.id not in self.results.trials:
            options = self._options
            trial = attempt(self._tree, mutant, suite_seed=options.suite_seed, seconds=options.time_limit)
            self.results.add(mutant, trial, self.diff(mutant))
            found = f"\n{'':<20}{trial.finding}" if trial.finding else ""
            print(f"{trial.verdict:<9} {trial.seconds:>5.0f} s  {mutant.line}{found}", flush=True)
        return self.results.trials[mutant.id]

    def all(self, drawn: list[Mutant], order: dict[tuple[Area, str], list[Mutant]]) -> list[Mutant]:
        """All that were tried: those drawn, and for each stillborn one the next of its operator."""
        spare = {key: iter([mutant for mutant in queue if mutant not in drawn]) for key, queue in order.items()}
        tried: list[Mutant] = []
        waiting = list(drawn)
        while waiting:
            pool = ThreadPoolExecutor(self._options.jobs)
            try:
                trials = list(pool.map(self.tried, waiting))
            except BaseException:
                stop()
                raise
            finally:
                pool.shutdown(cancel_futures=True)
            tried += waiting
            stillborn = [one for one, trial in zip(waiting, trials, strict=True) if trial.verdict == "stillborn"]
            following = [next(spare[one.area, one.operator], None) for one in stillborn]
            waiting = [one for one in following if one is not None]
        return tried


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted: the same command takes it up again", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
