"""The one error tree. Each class decides retry, HTTP status, exit code and failure class elsewhere.

::

    HubError
    ├── CallerError            the request is wrong; repeating it changes nothing
    │   ├── InvalidInput       malformed or out of range          (exit 2, HTTP 400)
    │   ├── UnsupportedEncoding  a content encoding we do not read   (HTTP 415)
    │   ├── NotAuthorised      missing or wrong key               (HTTP 401)
    │   ├── NotFound           names nothing that exists          (exit 2, HTTP 404)
    │   ├── TooLarge           over a stated size limit           (HTTP 413)
    │   ├── Conflict           lost a race on a version           (HTTP 409)
    │   └── Refused            a policy or cost guard says no     (exit 4, HTTP 403)
    ├── ContractViolation      data broke its contract            (exit 1)
    ├── DataError              data cannot be read or used        (exit 1)
    │   └── GateFailed         a batch failed its quality gate    (exit 1)
    ├── InfrastructureError    may succeed if tried again         (exit 3, HTTP 503)
    │   ├── Pressed            the hub sheds load                 (HTTP 503 + Retry-After)
    │   ├── NotYetProjected    a stage has not passed a position  (HTTP 503 + Retry-After)
    │   ├── StoreUnavailable   the store cannot be reached or is behind
    │   ├── Unreachable        another service cannot be reached
    │   └── PluginFailed       a plugin raised or timed out
    └── InvariantBroken        a defect in the hub                (HTTP 500)
"""

from __future__ import annotations


class HubError(Exception):
    """Anything the hub raises on purpose.

    ``message`` says what happened and where; ``fix`` says what a person can do about it.
    """

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __reduce__(self) -> tuple[object, ...]:
        """Return what an error is made from in another process, whatever its class is made from."""
        return Exception.__new__, (type(self), *self.args), self.__dict__

    def __str__(self) -> str:
        """Return the message, followed by the fix when there is one."""
        return f"{self.message}\n  fix: {self.fix}" if self.fix else self.message


class CallerError(HubError):
    """The request is wrong; repeating it changes nothing."""


class InvalidInput(CallerError):
    """Malformed or out of range."""


class UnsupportedEncoding(CallerError):
    """A content encoding that the hub does not read."""


class NotAuthorised(CallerError):
    """Missing or wrong API key."""


class NotFound(CallerError):
    """Names nothing that exists."""


class TooLarge(CallerError):
    """Over a stated size limit."""


class Conflict(CallerError):
    """Lost a race: the thing changed since the caller read it."""


class Refused(CallerError):
    """A policy or the cost guard says no."""


class ContractViolation(HubError):
    """Data broke its contract."""


class DataError(HubError):
    """Data cannot be read or used."""


class GateFailed(DataError):
    """A batch failed its quality gate and was not promoted."""


class InfrastructureError(HubError):
    """May succeed if tried again."""

    retry_after_seconds: int = 1


class Pressed(InfrastructureError):
    """The hub sheds load; nothing of the request was kept."""


class NotYetProjected(InfrastructureError):
    """A stage has not passed the asked-for journal position yet."""


class StoreUnavailable(InfrastructureError):
    """The store cannot be reached, or its schema is behind."""


class Unreachable(InfrastructureError):
    """Another service cannot be reached.

    ``may_have_arrived`` is set where what was sent may have been taken all the same, as when no
    answer came in time.
    """

    may_have_arrived: bool = False


class PluginFailed(InfrastructureError):
    """A plugin raised, timed out, or is disabled by its circuit breaker."""

    def __init__(self, plugin: str, message: str, *, fix: str | None = None) -> None:
        super().__init__(f"plugin {plugin}: {message}", fix=fix)
        self.plugin = plugin


class InvariantBroken(HubError):
    """A defect in the hub itself."""
