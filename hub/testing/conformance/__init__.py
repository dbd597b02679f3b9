"""One class of laws for each plug: what its Protocol's docstring says, as tests.

A plugin's own test is a subclass named ``Test…`` that says how to make one::

    class TestDeltaLake(LakeConformance):
        def opened(self, location: str) -> DeltaLake:
            lake = DeltaLake()
            lake.open(location)
            return lake
"""

from hub.testing.conformance.bridge import BridgeConformance
from hub.testing.conformance.classifier import ClassifierConformance
from hub.testing.conformance.gate import GateConformance
from hub.testing.conformance.lake import LakeConformance
from hub.testing.conformance.lane import LaneConformance, LaneValuesConformance
from hub.testing.conformance.notifier import NotifierConformance
from hub.testing.conformance.policy import PolicyConformance
from hub.testing.conformance.schema_format import SchemaFormatConformance
from hub.testing.conformance.spine import SpineConformance
from hub.testing.conformance.sql_reader import SqlReaderConformance
from hub.testing.conformance.transform import TransformConformance

__all__ = [
    "BridgeConformance",
    "ClassifierConformance",
    "GateConformance",
    "LakeConformance",
    "LaneConformance",
    "LaneValuesConformance",
    "NotifierConformance",
    "PolicyConformance",
    "SchemaFormatConformance",
    "SpineConformance",
    "SqlReaderConformance",
    "TransformConformance",
]
