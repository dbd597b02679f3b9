"""What producers say in OpenLineage, read leniently."""
