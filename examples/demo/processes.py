"""The two planes as processes: a hub that serves, and runners that report to it over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

_START_SECONDS = 30
_HUB = (sys.executable, "-c", "from hub.cli import main; main()")


class ServedHub:
    """A ``hub serve`` of its own, on the configuration in ``folder``."""

    def __init__(self, folder: Path, port: int, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._port = port
        self._environment = {**os.environ, **environment}
        self.url = ""

    def __enter__(self) -> Self:
        """Start it, and wait until it listens."""
        database = f"sqlite:///{self._folder.resolve()}/hub.db"
        command = (*_HUB, "serve", "--port", str(self._port), "--config", str(self._folder))
        with (self._folder / "hub.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                (*command, "--database", database),
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        try:
            line = self._process.stdout.readline()
        except BaseException:
            self._process.terminate()
            raise
        if not line.startswith("listening on "):
            self._process.wait(_START_SECONDS)
            reason = (self._folder / "hub.log").read_text()
            raise SystemExit(f"the hub did not start:\n{reason}")
        self.url = line.removeprefix("listening on ").strip()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop it as an operator would."""
        self._process.terminate()
        self._process.wait(_START_SECONDS)

    def wait(self) -> None:
        """Wait until somebody stops it."""
        self._process.wait()

    def run(self, *targets: str, before: Callable[[], None] | None = None) -> list[dict[str, Any]]:
        """Run products in a process of their own, as an orchestrator would; return the steps."""
        done = subprocess.run(  # noqa: S603 - our own command  # noqa: PLW1509
            (*_HUB, "run", *targets, "--config", str(self._folder), "--url", self.url, "--json"),
            env={**self._environment, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
            preexec_fn=before,
            text=True,
        )
        try:
            steps: list[dict[str, Any]] = json.loads(done.stdout)
        except json.JSONDecodeError:
            raise SystemExit(f"hub run {' '.join(targets)} failed:\n{done.stderr}") from None
        return steps

    def lacking(self) -> list[dict[str, str]]:
        """Return what `hub doctor` finds missing for plugins and steps, each with its fix."""
        done = subprocess.run(  # noqa: S603 - our own command
            (*_HUB, "doctor", "--config", str(self._folder), "--json"),
            env=self._environment,
            capture_output=True,
            check=False,
            text=True,
        )
        return [
            {"what": each["check"], "why": each["found"], "fix": each["fix"] or ""}
            for each in json.loads(done.stdout)
            if not each["is_ok"] and each["check"].startswith(("plugin ", "step "))
        ]

    def ask(self, query: str) -> dict[str, Any]:
        """Return the data of a GraphQL query."""
        request = Request(  # noqa: S310 - a loopback address of ours
            f"{self.url}/graphql",
            data=json.dumps({"query": query}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request) as response:  # noqa: S310 - as above
            answer = json.load(response)
        if answer.get("errors"):
            raise SystemExit(f"GraphQL: {answer['errors']}")
        data: dict[str, Any] = answer["data"]
        return data

    def wait_for(self, query: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask until the answer is as wanted, or half a minute has passed; return the last one."""
        for _attempt in range(_START_SECONDS * 4):
            data = self.ask(query)
            if holds(data):
                break
            time.sleep(0.25)
        return data
