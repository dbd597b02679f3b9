"""A receiver's options, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any, Final

from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.spi.posting import read_options

PLUGIN: Final = "hub-notify-email"
MAX_SECONDS: Final = 20.0
PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_ADDRESS: Final = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")
_HEADER: Final = re.compile(r"[ -~]+")
_HOST: Final = re.compile(r"[A-Za-z0-9.:-]+")
_MAX_PORT: Final = 65_535
_MAX_RECIPIENTS: Final = 50
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``tls`` is ``starttls``, ``tls`` or ``none``; ``timeout_seconds`` is for the whole talk."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: int | None = None
    tls: str = "starttls"
    user: str | None = None
    password: str | None = None
    timeout_seconds: float = MAX_SECONDS


def read(receiver: str, options: Mapping[str, Any]) -> Options:
    """Return the options of a receiver.

    Raises:
        InvalidInput: one is missing, unknown or cannot be used. No message repeats a value.

    """
    chosen = read_options(receiver, options, Options, PLUGIN)
    for complaint, fix in _complaints(chosen):
        raise InvalidInput(f"receiver {receiver}: {complaint}", fix=fix)
    return chosen


def _complaints(chosen: Options) -> list[tuple[str, str]]:
    port = chosen.port or 0
    is_plain = chosen.tls == "none" and chosen.host not in _LOOPBACK
    checks = (
        (not _HOST.fullmatch(chosen.host), "host is no host's name", "write mail.example"),
        (chosen.tls not in PORTS, "tls is unknown", f"choose one of {', '.join(PORTS)}"),
        (not 0 <= port <= _MAX_PORT, "port is none", "choose one from 1 to 65535"),
        (not _is_address(chosen.sender), "sender is no address", "write hub@mail.example"),
        (not 0 < len(chosen.to) <= _MAX_RECIPIENTS, "to names nobody, or too many", "name 1 to 50"),
        (not all(map(_is_address, chosen.to)), "to has what is no address", "write a@mail.example"),
        (
            not 0 < chosen.timeout_seconds <= MAX_SECONDS,
            f"timeout_seconds is {chosen.timeout_seconds:g}",
            f"choose more than 0, and {MAX_SECONDS:g} at most",
        ),
        (
            (chosen.user is None) != (chosen.password is None),
            "user and password go together",
            "give both, or neither",
        ),
        (
            is_plain and chosen.password is not None,
            "a password would cross the network in the clear",
            "set tls to starttls or tls",
        ),
    )
    return [(complaint, fix) for is_wrong, complaint, fix in checks if is_wrong]


def _is_address(text: str) -> bool:
    address = parseaddr(text)[1]
    return bool(_HEADER.fullmatch(text) and _ADDRESS.fullmatch(address))
