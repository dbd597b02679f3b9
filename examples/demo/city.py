"""A city's data: seeded, so that the same day always gives the same bytes.

What the sources of ``examples/mesh`` would send: rides as Avro events on the spine, members and
stations as CSV, repairs as NDJSON, payments as Parquet, tariffs in a legacy SQLite database.
"""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SEED = 2026
MEMBERS = 20_000
STATIONS = 200
RIDES_A_DAY = 24_000
REPAIRS_A_DAY = 400
PAID_AT_ONCE = 0.5
CITIES = ("Northport", "Eastham", "Westerly")
TARIFFS = (("basic", 1.0, 0.15), ("plus", 0.5, 0.10), ("student", 0.0, 0.08))
PARTS = ("brake", "chain", "tyre", "light", "saddle")


def _random(*of: object) -> random.Random:
    return random.Random(f"{SEED}:{of}")


def _at(day: date, second: int) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(seconds=second)


def rides(day: date) -> Iterator[dict[str, Any]]:
    """Yield the rides of a day, in the order in which they began."""
    chance = _random("rides", day)
    starts = sorted(chance.randrange(86_000) for _ in range(RIDES_A_DAY))
    for number, start in enumerate(starts):
        seconds = chance.randrange(120, 3600)
        yield {
            "ride_id": f"{day:%Y%m%d}-{number:06d}",
            "bicycle_id": f"b{chance.randrange(3000):04d}",
            "member_id": f"m{chance.randrange(MEMBERS):06d}",
            "from_station": f"s{chance.randrange(STATIONS):03d}",
            "to_station": f"s{chance.randrange(STATIONS):03d}",
            "started_at": _at(day, start),
            "ended_at": _at(day, start + seconds),
            "metres": seconds * 4,
        }


def write_members(landing: Path, day: date) -> int:
    """Write the file of all members as of a day; return how many."""
    chance = _random("members", day)
    rows = (
        (f"m{n:06d}", chance.choice(TARIFFS)[0], chance.choice(CITIES), _at(day, n).isoformat())
        for n in range(MEMBERS)
    )
    header = ("member_id", "tariff", "city", "updated_at")
    return _write_csv(landing / "members" / f"{day}.csv", header, rows)


def write_stations(landing: Path, day: date) -> int:
    """Write the file of all stations as of a day; return how many."""
    chance = _random("stations")
    rows = (
        (f"s{n:03d}", f"{chance.choice(CITIES)} {n}", chance.randrange(8, 40), day.isoformat())
        for n in range(STATIONS)
    )
    header = ("station_id", "name", "docks", "day")
    return _write_csv(landing / "stations" / f"{day}.csv", header, rows)


def write_repairs(landing: Path, day: date, *, bicycle: str = "bicycle_id") -> int:
    """Write the repairs of a day; ``bicycle`` is what the workshop calls that field."""
    chance = _random("repairs", day)
    path = _made(landing / "repairs" / f"{day}.ndjson")
    with path.open("w", encoding="utf-8") as lines:
        for number in range(REPAIRS_A_DAY):
            repair = {
                "repair_id": f"{day:%Y%m%d}-{number:04d}",
                bicycle: f"b{chance.randrange(3000):04d}",
                "part": chance.choice(PARTS),
                "minutes": chance.randrange(5, 120),
                "repaired_at": _at(day, 28_800 + number * 60).isoformat(),
            }
            lines.write(json.dumps(repair) + "\n")
    return REPAIRS_A_DAY


def write_payments(landing: Path, day: date) -> int:
    """Write the payments of a day's rides, about half of which are paid at once."""
    chance = _random("payments", day)
    paid = [ride for ride in rides(day) if chance.random() < PAID_AT_ONCE]
    table = pa.table(
        {
            "payment_id": [f"p-{ride['ride_id']}" for ride in paid],
            "ride_id": [ride["ride_id"] for ride in paid],
            "amount": [round(chance.uniform(0.5, 9.0), 2) for _ in paid],
            "settled_at": pa.array([ride["ended_at"] for ride in paid], pa.timestamp("us", "UTC")),
        }
    )
    pq.write_table(table, _made(landing / "payments" / f"{day}.parquet"))
    return len(paid)


def write_tariffs(cabinet: Path) -> int:
    """Create the legacy database with the first revision of every tariff."""
    cabinet.unlink(missing_ok=True)
    with closing(sqlite3.connect(_made(cabinet))) as database, database:
        database.execute(
            "create table tariffs (tariff varchar(20) not null, unlock_fee double not null,"
            " fee_per_minute double not null, revision bigint not null)"
        )
        database.executemany("insert into tariffs values (?, ?, ?, 1)", TARIFFS)
    return len(TARIFFS)


def revise_tariff(cabinet: Path, tariff: str, unlock_fee: float) -> None:
    """Add a revision of a tariff, as its keepers would: in place, unannounced."""
    with closing(sqlite3.connect(cabinet)) as database, database:
        database.execute(
            "insert into tariffs select tariff, ?, fee_per_minute, revision + 1 from tariffs"
            " where tariff = ? order by revision desc limit 1",
            (unlock_fee, tariff),
        )


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> int:
    count = 0
    with _made(path).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
