"""Stands in for the host name, so that a capture does not carry that of the machine."""


def neutral() -> str:
    return "worker-1"
