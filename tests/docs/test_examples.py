"""What the pages show works: code compiles, commands run, files load, queries are valid."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from hub.cli.commands import root
from hub.cli.exits import FINDINGS, OK, run_to_exit
from hub.domain.catalog import OwnerKind
from hub.host import Host
from hub.settings import load_catalog, load_settings
from hub.spi.lane import LaneContext
from tests.docs.markdown import ROOT, Block, blocks, read, section

_KEY_OPERATION = "python3 -c "


def _where(block: Block) -> str:
    return f"{block.page}:{block.line}"


def _commands(block: Block) -> Iterator[list[str]]:
    """Yield the arguments of each `hub …` of a block."""
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] == "hub":
            yield words[1:]


def _shown(heading: str, language: str) -> list[Block]:
    """Return the README's blocks of one tour."""
    tour = section("README.md", heading)
    return [each for each in blocks(language) if each.page == "README.md" and each.text in tour]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make commands use a store of this test's own, seen from the repository's root."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    monkeypatch.setenv("HUB_DATABASE", url)
    monkeypatch.delenv("HUB_URL", raising=False)
    monkeypatch.delenv("HUB_CONFIG", raising=False)
    monkeypatch.chdir(ROOT)
    return url


@pytest.mark.parametrize("block", blocks("python"), ids=_where)
def test_python_compiles(block: Block) -> None:
    compile(block.text, _where(block), "exec")


@pytest.mark.parametrize("block", blocks("sh"), ids=_where)
def test_commands_exist_with_the_options_shown(
    block: Block, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in _commands(block):
        # Options are parsed before help is shown, so a wrong one is refused.
        assert run_to_exit(lambda: root([*arguments, "--help"])) == OK, capsys.readouterr().err  # noqa: B023 - called at once


@pytest.mark.parametrize("block", blocks("graphql"), ids=_where)
def test_queries_are_valid(block: Block) -> None:
    assert validate(build_schema(read("contracts/schema.graphql")), parse(block.text)) == []


@pytest.mark.usefixtures("store")
def test_the_engineers_tour_answers_as_shown(capsys: pytest.CaptureFixture[str]) -> None:
    heading = "For the engineer: where does this number come from?"
    (commands,), (answer,) = _shown(heading, "sh"), _shown(heading, "text")
    answers = []
    for arguments in _commands(commands):
        assert run_to_exit(lambda: root(arguments)) == OK  # noqa: B023 - called at once
        answers.append(capsys.readouterr().out)

    assert answer.text in answers


@pytest.mark.usefixtures("store")
def test_the_on_call_tour_runs(capsys: pytest.CaptureFixture[str]) -> None:
    heading = "For the person on call: what broke, and whose is it?"
    (commands,), (page,) = _shown(heading, "sh"), _shown(heading, "text")
    run_to_exit(lambda: root(["ingest", "tests/corpus/events"]))
    capsys.readouterr()
    assert run_to_exit(lambda: root(["incidents", "--json"])) == FINDINGS
    incident = json.loads(capsys.readouterr().out)[0]["id"]
    answers = {}
    for arguments in _commands(commands):
        ours = [re.sub(r"^INC-\d+$", incident, each) for each in arguments]
        code = run_to_exit(lambda: root(ours))  # noqa: B023 - called at once
        assert code in (OK, FINDINGS), arguments
        answers[arguments[0]] = capsys.readouterr().out

    always = ("what happened", "class", "by", "because", "root cause", "whose", "who was told")
    for text in (page.text, answers["explain"]):
        assert all(re.search(rf"^ +{label}\b", text, re.MULTILINE) for label in always)


def test_the_plugin_registers_and_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = _shown("For the plugin author: a new source before lunch", "python")
    (tmp_path / "shown_in_the_readme.py").write_text(block.text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        host = Host.load([EntryPoint("countdown", "shown_in_the_readme", "hub.plugins")])
    finally:
        sys.modules.pop("shown_in_the_readme", None)
    lane = host.lane("countdown", step="demo.countdown").api
    context = LaneContext(step="demo.countdown", options={}, root=str(tmp_path), expected={})

    (first,) = lane.read(context, None)

    assert [state.state for state in host.states] == ["loaded"]
    assert first.table is not None
    assert first.table["n"].to_pylist() == list(range(10, 0, -1))
    assert list(lane.read(context, first.checkpoint)) == []


def test_the_files_load_together(tmp_path: Path) -> None:
    for block in blocks("yaml"):
        name = _file_of(block)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(block.text, "utf-8")
    [shifts] = blocks("ics")
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "finance.ics").write_text(shifts.text, "utf-8")

    catalog = load_catalog(load_settings(tmp_path, environ={}))

    assert list(catalog.products) == ["revenue"]
    assert list(catalog.contracts) == ["payments"]
    assert catalog.sources["payment-provider"].owner.kind is OwnerKind.SOURCE_SYSTEM
    assert [route.continues for route in catalog.route.routes] == [False, True, False]
    assert catalog.route.escalation in catalog.escalations
    assert [window.name for window in catalog.windows] == ["warehouse-upgrade", "sunday-backups"]


@pytest.mark.parametrize("block", blocks("toml"), ids=_where)
def test_settings_load(block: Block, tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text(block.text, "utf-8")

    origins = load_settings(tmp_path, environ={}).origins.values()

    assert any(origin.startswith(str(tmp_path)) for origin in origins)


def test_a_key_is_made_as_shown() -> None:
    (line,) = [
        line
        for block in blocks("sh")
        for line in block.text.splitlines()
        if line.startswith(_KEY_OPERATION)
    ]
    made = subprocess.run(
        [sys.executable, *shlex.split(line)[1:]], capture_output=True, text=True, check=True
    )
    (_, key), (_, digest) = (each.split() for each in made.stdout.splitlines())

    assert sha256(key.encode()).hexdigest() == digest


def _file_of(block: Block) -> str:
    """Return the name of the file that a block shows: the heading above it."""
    above = read(block.page).splitlines()[: block.line]
    heading = next(line for line in reversed(above) if line.startswith("## "))
    return heading.removeprefix("## ").replace("NAME", "shown")
