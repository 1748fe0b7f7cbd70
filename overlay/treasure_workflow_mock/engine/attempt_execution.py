"""The execution of one attempt: which task runs when, and what becomes of it.

A task is blocked until its group is planned and all of its upstreams succeeded. A group ends when nothing below it can
go on any more; so does an operator that made subtasks. What fails gets its `^error` tasks before it ends, a root that
fails the `^failure-alert` too.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.dig.config_values import nested
from treasure_workflow_mock.dig.task_definitions import TaskDefinition, compile_tasks
from treasure_workflow_mock.engine import timeouts
from treasure_workflow_mock.engine.event_queue import EventQueue
from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
from treasure_workflow_mock.engine.expressions.script_error import ScriptTakesTimeError
from treasure_workflow_mock.engine.operators.base import Again, Busy, TaskError, internal_error
from treasure_workflow_mock.engine.params import TaskParams, descendants, merged
from treasure_workflow_mock.engine.retries import counted, retry_delay
from treasure_workflow_mock.engine.sla import sla_tasks
from treasure_workflow_mock.engine.task_execution import Done, run_operator
from treasure_workflow_mock.engine.task_slots import slots_of
from treasure_workflow_mock.engine.task_tree import TaskTree, check_task_limit
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Poll, Task, TaskState, Workflow

_log = logging.getLogger(__name__)
ENDED: frozenset[TaskState] = frozenset({"success", "error", "group_error", "canceled"})
# Retries may make an attempt so many times larger than its limit of tasks. The service has no bound, but is slower.
_MAX_GROWTH = 10
_ALERT: JsonObject = {"_type": "notify", "_command": "Workflow session attempt failed"}

StartAttempt = Callable[[Workflow, float, JsonObject, str | None], Attempt]


class Execution:
    """Runs the tasks of one attempt. All that lasts is in tasks and event queue; the rest is found anew from them."""

    def __init__(self, account: Account, attempt: Attempt, events: EventQueue, start: StartAttempt) -> None:
        self._account = account
        self._attempt = attempt
        self._events = events
        self._start = start
        self._params = TaskParams(attempt)
        self._scripts = ScriptEngine(attempt.workflow.timezone, running=events.scripts)
        self.now = 0.0
        self._tree = TaskTree(account, attempt)
        self._going: dict[int, int] = defaultdict(int)  # how many children are under way
        self._released: list[Task] = []  # blocked no longer
        self._ready: list[Task] = []
        self._wave: deque[Task] = deque()  # what runs before anything else becomes ready
        self._settling: dict[int, Task] = {}  # planned tasks below which nothing is under way
        for task in attempt.tasks:
            self._take_up(task)

    def _take_up(self, task: Task) -> None:
        """Goes on with a task where its record says it is."""
        if task.state == "blocked":
            if self._tree.is_free(task):  # it was released already, even if it is to be canceled since
                self._released.append(task)
        elif task.state not in ENDED:
            if task.parent is not None:
                self._going[task.parent.id] += 1
            if task.state == "planned":
                self._settling[task.id] = task
            elif task.state == "ready":
                self._ready.append(task)

    def _release(self, task: Task) -> None:
        """Lets a blocked task go if nothing holds it back."""
        parent = task.parent
        canceled = task.cancel_requested or (parent is not None and parent.cancel_requested)
        if self._tree.is_free(task) and not canceled:
            self._released.append(task)

    # Moving on

    def begin_step(self) -> None:
        """Goes on for as long as other accounts should wait."""
        self._scripts.begin_step()

    def wake(self, task: Task, now: float, *, until: float) -> None:
        """Goes on with a task that is due at `now`; all that is due before `until` will happen before anything else."""
        self.now = now
        if task.state == "running":
            self._run(task)
        elif task.state == "ready":  # it has waited for another task to end
            self._ready.append(task)
        elif task.state == "group_retry_waiting":
            self._set(task, "ready")
            self._ready.append(task)
        elif task.state == "retry_waiting" and not self._waits_on(task, until):
            task.poll = None
            self._set(task, "ready")
            self._ready.append(task)

    def _waits_on(self, task: Task, until: float) -> bool:
        """Moves the next look of a polling task, as long as looking would change nothing."""
        poll = task.poll
        if poll is None or task.retry_at is None or task.cancel_requested or self.now >= poll.ready_at:
            return False
        if self.now < task.retry_at:
            return True
        interval = max(poll.interval, 1)
        looks = max(math.ceil((min(poll.ready_at, until) - task.retry_at) / interval), 1)
        task.retry_at += interval * looks
        task.retries += looks
        self._events.add(task.retry_at, self._attempt, task)
        return True

    def wake_now(self, task: Task, now: float) -> None:
        """Goes on with a task whose awaited attempt is done."""
        if task.poll is not None:
            task.poll = Poll(0, -math.inf)
            self._events.add(now, self._attempt, task)

    def proceed(self, now: float) -> bool:
        """Does what needs no time; whether the attempt is at its end.

        While a script takes long the rest is left to the next step.
        """
        self.now = now
        while self._next_wave():
            while self._wave:
                if self._scripts.is_busy and not self._wave[0].cancel_requested:
                    self._events.add(now, self._attempt)
                    return False
                self._run(self._wave.popleft())
        if self._attempt.tasks[0].state not in ENDED:
            return False
        self._scripts.close()
        return True

    def _next_wave(self) -> bool:
        """Finds the tasks that run next, if none are left; whether there are any."""
        if not self._wave:
            self._begin()
            while self._settle():
                self._begin()
            self._wave.extend(sorted(self._ready, key=lambda task: task.id))
            self._ready = []
        return bool(self._wave)

    def _begin(self) -> None:
        """Plans the released groups, makes the released operators ready."""
        for task in self._released:  # grows while it is gone through
            assert task.parent is not None
            self._going[task.parent.id] += 1
            if task.is_group:
                self._plan(task)
            else:
                self._set(task, "ready")
                self._ready.append(task)
        self._released = []

    def _plan(self, task: Task) -> None:
        self._set(task, "planned")
        self._settling[task.id] = task
        for child in self._tree.children(task):
            self._release(child)

    def _set(self, task: Task, state: TaskState) -> None:
        if task.state == "running":
            slots_of(self._account).give_back(task)
        task.state = state
        task.updated_at = self.now
        if state not in ("retry_waiting", "group_retry_waiting"):
            task.retry_at = None

    def _end(self, task: Task, state: TaskState) -> None:
        self._set(task, state)
        if state == "success":
            for downstream in self._tree.take_downstreams(task):
                self._release(downstream)
        parent = task.parent
        if parent is not None:
            self._going[parent.id] -= 1
            if not self._going[parent.id]:
                self._settling[parent.id] = parent

    # Groups, and operators with subtasks

    def _settle(self) -> bool:
        """Ends what has nothing under way below it, one level at a time; whether there was anything."""
        settling = [task for _, task in sorted(self._settling.items())]
        self._settling = {}
        settling = [task for task in settling if task.state == "planned" and not self._going[task.id]]
        for task in settling:
            self._settle_one(task)
        return bool(settling)

    def _settle_one(self, task: Task) -> None:
        if task.cancel_requested:
            self._end(task, "canceled")
        elif task.failing is not None:
            self._end(task, task.failing)
        elif self._tree.has_failed_child(task):
            self._fail_group(task)
        else:
            self._end(task, "success")

    def _fail_group(self, task: Task) -> None:
        try:
            exported = nested(task.config, "_export", required=False)
            delay = retry_delay({**exported, **task.config}, task.state_params)
        except ServiceError:
            delay = None  # the service ignores what it does not understand here
        if (
            delay is not None
            and len(self._attempt.tasks) < _MAX_GROWTH * self._account.settings["executor.task_max_run"]
        ):
            task.state_params = counted(task.state_params)
            task.retries += 1
            self._set(task, "group_retry_waiting")
            task.retry_at = self.now + delay
            self._events.add(task.retry_at, self._attempt, task)
            self._note_deadlines(task)
            return
        task.failing = "group_error"
        self._settling[task.id] = task
        if task.parent is None:
            self._add(compile_tasks(f"{task.full_name}^failure-alert", _ALERT), task)
        stored: JsonObject = {}
        error: JsonObject = {}
        for below in descendants(self._attempt, task):
            stored = merged(stored, below.store_params)
            error = merged(error, below.error)
        self._add_error_tasks(task, {**stored, "error": error})

    def _add_error_tasks(self, task: Task, exports: JsonObject) -> bool:
        """Adds the `_error` tasks; whether there are any, and room for them."""
        try:
            config = nested(task.config, "_error", required=False)
            if not config:
                return False
            inherited = nested(config, "_export", required=False)
            definitions = compile_tasks(f"{task.full_name}^error", {**config, "_export": {**inherited, **exports}})
            check_task_limit(self._account, len(self._attempt.tasks), len(definitions))
        except (ServiceError, TaskError):
            return False  # the service leaves out what it cannot add
        self._add(definitions, task)
        return True

    def _retry_group(self, task: Task) -> None:
        """Runs copies of the tasks that the group had from the beginning."""
        self._set(task, "planned")
        self._settling[task.id] = task
        self._tree.copy_initial(task, self.now)
        for child in self._tree.children(task):
            self._release(child)

    # Operators

    def _run(self, task: Task) -> None:
        if task.cancel_requested:
            self._end(task, "canceled")
            return
        if task.is_group:
            self._retry_group(task)
            return
        if task.state != "running" and not slots_of(self._account).take(self._attempt, task):
            return
        is_first = task.started_at is None
        if is_first:
            task.started_at = self.now
        if task.state != "running":
            self._set(task, "running")
        try:
            outcome = run_operator(
                self._account, self._attempt, task, self._params.of(task), self._scripts, self.now, self._start
            )
            if isinstance(outcome, Busy):
                self._events.add(outcome.until, self._attempt, task)
            elif isinstance(outcome, Again):
                self._run_again(task, outcome)
            else:
                self._succeed(task, outcome)
                return
            if is_first:
                self._note_deadlines(task)
        except ScriptTakesTimeError:
            self._events.add(self.now, self._attempt, task)
            if is_first:
                self._note_deadlines(task)
        except TaskError as error:
            self._fail(task, error.error)
        except Exception as error:  # noqa: BLE001 # whatever it is, the attempt has to end
            _log.exception("attempt %d: what task %s gave cannot be used", self._attempt.id, task.full_name)
            self._fail(task, internal_error(error).error)

    def _note_deadlines(self, task: Task) -> None:
        """Has the engine look whether the time is up, of a task that takes some."""
        for deadline in timeouts.deadlines(self._account, self._attempt, task):
            self._events.add(max(deadline, self.now), self._attempt)

    def _run_again(self, task: Task, again: Again) -> None:
        task.state_params = again.state_params
        task.retries += 1
        if not again.interval:
            self._set(task, "ready")
            self._ready.append(task)
            return
        self._set(task, "retry_waiting")
        task.retry_at = self.now + again.interval
        task.poll = Poll(again.interval, again.ready_at)
        self._events.add(task.retry_at, self._attempt, task)
        if again.attempt is not None:
            self._events.watch(again.attempt, self._attempt, task)

    def _succeed(self, task: Task, done: Done) -> None:
        """Ends the task, or plans it if it has subtasks or a check."""
        if done.store_params:
            task.store_params = done.store_params
            self._params.anything_stored = True
        if not done.subtasks and not done.checks:
            self._end(task, "success")
            return
        upstreams = [self._add(done.subtasks, task, initial=True)] if done.subtasks else []
        if done.checks:
            self._add(done.checks, task, upstreams=upstreams)
        self._plan(task)

    def _fail(self, task: Task, error: JsonObject) -> None:
        task.error = error
        if self._add_error_tasks(task, {"error": error}):
            task.failing = "error"
            self._plan(task)
        else:
            self._end(task, "error")

    # Adding tasks

    def add_initial(self, definitions: Sequence[TaskDefinition], now: float) -> None:
        """Adds the attempt's first tasks below the root, which is there already."""
        self.now = now
        root = self._attempt.tasks[0]
        self._note_stored(self._tree.insert(definitions, now, [root], initial=True))
        self._plan(root)

    def add_sla_tasks(self, now: float) -> None:
        """Adds what the workflow's `sla:` has for an attempt that takes too long, if it can be made."""
        self.now = now
        root = self._attempt.tasks[0]
        try:
            trees = sla_tasks(root.full_name, self._attempt.workflow.config["sla"])
        except ServiceError:
            return  # the service tries again and again, to no avail
        for definitions in trees:
            self._add(definitions, root)

    def _add(
        self,
        definitions: Sequence[TaskDefinition],
        parent: Task,
        *,
        initial: bool = False,
        upstreams: Sequence[Task] = (),
    ) -> Task:
        """Adds generated tasks below `parent` and returns their root, which waits for `upstreams`."""
        tasks = self._tree.insert(definitions, self.now, [], parent, upstreams, initial=initial)
        self._note_stored(tasks)
        self._release(tasks[0])
        return tasks[0]

    def _note_stored(self, tasks: Sequence[Task]) -> None:
        """Notes whether new tasks, which may be carried over, stored params."""
        self._params.anything_stored |= any(task.store_params for task in tasks)
