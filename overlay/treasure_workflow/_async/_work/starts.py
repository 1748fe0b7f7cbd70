"""Starts that cannot start anything twice, and wait for a slot when they are asked to."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from treasure_workflow import errors
from treasure_workflow._logic.starts import attempt_in, is_ours
from treasure_workflow._results import StartedAttempt

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow_api.models import RestSessionAttemptRequest

_LONGEST_WAIT_SECONDS = 30.0


async def start(calls: AsyncCalls, request: RestSessionAttemptRequest, wait_for_slot: float) -> StartedAttempt:
    """The attempt that a request starts or had started. Operation startAttempt.

    Args:
        calls: What sends.
        request: What to start. Nothing is added to it.
        wait_for_slot: Seconds to try again while as many attempts run as may.

    Raises:
        AttemptExists: There is another attempt of that session and name.
        TooManyAttempts: As many attempts run or wait as may, to the end.
    """
    end = calls.clock.monotonic() + wait_for_slot
    tries = 0
    while True:
        try:
            return await _start_once(calls, request)
        except errors.TooManyAttempts:
            left = end - calls.clock.monotonic()
            if left <= 0:
                raise
        tries += 1
        # Not at once, and not all at the same moment: who waits for a slot is seldom alone.
        await calls.clock.sleep(min(left, _LONGEST_WAIT_SECONDS, 2.0**tries) * (0.5 + random.random() / 2))


async def _start_once(calls: AsyncCalls, request: RestSessionAttemptRequest) -> StartedAttempt:
    from treasure_workflow_api.api.attempt import start_attempt

    try:
        attempt = await calls.telling_own().call(start_attempt, body=request)
    except errors.Conflict as error:
        existing = attempt_in(error.body)
        if existing is None:
            raise
        if error.lost and is_ours(existing, request, error.first_sent):
            return StartedAttempt.of(existing, "already_ours")
        raise errors.AttemptExists.of(existing, error) from None
    return StartedAttempt.of(attempt, "created")
