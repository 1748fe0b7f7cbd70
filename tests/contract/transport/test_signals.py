"""Interruptions: the first one ends a run, further ones change nothing, up to the very end of the process."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

from treasure_workflow_contract.transport.signals import interrupted_once

_PROGRAM = """
    import atexit, signal, sys
    from treasure_workflow_contract.transport.signals import interrupted_once

    SENT = signal.Signals(int(sys.argv[1]))

    class Late:
        def __del__(self):
            signal.raise_signal(SENT)

    atexit.register(signal.raise_signal, SENT)
    # Only what a module holds until the interpreter is torn down is later than what atexit calls.
    sys.late = Late()
    try:
        with interrupted_once():
            try:
                signal.raise_signal(SENT)
            finally:
                signal.raise_signal(SENT)
    except KeyboardInterrupt:
        signal.raise_signal(SENT)
        sys.exit(130)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_status_of_an_interrupted_process_stands_until_it_is_gone(sent: signal.Signals) -> None:
    """While it removes what it made, after that, at exit, and while Python itself is torn down."""
    command = [sys.executable, "-c", textwrap.dedent(_PROGRAM), str(int(sent))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 130, done
    assert done.stderr == "still removing what the run made; it ends within seconds\n"


def test_a_run_that_nothing_interrupted_leaves_signals_as_they_were() -> None:
    """The command is a function too: what its caller does with signals is the caller's."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with interrupted_once():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
