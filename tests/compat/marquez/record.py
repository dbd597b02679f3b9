"""Records what a Marquez answers: ``python -m tests.compat.marquez.record http://HOST:PORT``.

The server must be empty. Where there is none, the recording beside this file stands for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.api.marquez import bakery
from tests.compat.marquez.exchanges import play

RECORDING = Path(__file__).with_name("recorded.json")


def main() -> None:
    """Tell a Marquez of the bakery, ask it everything, and write down what it says."""
    [url] = sys.argv[1:]
    with httpx.Client(base_url=f"{url}/api/v1", timeout=60) as client:

        def send(method: str, path: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
            answer = client.request(method, path, **({} if body is None else {"json": body}))
            try:
                return answer.status_code, answer.json()
            except ValueError:
                return answer.status_code, answer.text

        for event in bakery.events():
            headers = {"Content-Type": "application/json"}
            client.post("/lineage", content=event, headers=headers).raise_for_status()
        answers = [answer._asdict() for answer in play(send)]
    RECORDING.write_text(json.dumps(answers, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
