"""The demo: a bicycle-sharing city, whose data moves through a real hub and goes wrong five ways."""
