"""Receivers that could never be told are found before anybody is to be told."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from hub.app.doctor import Diagnosis, examine
from hub.settings import load_settings
from hub.testing.receiving import Receiver
from tests.served.hubs import log_of, refusal, served
from tests.served.places import until
from tests.served.test_killed_pages import DOMAINS

RECEIVERS = """
receivers:
  - receiver: phone
    notifier: webhook
    options: {options}
"""


def configure(folder: Path, **options: str) -> None:
    (folder / "domains.yaml").write_text(DOMAINS)
    (folder / "receivers.yaml").write_text(RECEIVERS.format(options=json.dumps(options)))


def examined(folder: Path, *, is_online: bool = False) -> dict[str, Diagnosis]:
    loaded = load_settings(folder, flags={"database": f"sqlite:///{folder}/hub.db"}, environ={})
    return {each.check: each for each in examine(loaded, is_online=is_online)}


def test_the_doctor_says_where_an_option_is_wrong_and_repeats_no_value(tmp_path: Path) -> None:
    configure(tmp_path, url="http://127.0.0.1:1/", secrte="s3cret-value")

    found = examined(tmp_path)["receiver phone"]
    assert not found.is_ok
    assert f"{tmp_path}/receivers.yaml:3: receiver phone: " in found.found
    assert "secrte" in found.found
    assert "s3cret-value" not in found.found
    assert found.fix == "the README of hub-notify-webhook lists them"


def test_the_doctor_says_which_secret_lacks(tmp_path: Path) -> None:
    configure(tmp_path, url="http://127.0.0.1:1/", secret="${NO_SUCH_SECRET}")

    found = examined(tmp_path)["receiver phone"]
    assert not found.is_ok
    assert "receivers.yaml:3: option secret needs the environment variable NO_SUCH" in found.found


def test_the_doctor_knows_no_such_notifier(tmp_path: Path) -> None:
    configure(tmp_path, url="http://127.0.0.1:1/")
    path = tmp_path / "receivers.yaml"
    path.write_text(path.read_text().replace("webhook", "pigeon"))

    assert "pigeon" in examined(tmp_path)["receiver phone"].found


def test_only_when_asked_to_go_online_does_the_doctor_and_then_it_only_says(
    tmp_path: Path,
) -> None:
    configure(tmp_path, url="http://127.0.0.1:1/")
    assert "receiver phone" not in examined(tmp_path)

    found = examined(tmp_path, is_online=True)["receiver phone"]
    assert found.is_ok
    assert "nobody is reached at 127.0.0.1:1: " in found.found


def test_who_listens_is_told_nothing(tmp_path: Path) -> None:
    server = Receiver()
    configure(tmp_path, url=server.url)
    found = examined(tmp_path, is_online=True)
    server.close()

    assert "receiver phone" not in found
    assert server.requests == []


@pytest.mark.timeout(120)
def test_a_hub_does_not_start_with_a_receiver_that_could_never_be_told(tmp_path: Path) -> None:
    configure(tmp_path, url="http://127.0.0.1:1/", secrte="x")

    code, said = refusal(tmp_path)
    assert code == 2
    assert "receivers.yaml:3: receiver phone: Object contains unknown field `secrte`" in said


@pytest.mark.timeout(120)
def test_a_running_hub_keeps_its_files_when_the_new_ones_name_such_a_receiver(
    tmp_path: Path,
) -> None:
    configure(tmp_path, url="http://127.0.0.1:1/", secret="${NO_SUCH_SECRET}")
    with served(tmp_path) as (_url, process):
        assert "receiver_lacks_secret" in log_of(tmp_path)
        configure(tmp_path, uri="http://127.0.0.1:1/")
        os.kill(process.pid, signal.SIGHUP)
        until(lambda: "catalog_refused" in log_of(tmp_path))
        assert "catalog_reloaded" not in log_of(tmp_path)
