"""Run the demo: ``python -m examples.demo [--once] [--port N]``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType

from examples.demo.pager import Pager
from examples.demo.processes import ServedHub
from examples.demo.story import Story, today
from examples.demo.summary import as_document, in_words, surprises


def main() -> int:
    """Tell the story; return 0 when the hub made of it what it must."""
    options = _options()
    signal.signal(signal.SIGTERM, _stop)
    story = Story(options.folder, today(), print)
    print("1. Three domains generate a week of data.")
    story.prepare()
    with Pager() as pager:
        environment = {"PAGER_URL": pager.url, "TARIFF_CABINET": str(options.folder / "cabinet.db")}
        with ServedHub(options.folder, options.port, environment) as hub:
            print(f"2. A hub serves at {hub.url}; products run and report to it.")
            story.good_days(hub)
            print("3. A day on which five things go wrong.")
            story.bad_day(hub)
            document = as_document(story.records, story.outcome(hub), hub.lacking())
            Path("demo.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")
            print("4. What the hub made of it (also in demo.json).\n")
            print(*in_words(document), sep="\n")
            wrong = [*story.mishaps, *surprises(document)]
            print(*(f"\nNOT AS EXPECTED: {each}" for each in wrong), sep="")
            if not options.once:
                print(f"\nThe hub keeps serving at {hub.url} — Ctrl-C ends it.", flush=True)
                _wait(hub)
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop after the summary")
    parser.add_argument("--port", type=int, default=8080, help="where the hub listens (0: any)")
    parser.add_argument("--folder", type=Path, default=Path(".hub/demo").resolve())
    return parser.parse_args()


def _stop(number: int, _frame: FrameType | None) -> None:
    """End as at an error, so that the hub ends too."""
    raise SystemExit(128 + number)


def _wait(hub: ServedHub) -> None:
    try:
        hub.wait()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    sys.exit(main())
