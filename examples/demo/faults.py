"""Five ways in which the city's data goes wrong; each is caused, none is announced to the hub."""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct

from examples.demo import city
from hub.spi.spine import NewMessage, Spine

# Enough for a lock file, not for a table's.
_BYTES_LEFT = 512


class Fault(Struct, frozen=True):
    """One fault, the step that it meets with how that ends, and the incident that must come of it.

    A step may complete all the same: one bad record stops no lane, nor does a file that is absent.
    """

    story: str
    step: str
    state: str
    failure_class: str
    owner: str
    owner_kind: str
    root: str


RENAMED = Fault(
    "the workshop renames bicycle_id to bikeId and tells nobody",
    "maintenance.repair_files",
    "FAIL",
    "SCHEMA_CONTRACT",
    "fleet-data",
    "domain",
    "dataset:lake:bronze.repairs",
)
POISON = Fault(
    "one bicycle with broken firmware sends bytes that are no ride",
    "rides.ride_events",
    "COMPLETE",
    "SCHEMA_CONTRACT",
    "fleet-data",
    "domain",
    "dataset:lake:bronze.rides",
)
WITHHELD = Fault(
    "the payment provider's file does not come",
    "revenue.payment_files",
    "COMPLETE",
    "SOURCE_UNAVAILABLE",
    "payment-provider-desk",
    "source-system",
    "dataset:lake:bronze.payments",
)
BROKEN_RULE = Fault(
    "a tariff is revised to pay riders for unlocking",
    "members.journeys",
    "FAIL",
    "DATA_QUALITY",
    "member-data",
    "domain",
    "dataset:lake:silver.journeys",
)
FULL_DISK = Fault(
    "the disk of the lake takes no more bytes",
    "stations.station_files",
    "FAIL",
    "INFRA_CAPACITY",
    "data-platform",
    "platform",
    "dataset:lake:bronze.stations",
)
FAULTS: Sequence[Fault] = (RENAMED, POISON, WITHHELD, BROKEN_RULE, FULL_DISK)


def rename_a_column(landing: Path, day: date) -> int:
    """Deliver a day's repairs under the new field name; return how many."""
    return city.write_repairs(landing, day, bicycle="bikeId")


def send_poison(spine: Spine, stream: str, *, published_at: int) -> None:
    """Publish one message that is no Avro record."""
    message = NewMessage(id="firmware-0.9.1", payload=b"\xff\xfe not a ride")
    spine.append(stream, [message], published_at=published_at)


def break_a_rule(cabinet: Path) -> None:
    """Revise a tariff so that a short ride has a negative fare."""
    city.revise_tariff(cabinet, "plus", unlock_fee=-20.0)


def refuse_writes() -> Callable[[], None]:
    """Return what makes a child process's writes to files fail, as on a disk that is full.

    The operating system itself refuses them (``RLIMIT_FSIZE``): an unprivileged demo can neither
    fill a disk nor mount a small one.
    """
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (_BYTES_LEFT, _BYTES_LEFT))
