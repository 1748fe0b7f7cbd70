"""Logs line by line and as they come; secrets from wherever they are; on the mock."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.nouns.conftest import OwnAccount
from tests.support.client.support import Guise
from treasure_workflow import LogLine, NotFound, TreasureWorkflow
from treasure_workflow._logic.log_lines import LineReader
from treasure_workflow_mock import Fault

WORKFLOW = """
+one:
  echo>: first
+wait:
  wait>: 60s
+two:
  echo>: second
"""


@pytest.fixture
def shop(mocked: Guise, own: OwnAccount, tmp_path: Path) -> Any:
    """The client of a project whose workflow waits in the middle."""
    own.account.clock.freeze(1_700_000_000)
    (tmp_path / "w.dig").write_text(WORKFLOW)
    mocked.run(lambda: mocked.client.projects.push(tmp_path, "shop"))
    return mocked.client


def collected(mocked: Guise, lines: Any) -> list[LogLine]:
    """All lines of an iterator."""
    if isinstance(mocked.client, TreasureWorkflow):
        return list(lines)

    async def collect() -> list[LogLine]:
        return [line async for line in lines]

    found: list[LogLine] = mocked.run(collect)
    return found


def test_lines_know_their_task_time_and_level(mocked: Guise, shop: Any, own: OwnAccount) -> None:
    """And are chosen by them."""
    attempt = mocked.run(lambda: shop.attempts.start("shop", "w"))
    own.account.clock.advance(600)
    mocked.run(lambda: shop.attempts.get(attempt))
    lines = collected(mocked, shop.logs.lines(attempt))
    assert "\n".join(line.text for line in lines) == mocked.run(lambda: shop.logs.text(attempt)).rstrip("\n")
    (first,) = [line for line in lines if line.text == "first"]
    assert (first.task, first.level, first.time is not None, str(first)) == ("+w+one", "INFO", True, "first")
    assert {line.task for line in collected(mocked, shop.logs.lines(attempt, task="+w+two"))} == {"+w+two"}
    assert [line.text for line in collected(mocked, shop.logs.lines(attempt, pattern=r"^sec"))] == ["second"]
    assert collected(mocked, shop.logs.lines(attempt, pattern=re.compile("FIRST"))) == []
    assert collected(mocked, shop.logs.lines(attempt, level="ERROR")) == []
    assert mocked.run(lambda: shop.logs.tail(attempt, "+w+one", lines=1)) == "first"
    assert mocked.run(lambda: shop.logs.tail(attempt, "+w", lines=1)) == ""
    for wrong in ({"level": "LOUD"}, {"pattern": "("}):
        with pytest.raises(ValueError, match=r"no such level|no regular expression"):
            shop.logs.lines(attempt, **wrong)


def test_lines_are_followed_to_the_end(
    mocked: Guise, shop: Any, own: OwnAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, those of a task that runs later as well, although a download is cut and the attempt goes on."""
    attempt = mocked.run(lambda: shop.attempts.start("shop", "w"))
    clock = own.account.clock
    monkeypatch.setattr(mocked.clock, "sleep", lambda _: clock.advance(30))
    own.faults.append(Fault("cut-gzip", operation="getFile", times=1))
    lines = collected(mocked, shop.logs.follow(attempt))
    downloads = [request["path"] for request in own.requests if request["operation"] == "getFile"]
    assert len(downloads) == 1 + len(set(downloads))  # the one that was cut is read again, and no other
    assert mocked.run(lambda: shop.attempts.get(attempt)).done
    assert sorted(line.text for line in lines) == sorted(mocked.run(lambda: shop.logs.text(attempt)).splitlines())
    assert [line.text for line in lines if line.text in ("first", "second")] == ["first", "second"]
    with pytest.raises(NotFound):
        collected(mocked, shop.logs.follow(4711))
    with pytest.raises(ValueError, match="poll_interval"):
        shop.logs.follow(attempt, poll_interval=0)


@given(st.lists(st.text("ab\n é", max_size=8).map(str.encode), max_size=6), st.data())
def test_a_growing_file_is_read_line_by_line_once(pieces: list[bytes], data: st.DataObject) -> None:
    """However a file grows, its lines come once, in order, none of them early or cut."""
    content = b"".join(pieces)
    reader, seen, end = LineReader("+t", lambda _: True), list[str](), 0
    for piece in pieces:
        end += len(piece)
        again = data.draw(st.booleans())
        for _ in range(1 + again):
            seen += [line.text for line in reader.lines(content[:end], ended=False)]
    seen += [line.text for line in reader.lines(content, ended=True)]
    assert "".join(f"{text}\n" for text in seen) == content.decode() + (
        "" if not content or content[-1:] == b"\n" else "\n"
    )


