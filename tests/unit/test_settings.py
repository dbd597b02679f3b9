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
        ("databse = 'x'", "databse is no setting of the hub"),
        ("[serve]\nport = 70000", "serve.port"),
        ("[serve", "cannot be read"),
        ("[[auth.keys]]\nname = 'ci'\nsha256 = 'plain'", "auth.keys"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_settings(write(tmp_path, text), environ={})


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
