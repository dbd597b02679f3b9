"""How to ask each database for its own types and for exact values; one module a database."""

from hub_lane_odbc.dialects.choice import chosen
from hub_lane_odbc.dialects.dialect import Dialect

__all__ = ["Dialect", "chosen"]
