"""The REST edge: the OpenLineage intake, the Marquez surface and the health endpoints."""
