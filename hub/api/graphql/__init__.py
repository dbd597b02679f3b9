"""The GraphQL edge: types, connections and limits over the read models."""
