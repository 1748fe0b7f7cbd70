"""What operators that reach outside need of their project: files where they look for them, and that evaluate."""

from __future__ import annotations

import pytest

from tests.support.mock.engine_support import log_of, new_account, printed, run
from treasure_workflow_mock._types import Flavour

MISSING = "File not found: <folder>/workspace/1_main_1_2_0/"


def error_of(text: str, flavour: Flavour = "digdag", **files: str) -> str | None:
    """What the first task of a workflow fails with, if it does; names of files have `__` for a slash, `_` for a dot."""
    others = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
    message: str | None = run(text, account=new_account(flavour), others=others).tasks[1].error.get("message")
    return message


@pytest.mark.parametrize(
    "operator", ["td", "td_for_each", "td_load", "td_wait", "mail", "pg", "redshift", "bq", "embulk"]
)
def test_a_file_that_is_not_there_fails_the_task(operator: str) -> None:
    """A query, a mail's text, a load's configuration: the task fails as on the service."""
    assert error_of(f"+a: {{{operator}>: q.sql}}\n") == f"{MISSING}q.sql (config)"
    assert error_of(f"+a: {{{operator}>: q.sql}}\n", q_sql="select 1") is None
    assert error_of(f"+a: {{{operator}>: {{data: 'select 1'}}}}\n") is None


def test_a_path_in_a_called_file_is_relative_to_that_file() -> None:
    """`_workdir` is where names are looked for, also upwards, but not outside of the project."""
    files = {"parts/load.dig": "+q: {td>: q.sql}\n+up: {td>: ../other/q.sql}\n", "parts/q.sql": "1", "other/q.sql": "2"}
    attempt = run("+a: {call>: parts/load}\n", others=files)
    assert attempt.success
    attempt = run("+a: {call>: parts/load}\n", others={**files, "parts/q.sql": "", "q.sql": ""} | {"other/q.sql": ""})
    assert attempt.success
    outside = error_of("+a: {td>: ../q.sql}\n", q_sql="1")
    assert outside == (
        "File name must not be outside of project path (<folder>/workspace/1_main_1_2_0): ../q.sql (illegal argument)"
    )
    missing = run("+a: {call>: parts/load}\n", others={"parts/load.dig": "+q: {td>: q.sql}\n", "q.sql": "1"})
    assert missing.tasks[3].error["message"].startswith("File not found: <folder>/workspace/1_main_1_4_0/parts/q.sql")


def test_a_query_is_evaluated() -> None:
    """A variable that nobody defined fails the task, inside a file as anywhere."""
    assert error_of("+a: {td>: q.sql}\n", q_sql="select ${nobody}") == (
        "Failed to evaluate a variable select ${nobody} (ReferenceError: nobody is not defined) in q.sql (config)"
    )
    assert error_of("+a: {td>: q.sql, table: t}\n", q_sql="select * from ${table}") is None


def test_a_file_that_cannot_be_read() -> None:
    """A folder, and a file that is no UTF-8, are told apart from one that is missing."""
    assert (
        error_of("+a: {td>: sql}\n", sql__q_sql="1") == "Failed to read file: sql: class java.io.IOException (config)"
    )


def test_what_needs_no_file() -> None:
    """A query in the task itself, a saved query by name, a connection by number."""
    assert error_of("+a: {'td>': null, query: select 1}\n") is None
    assert error_of("+a: {'td>': null}\n") == "Parameter 'query' is required but not set (config)"
    assert error_of("+a: {td_run>: my_saved_query}\n") is None
    assert error_of("+a: {td_load>: 123}\n") is None


def test_python_finds_its_module() -> None:
    """A module of the project, a package, or one of Python's own; anything else fails the command."""
    assert error_of("+a: {py>: tasks.Load.run}\n") == "Python command failed with code 1 (runtime)"
    assert error_of("+a: {py>: tasks.Load.run}\n", tasks_py="") is None
    assert error_of("+a: {py>: tasks.load.run}\n", tasks__load_py="") is None
    assert error_of("+a: {py>: json.dumps}\n") is None


def test_a_shell_finds_its_script() -> None:
    """A path at the beginning of a command is one of the workspace; anything else is left to the shell."""
    assert error_of("+a: {sh>: ./load.sh x}\n") == "Command failed with code 127 (runtime)"
    assert error_of("+a: {sh>: bash scripts/load.sh}\n") == "Command failed with code 127 (runtime)"
    assert error_of("+a: {sh>: bash scripts/load.sh}\n", scripts__load_sh="echo x") is None
    assert error_of("+a: {sh>: echo scripts/load.sh}\n") is None


def test_ruby_finds_what_it_requires() -> None:
    """A file with a folder is one of the workspace."""
    assert error_of("+a: {rb>: Load.run, require: tasks/load}\n") == "Ruby command failed with code 1 (runtime)"
    assert error_of("+a: {rb>: Load.run, require: tasks/load}\n", tasks__load_rb="") is None


def test_options_of_all_tasks_of_an_operator() -> None:
    """What is exported under the operator's name counts where the task has no option of its own."""
    assert error_of("_export: {td: {query: select 1}}\n+a: {'td>': null}\n") is None
    assert error_of("_export: {td: word}\n+a: {td>: {data: x}}\n") == "Parameter 'td' must be an object (config)"


def test_a_missing_file_is_not_tried_again() -> None:
    """The operators of Treasure Data look for it before anything that `_retry` is about, others do not."""
    attempt = run("+a: {td>: q.sql, _retry: 3}\n")
    assert (attempt.tasks[1].state, attempt.tasks[1].retries) == ("error", 0)
    attempt = run("+a: {mail>: body.txt, _retry: 3}\n")
    assert (attempt.tasks[1].state, attempt.tasks[1].retries) == ("error", 3)


def test_a_job_stores_its_id() -> None:
    """What comes after a job of Treasure Data can name it; of its results nobody knows anything."""
    attempt = run(
        "+q: {td>: {data: select 1}, store_last_results: true}\n"
        "+r: {echo>: '${td.last_job_id} ${td.last_job.id} ${typeof td.last_results}'}\n"
    )
    assert printed(attempt, "+main+r") == "1 1 object"


def test_hosted_downloads_no_file() -> None:
    """`download_file` works on a server of one's own only."""
    text = "+a: {td>: {data: select 1}, download_file: out.csv}\n"
    assert error_of(text) is None
    assert error_of(text, "hosted") == "Parameter 'download_file' is not supported (config)"


def test_environment_and_secrets_are_mappings() -> None:
    """`_env` and `_secrets` are looked at before the operator; what an outer task exports as `_env` is not."""
    assert error_of("+a: {echo>: x, _secrets: true}\n") == "Parameter '_secrets' must be an object (config)"
    assert error_of("+a: {echo>: x, _env: word}\n") == "Parameter '_env' must be an object (config)"
    assert error_of("_export: {_env: word}\n+a: {echo>: x}\n") is None
    assert error_of("+a: {nope>: x, _env: word}\n") == "Unknown task type: nope (config)"
    assert "_env" not in log_of(run("+a: {echo>: x, _env: {A: {secret: b}}}\n"), "+main+a")
