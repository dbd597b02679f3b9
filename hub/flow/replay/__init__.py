"""Feeds dead letters through the current code a second time: plan, explain, apply."""

from hub.flow.replay.apply import Replayer, apply_plan
from hub.flow.replay.plan import Group, Plan, Way, plan_replay

__all__ = ["Group", "Plan", "Replayer", "Way", "apply_plan", "plan_replay"]
