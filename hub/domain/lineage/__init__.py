"""What is made from what: when an edge held, how it came to be known, and what SQL lets infer."""
