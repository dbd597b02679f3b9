"""Evaluate: from what was observed, and from the clock, to signals and to states of SLOs."""

from hub.flow.evaluate.judging import Judge
from hub.flow.evaluate.stage import Evaluate

__all__ = ["Evaluate", "Judge"]
