"""Mutated documents: a function for each kind of change, with what is to be said of it."""

from __future__ import annotations

import importlib
import pkgutil

from tests.support.update_spec.corpus.case import CASES, Case

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["CASES", "Case"]
