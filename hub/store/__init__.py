"""The store: SQL lives here and nowhere else. Rows stay private; domain values go in and out."""
