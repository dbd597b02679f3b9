"""What is promised of data, and whether it is kept."""
