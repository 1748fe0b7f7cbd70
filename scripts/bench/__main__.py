"""Runs the benchmarks: all of them, or those named on the command line."""

from __future__ import annotations

import importlib
import sys

NAMES = ("imports", "decoding", "listing", "archives")


def main() -> int:
    """Prints a line for each figure: ours, the peer's, their ratio and, where there is one, the target."""
    wanted = sys.argv[1:] or NAMES
    unknown = set(wanted) - set(NAMES)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in wanted:
        for row in importlib.import_module(f"scripts.bench.{name}").rows():
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
