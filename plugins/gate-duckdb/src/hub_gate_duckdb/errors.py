"""Why a check cannot be evaluated; the gate makes of it a result."""

from __future__ import annotations


class Unevaluable(Exception):
    """The rule is broken, or does not fit the batch: that says nothing about the data."""
