"""Queries compiled once into projections over our objects, list by list.

A plan gives the answer of an operation in which nothing is out of the ordinary. It knows no errors:
at the first sign of one (a resolver that raises, a null where none may be) it gives up, and
graphql-core answers the operation from the beginning. So whatever is answered here is what
graphql-core would have answered, and ``tests/api/graphql/test_compiled.py`` holds it to that.
"""
