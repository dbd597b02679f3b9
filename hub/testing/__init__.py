"""What plugin authors test with: the conformance kit, builders and a clock that a test moves.

No production code imports it.
"""
