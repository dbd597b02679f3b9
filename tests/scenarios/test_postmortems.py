"""Post-mortems: all that is known, the same text every time, and nothing that breaks out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.markdown import quoted
from hub.store.opening import Store
from tests.scenarios.postmortems import EXPECTED, tell

MARKDOWN = MarkdownIt("commonmark", {"html": True, "linkify": False})


def test_a_post_mortem_is_as_a_person_has_checked_it(store: Store) -> None:
    """``python -m tests.scenarios.postmortems`` writes it anew."""
    assert tell(store) == EXPECTED.read_text("utf-8")


def test_no_private_value_and_no_markup_of_others_is_in_it() -> None:
    text = EXPECTED.read_text("utf-8")
    html = MARKDOWN.render(text)

    assert "hunter2" not in text
    assert "<script" not in html
    assert 'href="http://evil' not in html
    assert html.count("<h1>") == 1


@given(st.text())
def test_whatever_others_write_stays_one_code_span_on_its_line(text: str) -> None:
    kinds = []
    for block in MARKDOWN.parse(f"- before {quoted(text)} after\n"):
        kinds += [child.type for child in block.children or ()]

    assert kinds in (["text", "code_inline", "text"], ["text"])
    assert "\n" not in quoted(text)


def test_the_command_writes_it_once(
    sqlite_store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = tell(sqlite_store)
    options = ["--config", str(tmp_path), "--database", sqlite_store.database.url]

    def export(*args: str) -> int:
        incident = expected.split()[3].rstrip(":")
        return run_to_exit(lambda: root(["incidents", "export", incident, *args, *options]))

    assert export() == 0
    assert capsys.readouterr().out == expected
    out = tmp_path / "postmortem.md"
    assert export("--out", str(out)) == 0
    assert out.read_text("utf-8") == expected
    assert export("--out", str(out)) == 2


@pytest.mark.parametrize("text", ["", "  \n", "a", "`", "``a`", "x\u202ey", "a\x1b[31m"])
def test_what_is_quoted_moves_nothing(text: str) -> None:
    assert quoted(text).isprintable()
