"""Runs the benchmarks: all of them, or those named on the command line."""

from __future__ import annotations

import importlib
import sys

from scripts.bench.measure import MissingTool

NAMES = ("imports", "decoding", "listing", "archives", "prism")


def main() -> int:
    """Prints a line for each figure: ours, the peer's, their ratio and, where there is one, the target."""
    wanted = sys.argv[1:] or NAMES
    unknown = set(wanted) - set(NAMES)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    missing = False
    for name in wanted:
        try:
            for row in importlib.import_module(f"scripts.bench.{name}").rows():
                print(row, flush=True)
        except MissingTool as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            missing = True
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())
