"""The folder that a task runs in: the files of its project, and where a name in its configuration leads."""

from __future__ import annotations

import posixpath

from treasure_workflow_mock.dig.config_values import text
from treasure_workflow_mock.engine.operators.base import TaskRequest, unexpected_error
from treasure_workflow_mock.java import exceptions
from treasure_workflow_mock.java.exceptions import Cause


class Workspace:
    """The workspace of a task: names of files are looked for in its `_workdir`, and never outside of the project."""

    def __init__(self, request: TaskRequest) -> None:
        attempt = request.attempt
        session = attempt.session
        self._files = attempt.workflow.revision.files
        self.folder = (
            f"<folder>/workspace/{session.project.id}_{session.workflow_name}_{attempt.id}_{request.task.id}_0"
        )
        workdir = "" if request.config.get("_workdir") is None else text(request.config, "_workdir")
        self._workdir = posixpath.normpath(posixpath.join("/", workdir))[1:]
        if _leaves(workdir):
            problem = f"Working directory must not be outside of project path ({self.folder}): {workdir}"
            raise unexpected_error(problem, exceptions.ILLEGAL_ARGUMENT)

    def path(self, name: str) -> str:
        """Where in the project a file of that name would be. TaskError if that is outside of the project."""
        path = posixpath.join(self._workdir, name)
        if _leaves(path):
            problem = f"File name must not be outside of project path ({self.folder}): {name}"
            raise unexpected_error(problem, exceptions.ILLEGAL_ARGUMENT)
        return posixpath.normpath(path)

    def read(self, name: str) -> bytes:
        """The content of a file. TaskError if there is none."""
        path = self.path(name)
        if path in self._files:
            return self._files[path]
        if self.has_folder(path):
            raise unexpected_error(f"Failed to read file: {name}: class java.io.IOException")
        full_path = posixpath.join(self.folder, self._workdir, name)
        raise unexpected_error(
            f"File not found: {full_path}", exceptions.CONFIG, Cause(exceptions.NO_SUCH_FILE, full_path)
        )

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder of that path in the project."""
        return path == "." or any(other.startswith(f"{path}/") for other in self._files)

    def has_file(self, path: str) -> bool:
        """Whether there is a file of that path in the project."""
        return path in self._files


def check_workdir(request: TaskRequest) -> None:
    """TaskError if the task's `_workdir` is no folder of the project."""
    Workspace(request)


def _leaves(path: str) -> bool:
    path = posixpath.normpath(path)
    return path == ".." or path.startswith(("../", "/"))
