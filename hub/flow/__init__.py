"""The write side: stages that read from a position and commit it together with their output."""
