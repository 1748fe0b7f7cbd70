"""What all tests share: the contract tests' summary, which only a conftest that is loaded first can print."""

from tests.contract.summary import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]
