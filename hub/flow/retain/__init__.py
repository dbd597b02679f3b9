"""Retention: what would leave the store, and letting it go.

All but the journal's entries leaves by a decision in the journal, which ``project`` carries out
like any other; so a rebuild lets the same go at the same place. The journal's entries leave once
nothing names them. Everything is in the archive first (``hub.store.archive``), so at whatever
moment this ends, nothing is gone that is not there, and the next time it goes on.
"""

from hub.flow.retain.leaving import apply
from hub.flow.retain.planning import Plan, Planned, plan

__all__ = ["Plan", "Planned", "apply", "plan"]
