"""Whether receivers can be told anything: their options, their secrets, and who is at the address.

Wrong options are refused when files are loaded, for nobody would hear of them before the night.
A secret that lacks is a finding about the machine, not the files: who has one for another receiver
is still told.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Final

import structlog
from msgspec import Struct

from hub.domain.catalog import Catalog, Receiver
from hub.domain.errors import HubError, InvalidInput
from hub.host import Host
from hub.settings import fill_secrets

_log = structlog.get_logger(__name__)

_CONNECT_SECONDS: Final = 3.0


class Examined(Struct, frozen=True):
    """A receiver with what is wrong about it, if anything, and the addresses that it is at.

    ``lacks_secret`` says that only this machine is at fault.
    """

    receiver: Receiver
    error: HubError | None = None
    lacks_secret: bool = False
    addresses: tuple[str, ...] = ()

    @property
    def found(self) -> str:
        """What is wrong, with file and line."""
        return f"{self.receiver.place}: {self.error.message}" if self.error else ""


def examine_receivers(host: Host, catalog: Catalog) -> Iterator[Examined]:
    """Yield each receiver with what its notifier says of its options; nobody is told anything."""
    for receiver in catalog.receivers.values():
        try:
            options = fill_secrets(dict(receiver.options))
        except InvalidInput as error:
            yield Examined(receiver, error, lacks_secret=True)
            continue
        try:
            notifier = host.notifier(receiver.notifier, receiver=receiver.name).api
            check = getattr(notifier, "check", None)
            addresses = tuple(check(receiver.name, options)) if check is not None else ()
            yield Examined(receiver, addresses=addresses)
        except HubError as error:
            yield Examined(receiver, error)


def refuse_unusable(host: Host, catalog: Catalog) -> None:
    """Refuse a catalog whose receivers have wrong options; tell the log of secrets that lack.

    Raises:
        InvalidInput: some have; each with file and line.

    """
    wrong = []
    for each in examine_receivers(host, catalog):
        if each.lacks_secret:
            _log.error("receiver_lacks_secret", receiver=each.receiver.name, found=each.found)
        elif each.error is not None:
            wrong.append(each.found)
    if wrong:
        raise InvalidInput("\n".join(wrong), fix="`hub doctor` says what to do about each")


def connect(address: str) -> str | None:
    """Return why nobody can be reached at ``HOST:PORT``; None where somebody listens."""
    name, _, port = address.rpartition(":")
    try:
        socket.create_connection((name.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except OSError as error:
        return error.strerror or type(error).__name__
    return None
