"""The gate that skips, or fails, what a machine can't run."""

import socket

import pytest
import pytest_socket

from tests import machine


def test_a_missing_component_skips_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_REQUIRE_ALL", raising=False)

    with pytest.raises(pytest.skip.Exception, match="needs browser: no chromium on PATH"):
        machine.missing("browser", "no chromium on PATH")


def test_a_missing_component_fails_where_all_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_REQUIRE_ALL", "1")

    with pytest.raises(pytest.fail.Exception, match="needs browser"):
        machine.missing("browser", "no chromium on PATH")


def test_a_component_that_is_there_lets_the_test_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine.PROBES, "odbc", lambda: None)

    machine.needs("odbc")


def test_an_unknown_component_is_an_error() -> None:
    with pytest.raises(KeyError):
        machine.needs("odcb")


def test_the_summary_counts_by_component_and_leaves_other_skips_out() -> None:
    reasons = ["Skipped: needs odbc: no driver", "Skipped: needs odbc: no driver", "Skipped: slow"]

    assert machine.summary(reasons) == ["odbc: no driver (2 tests skipped)"]


def test_unit_tests_open_no_socket() -> None:
    # the block warns before it raises, and a warning is an error here
    with pytest.raises((pytest_socket.SocketBlockedError, UserWarning), match="tried to use"):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
