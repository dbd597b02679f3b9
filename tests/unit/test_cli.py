from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import hub
from hub.cli.commands import COMMANDS, root
from hub.cli.exits import exit_code, run_to_exit
from hub.domain import errors


def run(*args: str) -> int:
    return run_to_exit(lambda: root(args))


def test_without_arguments_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert set(COMMANDS) <= set(capsys.readouterr().out.split())


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert run(name, "--help") == 0
        assert f"hub {name}" in capsys.readouterr().out


def test_a_mistyped_command_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("confg") == 2
    assert "config" in capsys.readouterr().err


def test_the_version_is_the_distribution_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.strip() == hub.__version__


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ContractViolation("x"), 1),
        (errors.DataError("x"), 1),
        (errors.InvalidInput("x"), 2),
        (errors.NotFound("x"), 2),
        (errors.Unreachable("x"), 3),
        (errors.PluginFailed("p", "x"), 3),
        (errors.Refused("x"), 4),
        (errors.InvariantBroken("x"), 70),
    ],
)
def test_what_went_wrong_decides_the_exit_code(error: errors.HubError, code: int) -> None:
    assert exit_code(error) == code


def test_an_error_says_what_to_do_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise errors.InvalidInput("no such thing", fix="name another")

    assert run_to_exit(fail) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "error: no such thing\n  fix: name another\n")


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), typer.Abort()])
def test_an_interrupt_is_130(stop: BaseException) -> None:
    def interrupted() -> None:
        raise stop

    assert run_to_exit(interrupted) == 130


def test_what_nobody_foresaw_is_a_defect_and_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ZeroDivisionError("of all things")

    assert run_to_exit(fail) == 70
    printed = capsys.readouterr().err
    assert "ZeroDivisionError: of all things" in printed
    assert "report it" in printed


def test_a_choice_that_is_none_is_told_without_how_a_library_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("serve", "--role", "foo") == 2
    assert "'--role': 'foo' is not one of 'api'" in capsys.readouterr().err


@pytest.mark.parametrize("asked", [("-h",), ("serve", "-h"), ("lineage", "up", "-h")])
def test_help_is_asked_for_in_short(
    asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*asked) == 0
    assert "Usage: hub" in capsys.readouterr().out


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run ``hub`` in a shell."""
    hub_of_ours = f"{sys.executable} -c 'from hub.cli import main; main()'"
    return subprocess.run(
        ["bash", "-c", command.replace("hub ", f"{hub_of_ours} ")],
        capture_output=True,
        check=False,
        cwd=folder,
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("hub export-schema | true; echo ${PIPESTATUS[0]}", b"0\n"),
        ("hub config --json >&-; echo $?", b"0\n"),
        ("hub config > /dev/full; echo $?", b"3\n"),
    ],
)
def test_output_that_nobody_takes_is_no_finding(command: str, said: bytes, tmp_path: Path) -> None:
    done = shell(command, tmp_path)
    assert done.stdout == said
    assert b"Traceback" not in done.stderr


def test_output_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('spine = "naïve.db"\n', "utf-8")
    done = shell("PYTHONIOENCODING=ascii hub config --json", tmp_path)
    assert "naïve.db" in json.loads(done.stdout.decode())["spine"]["value"]


def test_a_store_in_a_folder_that_cannot_be_made_is_out_of_reach(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run("migrate", "--database", f"sqlite:///{tmp_path}/file/below/hub.db") == 3
    assert "cannot be made: Not a directory" in capsys.readouterr().err


def test_config_masks_passwords(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql+psycopg://hub:s3cret@db/hub"
    assert run("config", "--json", "--config", str(tmp_path), "--database", url) == 0
    printed = capsys.readouterr().out
    assert "s3cret" not in printed
    assert json.loads(printed)["database"]["origin"] == "flag"


def test_help_imports_little() -> None:
    """Quick help is a promise; a timed test would be noise, so what costs time is named."""
    program = "import sys; from hub.cli.commands import root; root(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    heavy = {"sqlalchemy", "strawberry", "numpy", "openlineage", "uvicorn", "pyarrow", "msgspec"}
    assert not heavy & set(done.stdout.decode().split())


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://hub", "http://", ""])
def test_an_address_without_a_scheme_is_no_hub_that_is_down(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("incidents", "--url", url) == 2
    assert "http://HOST:PORT" in capsys.readouterr().err


def test_completion_is_installed_for_the_hub_and_not_for_each_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("--help")
    assert "--install-completion" in capsys.readouterr().out
    for name in COMMANDS:
        run(name, "--help")
        assert "completion" not in capsys.readouterr().out, name
