"""What figures must reach. The rest is told beside them: the machine's limits, and costs."""

from __future__ import annotations

from typing import Final, NamedTuple


class Bar(NamedTuple):
    """The least that a figure may be, or the most."""

    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        """Say it in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}"

    def is_met(self, figure: float) -> bool:
        """Whether a figure is on the right side."""
        if self.at_least is not None:
            return figure >= self.at_least
        return self.at_most is None or figure <= self.at_most


BARS: Final = {
    "start": {
        "start_to_ready_seconds": Bar(at_most=3),
        "idle_memory_mb": Bar(at_most=200),
        "help_cpu_seconds": Bar(at_most=0.25),
    },
    "ingest": {
        "single_over_raw": Bar(at_least=0.1),
        "batched_over_raw": Bar(at_least=0.2),
        "postgresql_batched_over_copied": Bar(at_least=0.4),
    },
    "projection": {"sqlite_times_naive": Bar(at_least=5)},
    # Of few events, which are measured in as few seconds: what more of them cost is asked by hand.
    "slope": {"late_over_early": Bar(at_most=1.5)},
    "stored": {"sent_over_stored": Bar(at_least=10)},
    "lineage": {
        "now_p99_ms": Bar(at_most=10),
        "cte_over_index_p99": Bar(at_least=50),
        "as_of_over_now_p99": Bar(at_most=2),
        "known_at_over_now_p99": Bar(at_most=10),
        "bytes_an_edge": Bar(at_most=28),
        "load_over_read": Bar(at_most=3),
    },
    "graphql": {
        f"{question}_{figure}": bar
        for question in ("lineage", "lists")
        for figure, bar in (
            ("hub_over_plain", Bar(at_most=5)),
            ("stock_over_hub", Bar(at_least=4)),
        )
    },
    "search": {
        **{f"{kind}_exact_first": Bar(at_least=1) for kind in ("sqlite", "postgresql")},
        **{f"{kind}_typo_in_ten": Bar(at_least=0.99) for kind in ("sqlite", "postgresql")},
        "sqlite_cpu_ms_a_search": Bar(at_most=50),
        "sqlite_bytes_a_thing": Bar(at_most=80),
    },
    "slos": {
        "start_4000_over_1000": Bar(at_most=4.5),
        "idle_tick_cpu_ms_10000": Bar(at_most=5),
        "idle_tick_entries_10000": Bar(at_most=0),
    },
    "classification": {
        "held_back_owner_where_clear": Bar(at_least=0.95),
        "held_back_owner": Bar(at_least=0.85),
        "held_back_class_where_clear": Bar(at_least=0.9),
        "held_back_class": Bar(at_least=0.8),
        "held_back_unknown": Bar(at_most=0.08),
        "held_back_confidently_elsewhere": Bar(at_most=0),
        "reported_owner_where_clear": Bar(at_least=0.95),
        "reported_owner": Bar(at_least=0.85),
        "reported_class_where_clear": Bar(at_least=0.9),
        "reported_class": Bar(at_least=0.8),
        "reported_unknown": Bar(at_most=0.08),
        "reported_confidently_elsewhere": Bar(at_most=0),
        # Without its own phrases, a producer's messages are harder than any that rules will meet.
        "crossed_owner": Bar(at_least=0.9),
        "crossed_class": Bar(at_least=0.8),
        "crossed_confidently_elsewhere": Bar(at_most=0),
    },
    "cascades": {
        "roots_found": Bar(at_least=0.95),
        "noise_apart": Bar(at_least=1),
        "root_finding_cpu_ms": Bar(at_most=20),
    },
    "marquez": {"recursive_sql_over_lineage": Bar(at_least=100)},
    "paging": {"pages_lacking": Bar(at_most=0), "page_p99_ms": Bar(at_most=1_000)},
    "sustained": {"lost_events": Bar(at_most=0), "lag_p99_ms": Bar(at_most=1_000)},
    "columns": {
        "now_p99_ms": Bar(at_most=3),
        "cte_over_index_p99": Bar(at_least=50),
        "as_of_over_now_p99": Bar(at_most=2),
        "bytes_an_edge": Bar(at_most=28),
    },
}
