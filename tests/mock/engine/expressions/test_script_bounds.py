"""No script stops the service: time and memory are bounded whatever it does, and it runs in a process of its own."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.mock.api import Api
from tests.support.mock.engine_support import NOW, error_of, new_account, printed, push, run, start, states
from treasure_workflow_mock.control import fast_forward
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.engine.expressions import worker_pool
from treasure_workflow_mock.engine.expressions.javascript import SCRIPTS_AT_ONCE, RunningScripts, ScriptEngine
from treasure_workflow_mock.engine.expressions.script_error import ScriptError
from treasure_workflow_mock.engine.expressions.worker_pool import Running
from treasure_workflow_mock.service.server import MockService

# Each in another place where nothing looks at the time: loops, functions of the engine, regular expressions, texts.
ENDLESS = [
    "(function () { while (true) {} })()",
    "(function () { throw {toString: function () { while (true) {} }}; })()",
    "(function () { var e = new Error(); e.__defineGetter__('name', function () { while (true) {} }); throw e; })()",
    "({toJSON: function () { while (true) {} }})",
    "(function () { try { while (true) {} } finally { while (true) {} } })()",
    '[].join.call({length: 4294967295}, "")',
    "Array.prototype.indexOf.call({length: 9007199254740991}, 1)",
    "(function () { var a = []; a.length = 4294967295; return a.lastIndexOf(1); })()",
    "Array.prototype.sort.call({length: 4294967295})",
    '/^(a+)+$/.test("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")',
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("(a+)+")',
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".replaceAll("^(a|aa)+$", "")',
    'eval("while (true) {}")',
    'new Function("while (true) {}")()',
]  # fmt: skip
GREEDY = [
    "(function () { var a = []; while (true) a.push(new Array(1000).join('x')); })()",
    "(function () { var s = 'x'; while (true) s += s; })()",
    '"x".repeat(2147483647)',
    'new Array(1e9).join("xxxxxxxx")',
    'JSON.stringify(new Array(100000000).join("x").split(""))',
    "(function f() { return f(); })()",
    "(function f() { return [1].map(f); })()",
    'java.lang.String.format("%2147483647d", 1)',
    "new ArrayBuffer(4000000000)",
]


def text(script: str, engine: ScriptEngine | None = None) -> str:
    return (engine or ScriptEngine(seconds=0.2)).run("${" + script + "}", "{}", "{}")


@pytest.mark.parametrize("script", ENDLESS)
def test_a_script_without_end_is_ended(script: str) -> None:
    """It fails when its time is over, the message says how much that was, and the next script runs."""
    with pytest.raises(ScriptError, match=r"interrupted: a script may use 0\.2 s"):
        text(script)
    assert text("1 + 1") == "2"


@pytest.mark.parametrize("script", GREEDY)
def test_a_script_that_wants_all_memory_fails(script: str) -> None:
    """It fails, of what it asked for or of the time that it took, and the next script runs."""
    with pytest.raises(ScriptError):
        text(script)
    assert text("1 + 1") == "2"


def test_deeply_nested_scripts_are_run_or_refused() -> None:
    """Neither the gate nor the engine breaks on what is nested without measure."""
    assert text("(" * 200 + "1" + ")" * 200) == "1"
    # On a slow machine its time is up before its stack is full.
    with pytest.raises(ScriptError, match=r"Maximum call stack size exceeded|interrupted: a script may use"):
        text("(" * 20_000 + "1" + ")" * 20_000)
    with pytest.raises(ScriptError, match="nested that deep"):
        text("JSON.parse(new Array(9999).join('['))")


def test_the_scripts_of_an_attempt_share_a_length() -> None:
    """Many long texts are refused where one is not."""
    engine = ScriptEngine()
    for _ in range(4):
        text('"x".repeat(4000000)', engine)
    with pytest.raises(ScriptError, match="out of memory"):
        text('"x".repeat(4000000)', engine)


def test_scripts_that_take_long_run_while_others_are_served() -> None:
    """A step leaves them running, so that the attempt can be killed; few of an account run at a time."""
    account = new_account()
    tasks = "".join(f"+t{number}:\n  echo>: ${{(function () {{ while (true) {{}} }})()}}\n" for number in range(5))
    push(account, {"main.dig": "_parallel: true\n" + tasks})
    attempt = start(account, "main")
    next(attempts.advancing(account, NOW))
    assert [states(attempt)[f"+main+t{number}"] for number in range(5)] == ["running", *["ready"] * 4]
    attempts.kill(attempt)
    attempts.advance(account, NOW)
    assert attempt.done
    assert {states(attempt)[f"+main+t{number}"] for number in range(5)} == {"canceled"}
    assert not attempt.logs


def test_few_scripts_of_an_account_run_at_a_time() -> None:
    """Its other attempts wait for theirs, and all end."""
    account = new_account()
    push(account, {"main.dig": "+a:\n  echo>: ${(function () { while (true) {} })()}\n"})
    begun = [start(account, "main", retry=f"r{number}") for number in range(4)]
    steps = attempts.advancing(account, NOW)
    for _ in begun:
        next(steps)
    assert account.events.scripts.are_many
    attempts.advance(account, NOW)
    assert all(attempt.done and states(attempt)["+main+a"] == "error" for attempt in begun)


def test_a_script_that_takes_long_is_run_once() -> None:
    """However often the engine asks for it; the task has one log, and what comes before in its text is not lost."""
    account = new_account()
    busy = "(function () { for (var i = 0, n = 0; i < 2000000; i++) n += i % 7; return n; })()"
    push(account, {"main.dig": f"+a:\n  echo>: ${{{busy}}} ${{1 + 1}}\n  other: ${{{busy}}}\n"})
    attempt = start(account, "main")
    attempts.advance(account, NOW)
    assert printed(attempt).startswith("5999995 2")
    assert len(attempt.logs) == 1


def test_the_task_of_an_endless_script_fails_as_others_do() -> None:
    """Its message names the text, as that of any bad expression."""
    attempt = run("+a:\n  echo>: ${(function () { while (true) {} })()}\n")
    assert error_of(attempt).startswith(
        "Failed to evaluate a variable ${(function () { while (true) {} })()} (interrupted"
    )
    assert attempt.done


def test_others_are_served_while_an_account_has_endless_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another account's calls and scripts come through while a call of the first waits for its own; a kill ends them.

    No clock decides: the scripts end for nobody, and the call that waits for them is let go by the test.
    """
    assert ScriptEngine.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(ScriptEngine.__init__.__kwdefaults__, "seconds", 3600.0)
    monkeypatch.setattr(worker_pool, "_SILENCE", math.inf)
    monkeypatch.setattr(fast_forward, "MAX_SECONDS", 0)
    left_running = threading.Semaphore(0)
    add = RunningScripts.add

    def counted(scripts: RunningScripts, script: Running) -> None:
        add(scripts, script)
        left_running.release()

    monkeypatch.setattr(RunningScripts, "add", counted)
    with MockService("digdag") as service, ThreadPoolExecutor(1) as pool:
        bad, good = Api(service.base_url), Api(service.base_url)
        service.account(bad.key).clock.freeze(NOW)  # what is due at one time takes turns
        workflow_id = bad.push_hello("+a:\n  echo>: ${(function () { while (true) {} })()}\n")
        begun = [bad.start(workflow_id, retryAttemptName=f"r{number}") for number in range(1 + SCRIPTS_AT_ONCE)]
        paths = [f"/api/attempts/{each.json['id']}" for each in begun]
        monkeypatch.setattr(fast_forward, "MAX_SECONDS", math.inf)
        waiting = pool.submit(bad.get, paths[0])
        for _ in range(SCRIPTS_AT_ONCE):
            assert left_running.acquire(timeout=120)
        done = good.start(good.push_hello("+a:\n  echo>: ${1 + 1}\n")).json["id"]
        assert good.get(f"/api/attempts/{done}").json["success"]
        assert not waiting.done()

        monkeypatch.setattr(fast_forward, "MAX_SECONDS", 0)
        assert not waiting.result().json["done"]
        for path in paths:
            killed = bad.send("POST", f"{path}/kill", {})
            assert killed.status == 200, killed.content
        monkeypatch.setattr(fast_forward, "MAX_SECONDS", math.inf)
        assert all(bad.get(path).json["done"] for path in paths)


