"""Couriers: threads that serve receivers side by side, each receiver one at a time (ADR 41)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import structlog

from hub.flow.route.deliver import Deliverer

_log = structlog.get_logger(__name__)

_MOST: Final = 8


class Couriers:
    """Hands what is due to couriers; a stage, which itself waits for no receiver.

    A receiver that hangs keeps its courier, and all but one courier may be kept so at once: the
    last one goes to no receiver that was tried in vain.
    """

    name = Deliverer.name

    def __init__(
        self, deliverer: Deliverer, *, on_return: Callable[[], None], most: int = _MOST
    ) -> None:
        """Prepare them; ``on_return`` is called when one has come back, from its thread."""
        self._deliverer = deliverer
        self._on_return = on_return
        self._most = most
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="courier")
        # By the receiver that is served. Only the stage's own thread changes it.
        self._away: dict[str, Future[None]] = {}

    def step(self) -> bool:
        """Hand over the first that is due whose receiver is not being served, if one is free.

        Raises what a courier has met with that is no receiver's fault, such as a store that is
        away.
        """
        self._welcome()
        free = self._most - len(self._away)
        if not free:
            return False
        waiting = self._deliverer.next_waiting(besides=self._away.keys(), only_untroubled=free == 1)
        if waiting is None:
            return False
        courier = self._pool.submit(self._deliverer.deliver, waiting)
        self._away[waiting.planned.receiver] = courier
        courier.add_done_callback(lambda _courier: self._on_return())
        return True

    def close(self) -> None:
        """Wait until all have come back: for no longer than one call into a notifier lasts."""
        self._pool.shutdown()
        for receiver, courier in self._away.items():
            if (error := courier.exception()) is not None:
                _log.error("notification_unsettled", receiver=receiver, error=str(error))

    def _welcome(self) -> None:
        for receiver, courier in list(self._away.items()):
            if courier.done():
                del self._away[receiver]
                courier.result()
