"""Infer: from the SQL of jobs whose producers do not send their lineage to inferred lineage."""

from hub.flow.infer.stage import Infer

__all__ = ["Infer"]
