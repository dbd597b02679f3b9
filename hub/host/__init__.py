"""Finds plugins, checks them, and guards each call into them. Nothing here knows the store.

pluggy registers; it dispatches nothing, because one raising hook would abort the others' calls.
"""

from hub.host.discovery import Kind, PluginState
from hub.host.guard import Breaker, Guard
from hub.host.host import Finding, Host, Plug

__all__ = ["Breaker", "Finding", "Guard", "Host", "Kind", "Plug", "PluginState"]
