"""Contracts, dead letters, and what evaluate and route have decided.

All are projections of journal entries (published contracts, dead letters, commands, decisions);
the exceptions are ``OF_DELIVERER`` in ``notification``: ``attempts`` and ``claimed_at``, which the
deliverer writes before it sends, so that after a crash it knows that it may repeat itself, and
``due_at`` and ``last_error``, which it writes after an attempt that failed.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Float, Index, Table

from hub.store.tables.base import blob, instant, metadata, number, ref, text

contract = Table(
    "contract",
    metadata,
    text("contract_id", primary_key=True),
    text("version", primary_key=True),
    text("status", nullable=True),
    text("name", nullable=True),
    text("domain", nullable=True),
    text("product", nullable=True),
    blob("digest"),
    text("body"),
    instant("published_at"),
)

# ``id`` is a digest of what failed and where, so that the same record dead-lettered twice is one
# row. ``state``: open, resolved (a replay succeeded), discarded.
dead_letter = Table(
    "dead_letter",
    metadata,
    text("id", primary_key=True),
    text("stage"),
    text("state"),
    text("failure_class"),
    # JSON: ["reason", …], every rule that the record broke.
    blob("reasons"),
    text("rule"),
    text("product", nullable=True),
    text("step", nullable=True),
    text("dataset", nullable=True),
    text("source", nullable=True),
    text("run", nullable=True),
    text("contract", nullable=True),
    text("encoding"),
    blob("payload"),
    # Where the record came from: a source's place and the record's place in it.
    text("origin"),
    # The journal entry that it came in with; ``position`` is of the one that last changed it.
    number("entry_position"),
    instant("event_time", nullable=True),
    instant("recorded_at"),
    # When it was resolved, or discarded; and then why.
    instant("resolved_at", nullable=True),
    text("discarded_for", nullable=True),
    number("replays"),
    text("incident_id", nullable=True),
    number("position"),
    Index(None, "state", "position"),
    Index(None, "product", "state"),
)

# One observed violation. ``subject`` and ``root`` are node ids.
signal = Table(
    "signal",
    metadata,
    text("id", primary_key=True),
    text("kind"),
    text("subject"),
    text("dataset", nullable=True),
    text("run", nullable=True),
    text("slo", nullable=True),
    text("failure_class"),
    # JSON: the whole signal with its verdict (hub.domain.incidents.signals.Signal).
    blob("body"),
    instant("onset_at"),
    instant("raised_at"),
    instant("cleared_at", nullable=True),
    # The event time of what passed and so cleared it.
    instant("healed_at", nullable=True),
    number("position"),
    Index(None, "cleared_at"),
    Index(None, "subject", "onset_at"),
)

# Which signals belong to which incidents: one with two causes belongs to two. ``role`` is "root"
# (the incident stays open until it clears) or "consequence".
incident_signal = Table(
    "incident_signal",
    metadata,
    text("incident_id", primary_key=True),
    text("signal_id", primary_key=True),
    text("role"),
    # The signal in it that explains this one.
    text("cause_id", nullable=True),
    # The journal entry that gave the signal to the incident first.
    number("position"),
    Index(None, "signal_id"),
)

incident = Table(
    "incident",
    metadata,
    text("id", primary_key=True),
    number("version"),
    text("state"),
    text("failure_class"),
    text("owner_name", nullable=True),
    text("owner_kind"),
    text("receiver", nullable=True),
    text("severity"),
    text("title"),
    text("root"),
    text("run", nullable=True),
    # JSON: hub.domain.incidents.incident.Explanation.
    blob("explanation"),
    instant("onset_at"),
    instant("opened_at"),
    # When the first notification is due; null when none is to be sent, or it has been planned.
    instant("notify_at", nullable=True),
    # JSON: hub.domain.incidents.incident.Telling.
    blob("telling"),
    instant("acknowledged_at", nullable=True),
    instant("resolved_at", nullable=True),
    # The event time of what passed and so ended it.
    instant("healed_at", nullable=True),
    # The incident that it turned out to be part of.
    text("merged_into", nullable=True),
    # JSON: hub.domain.incidents.incident.Flapping, of one that had healed before and failed again.
    blob("flapping", nullable=True),
    text("domain", nullable=True),
    text("tier", nullable=True),
    # What its like is found by, with its root.
    text("job", nullable=True),
    text("signature", nullable=True),
    # Its course, of which response times are made (hub.domain.incidents.courses): when the first
    # delivery was accepted, when a person first did something, when its consumers were served
    # again.
    instant("notified_at", nullable=True),
    instant("acted_at", nullable=True),
    instant("mitigated_at", nullable=True),
    # When it began, where a person knows better; ``onset_at`` is what was observed.
    instant("amended_onset_at", nullable=True),
    # Whose it was when the first notification was planned, and how often that has changed since.
    text("first_owner", nullable=True),
    number("handovers"),
    # What the last hold of a notification was for.
    text("held_for", nullable=True),
    # What a person says it was in the end, and what mended it.
    text("outcome", nullable=True),
    text("note", nullable=True),
    number("position"),
    Index(None, "state", "position"),
    Index(None, "opened_at", "id"),
    Index(None, "root", "opened_at"),
    Index(None, "job", "opened_at"),
    Index(None, "signature", "opened_at"),
)

# What people said of the class of incidents, of which rules are proposed; the last of each.
correction = Table(
    "correction",
    metadata,
    text("incident_id", primary_key=True),
    text("signature", nullable=True),
    # Its producer, without versions.
    text("producer_name"),
    text("failure_class"),
    text("ruled_class"),
    text("rule"),
    text("message"),
    text("exception"),
    text("producer"),
    text("actor"),
    instant("at"),
    number("position"),
    Index(None, "signature", "producer_name"),
    Index(None, "position"),
)

# What people decided about rules that were proposed, by the proposal's id.
rule_ruling = Table(
    "rule_ruling",
    metadata,
    text("proposal", primary_key=True),
    number("accepted"),
    text("actor"),
    text("reason"),
    instant("at"),
    number("position"),
)

# The incident's timeline, in order: opened, attached, acknowledged, notified, resolved…
incident_entry = Table(
    "incident_entry",
    metadata,
    text("incident_id", primary_key=True),
    number("position", primary_key=True),
    number("ordinal", primary_key=True),
    instant("at"),
    text("kind"),
    text("message"),
)

# Outbox and notification log in one: ``state`` is pending, sent, or failed (given up).
notification = Table(
    "notification",
    metadata,
    text("id", primary_key=True),
    text("incident_id"),
    text("receiver"),
    text("reason"),
    blob("payload"),
    text("state"),
    number("attempts"),
    instant("claimed_at", nullable=True),
    instant("due_at"),
    instant("sent_at", nullable=True),
    text("last_error", nullable=True),
    # What the receiver's notifier returned, for later notifications of the incident.
    text("receipt", nullable=True),
    number("position"),
    Index(None, "state", "due_at"),
    Index(None, "incident_id"),
)

OF_DELIVERER: Final = ("attempts", "claimed_at", "due_at", "last_error")

# What operators do not want to be told about, for a while.
silence = Table(
    "silence",
    metadata,
    text("id", primary_key=True),
    # JSON: [hub.domain.duty.matching.Matcher, …].
    blob("matchers"),
    text("owner"),
    text("comment"),
    instant("starts_at"),
    instant("ends_at"),
    # When somebody ended it early.
    instant("expired_at", nullable=True),
    text("created_by"),
    number("position"),
    Index(None, "ends_at"),
)

# Runs that have been silent for longer than their lease. It counts while the run has not ended and
# nothing later than ``heard_at`` is known of it.
lost_run = Table(
    "lost_run",
    metadata,
    ref("run_id", primary_key=True),
    instant("heard_at"),
    instant("lost_at"),
    text("reason"),
    number("position"),
)

# When an SLO came to be bad, and good again, for as long as a budget may look back.
slo_change = Table(
    "slo_change",
    metadata,
    text("name", primary_key=True),
    instant("at", primary_key=True),
    Column("is_bad", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

# What was counted of the last runs for an SLO, by the position of the decision that says so.
slo_count = Table(
    "slo_count",
    metadata,
    text("name", primary_key=True),
    text("measured", primary_key=True),
    number("position", primary_key=True),
    text("of"),
    Column("good", Float, nullable=False),
    Column("total", Float, nullable=False),
    sqlite_with_rowid=False,
)

slo_state = Table(
    "slo_state",
    metadata,
    text("name", primary_key=True),
    text("state"),
    # When it was first judged: nothing was due before.
    instant("known_at"),
    instant("since"),
    text("detail"),
    # What it is judged by, and since when.
    text("objective"),
    instant("declared_at"),
    number("position"),
)
