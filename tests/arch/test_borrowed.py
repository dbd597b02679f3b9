"""What a simulation on a store is lent of it: each table is borrowed, or known not to be needed."""

from __future__ import annotations

import ast
import inspect

from hub.store import borrowing, tables

# What people have said of namespaces, sources, tags and rules, which pages of this hub show alone.
_SHOWN = {"namespace_note", "source_note", "tag_note", "rule_ruling", "correction"}
_SHOWN |= {"producer_tally", "search_posting", "search_text", "sql_reading"}
# What was so once, and what became of commands: no stage decides by it.
_PAST = {"tagging_history", "ruling_history", "edge_history", "column_edge_history"}
_PAST |= {"command_outcome", "facet_saying"}
# What is each store's own: how its journal is kept, what waits in it.
_OWN = {"journal_archive", "journal_key", "inference_due"}


def test_each_table_is_borrowed_or_known_not_to_be_needed() -> None:
    module = ast.parse(inspect.getsource(borrowing))
    borrowed = {
        getattr(tables, node.attr).name
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id == "tables"
    }

    assert not borrowed & (_SHOWN | _PAST | _OWN)
    assert borrowed | _SHOWN | _PAST | _OWN == {*tables.journal_block.metadata.tables}
