"""Writing what OpenLineage events say into the lineage tables, a batch at a time.

``gather`` merges a batch's events in memory, by natural keys and without the store;
``LineageWriter`` then merges the result into the tables, in one transaction. Both merges are the
same in kind: unions, earliest and latest times, and winners by ``Order``. So neither the order of
events nor where batches end can change what comes out.
"""
