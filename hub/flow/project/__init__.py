"""The stage that turns the journal into tables, in position order; the only one that does."""

from hub.flow.project.rebuild import Difference, project_all, rebuild, verify
from hub.flow.project.stage import Project

__all__ = ["Difference", "Project", "project_all", "rebuild", "verify"]
