"""The story: a week that goes well, then a day on which five things go wrong."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from examples.demo import city, faults
from examples.demo.processes import ServedHub
from hub.host import Host
from hub.spi.spine import NewMessage, Spine

MESH = Path(__file__).parent.parent / "mesh"
DAYS = 7
# What the provider owes: its last file is older than any deadline of the last days.
PAID_DAYS = 3
STREAM = "rides"
_BATCH = 2_000

INCIDENTS = """{
  incidents(first: 50) { nodes {
    id class severity title state
    owner { name kind } root { id } products { name } heldBack { name }
    explanation { rule evidence confidence path receivers runnerUp { class } }
    notifications { receiver reason state }
  } }
  deadLetters(first: 50) { nodes { id stage reasons class } }
  slos(first: 50) { nodes { name state } }
}"""


class Story:
    """Tells the story to the hub of a folder, and to whoever reads along."""

    def __init__(self, folder: Path, today: date, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._landing = folder / "landing"
        self._cabinet = folder / "cabinet.db"
        self._today = today
        self._say = say
        host = Host.load()
        self._spine: Spine = host.spine("embedded").api
        schema = (MESH / "schemas" / "ride.avsc").read_text("utf-8")
        self._encode = host.schema_format("avro").api.encoder(schema)
        self.records = 0
        # What did not happen as it was to: then nothing that follows proves anything.
        self.mishaps: list[str] = []

    def prepare(self) -> None:
        """Lay out the configuration in an empty folder, and generate a week of data."""
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(MESH, self._folder)
        self._spine.open(str(self._folder / "spine.db"))
        self.records += city.write_tariffs(self._cabinet)
        self.records += city.write_members(self._landing, self._day(DAYS))
        for ago in range(DAYS, 1, -1):
            day = self._day(ago)
            self.records += self._publish(city.rides(day))
            self.records += city.write_stations(self._landing, day)
            self.records += city.write_repairs(self._landing, day)
            if ago > DAYS - PAID_DAYS:
                self.records += city.write_payments(self._landing, day)
        self._say(f"{self.records:,} records from seven sources are waiting")

    def good_days(self, hub: ServedHub) -> None:
        """Run every product over the week so far."""
        steps = hub.run("rides", "stations", "maintenance", "members", "revenue")
        self._report(steps)
        for step in steps:
            if step["state"] != "COMPLETE":
                self.mishaps.append(f"on a good day {_named(step)} came to {step['state']}")

    def bad_day(self, hub: ServedHub) -> None:
        """Let five things go wrong, and run what notices them."""
        day = self._day(1)
        self.records += self._publish(city.rides(day))
        self._tell(faults.POISON)
        faults.send_poison(self._spine, STREAM, published_at=_now())
        self._suffer(faults.POISON, hub.run("rides"))
        self._tell(faults.FULL_DISK)
        self.records += city.write_stations(self._landing, day)
        self._suffer(faults.FULL_DISK, hub.run("stations", before=faults.refuse_writes()))
        self._tell(faults.RENAMED)
        self.records += faults.rename_a_column(self._landing, day)
        self._suffer(faults.RENAMED, hub.run("maintenance"))
        self._tell(faults.BROKEN_RULE)
        faults.break_a_rule(self._cabinet)
        self._suffer(faults.BROKEN_RULE, hub.run("members"))
        self._tell(faults.WITHHELD)
        self._suffer(faults.WITHHELD, hub.run("revenue"))

    def outcome(self, hub: ServedHub) -> dict[str, Any]:
        """Return what the hub has made of it, once every incident has been sent."""

        def is_told(data: dict[str, Any]) -> bool:
            incidents = data["incidents"]["nodes"]
            return len(incidents) >= len(faults.FAULTS) and all(
                any(each["state"].lower() == "sent" for each in incident["notifications"])
                for incident in incidents
            )

        return hub.wait_for(INCIDENTS, is_told)

    def _day(self, ago: int) -> date:
        return self._today - timedelta(days=ago)

    def _publish(self, rides: Iterable[dict[str, Any]]) -> int:
        count = 0
        for batch in _batched(rides):
            messages = [
                NewMessage(id=ride["ride_id"], payload=self._encode(ride)) for ride in batch
            ]
            self._spine.append(STREAM, messages, published_at=_now())
            count += len(batch)
        return count

    def _tell(self, fault: faults.Fault) -> None:
        self._say(f"  ! {fault.story}")

    def _suffer(self, fault: faults.Fault, steps: list[dict[str, Any]]) -> None:
        self._report(steps)
        states = {_named(step): step["state"] for step in steps}
        if states.get(fault.step) != fault.state:
            came_to = states.get(fault.step, "nothing")
            self.mishaps.append(f"{fault.story}, but {fault.step} came to {came_to}")

    def _report(self, steps: Iterable[dict[str, Any]]) -> None:
        for step in steps:
            counts = f"{step['rows_in']:>8,} in {step['rows_out']:>8,} out"
            why = (step.get("error") or "").partition("\n")[0][:70]
            self._say(f"    {_named(step):<28}{step['state']:<9}{counts}  {why}")


def _named(step: dict[str, Any]) -> str:
    return f"{step['product']}.{step['step']}"


def today() -> date:
    """Return today's date, in UTC."""
    return datetime.now(UTC).date()


def _now() -> int:
    return time.time_ns() // 1_000


def _batched(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(items)
    while batch := list(islice(remaining, _BATCH)):
        yield batch
