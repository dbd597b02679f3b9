"""What the hub promises, checked. One folder per kind of test; CONTRIBUTING.md says which."""