def test_scripts_run_in_many_threads_at_once() -> None:
    """Each gets its own text."""
    found: dict[int, str] = {}

    def work(number: int) -> None:
        for _ in range(20):
            found[number] = ScriptEngine().run("${n + n}", f'{{"n": {number}}}', "{}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: str(2 * number) for number in range(6)}


def python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return done.stdout


def test_the_script_engine_is_not_loaded_by_those_who_start_the_mock() -> None:
    """Neither engine nor gate is imported before, or by, the first script; there is no process before it."""
    assert (
        python("""
            import sys
            from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
            from treasure_workflow_mock.engine.expressions.worker_pool import POOL
            before = POOL.size
            ScriptEngine().run("${1}", "{}", "{}")
            print(before, POOL.size, [name for name in sys.modules if "quickjs" in name or "sandbox" in name])
        """)
        == "0 1 []\n"
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_workers_of_its_own() -> None:
    """A child does not read what its parent asked for."""
    assert (
        python("""
            import os
            from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
            engine = ScriptEngine()
            engine.run("${1}", "{}", "{}")
            child = os.fork()
            same = all(engine.run("${n}", '{"n": %d}' % n, "{}") == str(n) for n in range(child, child + 50))
            if not child:
                os._exit(0 if same else 1)
            print(same, os.waitpid(child, 0)[1])
        """)
        == "True 0\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="processes are looked for as POSIX has them")
def test_a_worker_ends_with_its_parent_however_that_ends() -> None:
    """Also when the parent is killed, and also while a script runs without end."""
    worker = int(
        python("""
            import os, threading
            from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
            from treasure_workflow_mock.engine.expressions.worker_pool import POOL
            ScriptEngine().run("${1}", "{}", "{}")
            print(POOL.process_ids()[0], flush=True)
            script = '${[].join.call({length: 4294967295}, "")}'
            threading.Thread(target=ScriptEngine().run, args=(script, "{}", "{}"), daemon=True).start()
            os._exit(0)
        """)
    )
    for _ in range(3000):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        threading.Event().wait(0.01)
    pytest.fail("the worker is still there")
