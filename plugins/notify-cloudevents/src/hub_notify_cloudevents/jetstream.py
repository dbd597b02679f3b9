"""Publishing to NATS JetStream: acknowledged once a stream has the message, dropped if it had it.

Source: CloudEvents' NATS protocol binding 1.0, "Structured Content Mode"; NATS' documentation,
"JetStream model deep dive", message deduplication.
"""

from __future__ import annotations

import asyncio
from typing import Final

from nats.aio.client import Client
from nats.errors import Error, NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import APIError, NoStreamResponseError

from hub.domain.errors import InvalidInput, Unreachable
from hub.domain.failures.failure import excerpt
from hub_notify_cloudevents.event import CONTENT_TYPE
from hub_notify_cloudevents.options import Options

_CONNECT_SECONDS: Final = 3
# The server's own limits and the like pass; what a stream refuses as such does not.
_SERVER_ERROR: Final = 500


def publish(receiver: str, chosen: Options, body: bytes, message_id: str) -> None:
    """Publish one message, and return once a stream has it.

    Raises:
        Unreachable: no server or no stream has taken it, and trying again may help.
        InvalidInput: the stream refuses it.

    """
    asyncio.run(_publish(receiver, chosen, body, message_id))


async def _publish(receiver: str, chosen: Options, body: bytes, message_id: str) -> None:
    headers = {"Content-Type": CONTENT_TYPE, "Nats-Msg-Id": message_id}
    client = Client()
    try:
        await _connect(client, receiver, chosen)
        await client.jetstream().publish(
            chosen.subject, body, timeout=chosen.timeout_seconds, headers=headers
        )
    except (NoStreamResponseError, NoRespondersError):
        message = f"receiver {receiver}: no stream of JetStream takes {chosen.subject}"
        raise Unreachable(message, fix=f"add a stream for the subject {chosen.subject}") from None
    except APIError as error:
        words = excerpt(chosen.mask(error.description or "no reason"))
        message = f"receiver {receiver}: the stream answered {error.code}: {words}"
        if (error.code or 0) < _SERVER_ERROR:
            raise InvalidInput(message, fix="check the limits of the stream") from None
        raise Unreachable(message, fix="it is tried again; check the stream") from None
    except (Error, OSError) as error:
        failed = Unreachable(
            f"receiver {receiver} did not acknowledge: {type(error).__name__}",
            fix="check that the server runs with JetStream",
        )
        failed.may_have_arrived = isinstance(error, NatsTimeoutError | OSError)
        raise failed from None
    finally:
        await client.close()


async def _connect(client: Client, receiver: str, chosen: Options) -> None:
    try:
        # Of itself the client goes on trying a server that is not there.
        async with asyncio.timeout(_CONNECT_SECONDS):
            await client.connect(
                chosen.url,
                token=chosen.token,
                allow_reconnect=False,
                max_reconnect_attempts=0,
                connect_timeout=_CONNECT_SECONDS,
                name="hub-notify-cloudevents",
                error_cb=_say_nothing,
            )
    except (TimeoutError, Error, OSError) as error:
        message = f"receiver {receiver} cannot be reached: {type(error).__name__}"
        raise Unreachable(message, fix="check the server, and the url's user and token") from None


async def _say_nothing(_error: Exception) -> None:
    """Keep the client from logging errors: they may hold its address, which may hold a secret."""
