from __future__ import annotations

from pathlib import Path

import pytest

from hub.domain.errors import InvalidInput
from hub.settings import fill_secrets, load_settings


def write(folder: Path, text: str) -> Path:
    (folder / "hub.toml").write_text(text)
    return folder


def test_flags_win_over_the_environment_and_the_environment_over_the_file(tmp_path: Path) -> None:
    folder = write(tmp_path, "[serve]\nport = 1\nhost = '::1'\n")
    loaded = load_settings(
        folder,
        flags={"serve.host": "localhost", "database": None},
        environ={"HUB_SERVE__PORT": "2", "HUB_SERVE__HOST": "other"},
    )
    assert (loaded.settings.serve.host, loaded.settings.serve.port) == ("localhost", 2)
    assert loaded.origins["serve.host"] == "flag"
    assert loaded.origins["serve.port"] == "HUB_SERVE__PORT"
    assert loaded.origins["database"] == "default"


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql+psycopg://hub:s3cret@db/hub\n")
    loaded = load_settings(tmp_path, environ={"HUB_DATABASE_FILE": str(secret)})
    assert loaded.settings.database == "postgresql+psycopg://hub:s3cret@db/hub"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\ndatabse = 'x'", "hub.toml:2: databse is no setting of the hub"),
        ("[serve]\nport = 70000", "hub.toml:2: serve.port"),
        ("serve.port = 70000", "hub.toml:1: serve.port"),
        ("spine = 'a'\nserve = { port = 70000 }", "hub.toml:2: serve.port"),
        ("[serve]\nhost = 'h'\n[intake]\n'max_body_bytes' = 0", "hub.toml:4: intake.max_body"),
        ("[serve\nport = 1", "hub.toml cannot be read: .* line 1"),
        ("\n[[auth.keys]]\nname = 'ci'\nsha256 = 'plain'", "hub.toml:2: auth.keys"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_settings(write(tmp_path, text), environ={})


def test_lists_are_written_in_one_variable_or_file(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"airflow:{'a' * 64}\nteam:ci:{'b' * 64}\n")
    variables = {
        "HUB_SERVE__ALLOWED_HOSTS": "hub.example, hub.internal",
        "HUB_AUTH__KEYS_FILE": str(keys),
    }
    settings = load_settings(tmp_path, environ=variables).settings
    assert settings.serve.allowed_hosts == ("hub.example", "hub.internal")
    assert [(key.name, key.sha256[0]) for key in settings.auth.keys] == [
        ("airflow", "a"),
        ("team:ci", "b"),
    ]


@pytest.mark.parametrize("text", ["s3cret", "ci:s3cret", "ci"])
def test_a_key_in_a_variable_that_is_no_digest_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match="HUB_AUTH__KEYS: auth") as refused:
        load_settings(tmp_path, environ={"HUB_AUTH__KEYS": text})
    assert "s3cret" not in refused.value.message


def test_a_typo_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_settings(write(tmp_path, "databse = 'x'"), environ={})
    assert refused.value.fix == "did you mean database?"


def test_placeholders_are_filled_at_any_depth(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc\n")
    options = {"url": "http://${HOST}/x", "auth": {"token": f"${{file:{token}}}"}, "n": 1}
    assert fill_secrets(options, {"HOST": "h"}) == {
        "url": "http://h/x",
        "auth": {"token": "abc"},
        "n": 1,
    }


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(InvalidInput, match="PAGER_KEY"):
        fill_secrets({"key": "${PAGER_KEY}"}, {})


def test_a_variable_that_names_no_setting_is_ignored_and_said(tmp_path: Path) -> None:
    assert load_settings(tmp_path, environ={"HUB_SERVICE_HOST": "10"}).ignored == (
        "HUB_SERVICE_HOST",
    )


@pytest.mark.parametrize("environ", [{}, {"HUB_CONFIG": "nowhere"}])
def test_a_configuration_folder_that_is_not_there_is_no_empty_one(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    folder = None if environ else tmp_path / "nowhere"
    with pytest.raises(InvalidInput, match="nowhere is not there") as refused:
        load_settings(folder, environ=environ)
    assert refused.value.fix
    assert "--config" in refused.value.fix
