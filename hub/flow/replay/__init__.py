"""Feeds dead letters through the current code a second time: plan, explain, apply."""

from hub.flow.replay.apply import Replayer, apply_plan
from hub.flow.replay.plan import Group, Plan, Way, plan_replay
from hub.flow.replay.stage import Replays

__all__ = ["Group", "Plan", "Replayer", "Replays", "Way", "apply_plan", "plan_replay"]
