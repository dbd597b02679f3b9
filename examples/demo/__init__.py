"""The demo: a bicycle-sharing city. Its data moves through a real hub and goes wrong five ways."""
