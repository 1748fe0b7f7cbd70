"""The main job, from an empty account to the log of a finished run, against a mock service on this machine.

With a key in `TD_API_KEY` the real service of `REGION` (eu01, say) is looked at instead, and only read.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from treasure_workflow import AttemptFailed, TreasureWorkflow, TreasureWorkflowError

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestProject, RestSession, RestSessionAttempt, RestTask

PROJECT = Path(__file__).resolve().parent.parent / "examples" / "nightly"
MOCK_KEY = "1/" + "0" * 40  # any key of this form is an account of the mock
SESSIONS = 250
WAIT_SECONDS = 60


def main() -> None:
    """Looks at the real service when there is a key for it, else runs the example project on a mock."""
    if key := os.environ.get("TD_API_KEY"):
        with TreasureWorkflow(api_key=key, region=os.environ.get("REGION") or None) as client:
            look_around(client)
        return
    with mock_service() as address, TreasureWorkflow(api_key=MOCK_KEY, base_url=address) as client:
        heading(f"A mock service at {address}")
        run_project(client)


@contextlib.contextmanager
def mock_service() -> Iterator[str]:
    """The address of a mock service in a process of its own, which ends with the block."""
    command = [sys.executable, "-m", "treasure_workflow_mock", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            announcement = process.stdout.readline() if process.stdout else ""
            if not announcement.startswith("listening on "):
                raise SystemExit("the mock service did not start")
            yield announcement.split()[-1]
        finally:
            process.terminate()


def run_project(client: TreasureWorkflow) -> None:
    """Pushes the example project, runs its workflows and shows what the service knows of them."""
    project = client.projects.push(PROJECT, "nightly")
    workflows = ", ".join(sorted(workflow.name for workflow in client.workflows.of_project(project)))
    heading(f"Pushed {PROJECT.name} as project {project.id}, revision {project.revision}: {workflows}")

    heading("Running nightly")
    attempt = client.attempts.start(project, "nightly", session_time="now")
    client.attempts.wait(attempt, timeout=WAIT_SECONDS, poll_interval=0.2, on_progress=Progress(client))
    show_tasks(client.attempts.tasks(attempt))

    heading("Its log")
    print(client.logs.text(attempt).rstrip())

    heading("Running quality, which fails on purpose")
    attempt = client.attempts.start(project, "quality")
    try:
        client.attempts.wait(attempt, timeout=WAIT_SECONDS, poll_interval=0.2, on_progress=Progress(client))
    except AttemptFailed as failure:
        print(failure)
    show_tasks(client.attempts.tasks(attempt))

    heading(f"{SESSIONS} sessions of heartbeat, page by page")
    start_sessions(client, project)
    show_sessions(client.sessions.list(project=project, workflow="heartbeat").pages())


def start_sessions(client: TreasureWorkflow, project: RestProject) -> None:
    """Starts heartbeat for one session time after the other, ten minutes apart."""
    heartbeat = client.workflows.find(project, "heartbeat")
    first = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(SESSIONS):
        client.attempts.start(None, heartbeat, session_time=first + number * timedelta(minutes=10))


def look_around(client: TreasureWorkflow) -> None:
    """Shows projects, sessions and the newest attempt of an account, without changing anything."""
    heading("Projects")
    for project in client.projects.list(limit=10):
        print(f"  {project.id:>8}  {project.name}  (revision {project.revision})")

    heading(f"The newest {SESSIONS} sessions, page by page")
    show_sessions(client.sessions.list(limit=SESSIONS).pages())

    heading("The newest attempt")
    attempt = client.attempts.list().first()
    if attempt is None:
        print("  none yet")
        return
    print(f"  {attempt.id} of {attempt.project.name}, {attempt.workflow.name}: {attempt.status}")
    show_tasks(client.attempts.tasks(attempt))
    log = client.logs.files(attempt).first()
    if log is not None:
        print(client.logs.text(attempt, task=log.task_name).rstrip())


class Progress:
    """Shows how far an attempt is: one line that changes on a terminal, else a line for each change."""

    def __init__(self, client: TreasureWorkflow) -> None:
        self._client = client
        self._last = ""

    def __call__(self, attempt: RestSessionAttempt) -> None:
        """Shows the attempt, when it is not as it was."""
        tasks = [task for task in self._client.attempts.tasks(attempt) if not task.is_group]
        done = sum(task.state in ("success", "error") for task in tasks)
        at_work = " ".join(task.full_name for task in tasks if task.state in ("running", "retry_waiting"))
        line = f"  {attempt.status:8} {done} of {len(tasks)} tasks done  {at_work}"
        if sys.stdout.isatty():
            width = os.get_terminal_size().columns - 1
            print(f"\r{line[:width]:{width}}", end="\n" if attempt.done else "", flush=True)
        elif line != self._last:
            print(line, flush=True)
        self._last = line


def show_tasks(tasks: Iterable[RestTask]) -> None:
    """The task tree, each task with its state, and why it failed."""
    children: dict[str | None, list[RestTask]] = {}
    for task in tasks:
        children.setdefault(task.parent_id or None, []).append(task)

    def show(task: RestTask, parent_name: str, indent: str) -> None:
        reason = f"  ({task.error['message']})" if "message" in task.error else ""
        print(f"{indent}{task.full_name.removeprefix(parent_name)}: {task.state}{reason}")
        for child in children.get(task.id, []):
            show(child, task.full_name, indent + "  ")

    for root in children.get(None, []):
        show(root, "", "  ")


def show_sessions(pages: Iterable[list[RestSession]]) -> None:
    """Each page's size and span, and how many sessions there were."""
    total = 0
    for number, page in enumerate(pages, 1):
        total += len(page)
        print(f"  page {number}: {len(page)} sessions, {page[0].session_time} back to {page[-1].session_time}")
    print(f"  {total} sessions")


def heading(text: str) -> None:
    """A line that stands out."""
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except TreasureWorkflowError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from None