def keys(mocked: Guise) -> list[str]:
    """The keys of the project's secrets."""
    return sorted(secret.key for secret in mocked.rows(mocked.client.secrets.list("shop")))


def sent(own: OwnAccount) -> dict[str, str]:
    """The values that the mock was given."""
    (project,) = own.account.projects.values()
    return dict(project.secrets)


def test_a_value_comes_from_wherever_it_is(mocked: Guise, shop: Any, own: OwnAccount, tmp_path: Path) -> None:
    """Text, a file, an open file, or what asks for it; the end of a single line is no part of it."""
    (tmp_path / "one").write_text("from-file\n")
    (tmp_path / "many").write_bytes(b"-----BEGIN-----\nx\n-----END-----\n")
    for key, value in {
        "text": "as it is\n",
        "file": tmp_path / "one",
        "lines": tmp_path / "many",
        "stdin": io.StringIO("typed\r\n"),
        "asked": lambda: "answered",
        "empty": "",
    }.items():
        mocked.run(lambda key=key, value=value: shop.secrets.set("shop", key, value))  # type: ignore[misc]
    assert sent(own) == {
        "text": "as it is\n",
        "file": "from-file",
        "lines": "-----BEGIN-----\nx\n-----END-----\n",
        "stdin": "typed",
        "asked": "answered",
        "empty": "",
    }


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("1a", "x", "is no key of a secret"),
        ("a..b", "x", "is no key of a secret"),
        ("..", "x", "is no key of a secret"),
        ("a/b", "x", "is no key of a secret"),
        ("a" * 256, "x", "255 characters at most"),
        ("a", "hunter2" * 3000, "16,384 at most"),
        ("a", "hunter2\ud800", "is not Unicode"),
        ("a", 5, "is a text, a Path"),
        ("a", lambda: None, "must be text"),
        ("a", Path("/none/hunter2"), "cannot be read"),
    ],
)
def test_what_breaks_a_rule_is_not_sent(
    mocked: Guise, shop: Any, own: OwnAccount, key: Any, value: Any, message: str
) -> None:
    """The message has the rule and never the value."""
    before = len(own.requests)
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        mocked.run(lambda: shop.secrets.set("shop", key, value))
    if isinstance(value, str):
        assert "hunter2" not in str(caught.value)
    assert len(own.requests) == before


def test_many_secrets_are_checked_before_the_first_is_sent(
    mocked: Guise, shop: Any, own: OwnAccount, tmp_path: Path
) -> None:
    """From a mapping, JSON or YAML; a mistake in the last leaves the first alone."""
    secrets = shop.secrets
    with pytest.raises(ValueError, match="no key"):
        mocked.run(lambda: secrets.set_all("shop", {"a": "1", "b!": "2"}))
    assert keys(mocked) == []
    (tmp_path / "s.json").write_text(json.dumps({"a": "1", "b.c": "2"}))
    assert mocked.run(lambda: secrets.set_all("shop", tmp_path / "s.json")).added == ("a", "b.c")
    (tmp_path / "s.yaml").write_text("a: '3'\nd: four\n")
    plan = mocked.run(lambda: secrets.set_all("shop", tmp_path / "s.yaml"))
    assert (plan.added, plan.updated, plan.kept) == (("d",), ("a",), ("b.c",))
    assert sent(own) == {"a": "3", "b.c": "2", "d": "four"}
    (tmp_path / "s.yaml").write_text("a: 3\n")
    with pytest.raises(TypeError, match="put it into quotes"):
        mocked.run(lambda: secrets.set_all("shop", tmp_path / "s.yaml"))
    (tmp_path / "s.yaml").write_text("a: hunter2: x\n")
    with pytest.raises(ValueError, match="line 1") as caught:
        mocked.run(lambda: secrets.set_all("shop", tmp_path / "s.yaml"))
    assert "hunter2" not in str(caught.value)


def test_a_sync_shows_and_prunes(mocked: Guise, shop: Any) -> None:
    """Keys to add, to set again, and to prune; a dry run changes nothing."""
    secrets = shop.secrets
    mocked.run(lambda: secrets.set_all("shop", {"old": "1", "both": "1"}))
    wanted = {"both": "2", "new": "2"}
    plan = mocked.run(lambda: secrets.sync("shop", wanted, prune=True, dry_run=True))
    assert str(plan) == "~ both\n+ new\n- old"
    assert keys(mocked) == ["both", "old"]
    assert mocked.run(lambda: secrets.sync("shop", wanted)).kept == ("old",)
    assert keys(mocked) == ["both", "new", "old"]
    assert mocked.run(lambda: secrets.sync("shop", wanted, prune=True)).pruned == ("old",)
    assert keys(mocked) == ["both", "new"]
    with pytest.raises(NotFound):
        mocked.run(lambda: secrets.sync("ghost", wanted))
