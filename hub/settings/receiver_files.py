"""``receivers.yaml``: receivers and the routing tree, and whether whoever is named can be told."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from msgspec import structs

from hub.domain.catalog import Catalog, OwnerKind, Receiver, Route
from hub.domain.duty.calendars import texts_of
from hub.domain.duty.matching import parse_matcher
from hub.domain.errors import InvalidInput
from hub.settings import shapes
from hub.settings.documents import Document, Report
from hub.settings.duty_files import DutyReader

# A burst of events is over by then: the root of what it tells of is known.
FIRST_WAIT_SECONDS: Final = 5
_OWNER: Final = "owner"
# Of one rota; what else is wrong shows when these are mended.
_MOST_NAMED: Final = 5
_NO_PLATFORM: Final = (
    "the platform team has no receiver, and is to be told of what nobody owns and of what nobody"
    " else can be told: write platform: {team: NAME, receiver: NAME} in domains.yaml"
)


class RouteReader:
    """Reads the routing tree; each finding goes to ``report``."""

    def __init__(self, duty: DutyReader, report: Report) -> None:
        self._duty = duty
        self._report = report

    def routes(
        self, parsed: tuple[Document, shapes.Receivers] | None, labels: frozenset[str]
    ) -> Route:
        """Read the tree; one that says nothing tells owners."""
        if parsed is None or parsed[1].route is None:
            return Route(wait_seconds=FIRST_WAIT_SECONDS)
        route = self._route(parsed[0], "$.route", parsed[1].route, labels)
        if route.wait_seconds is not None:
            return route
        return structs.replace(route, wait_seconds=FIRST_WAIT_SECONDS)

    def _route(
        self, document: Document, pointer: str, item: shapes.Route, labels: frozenset[str]
    ) -> Route:
        match = {
            label: tuple(str(each) for each in (values if isinstance(values, list) else [values]))
            for label, values in item.match.items()
        }
        for label, values in match.items():
            self._duty.label(document, f"{pointer}.match.{label}", label, values, labels)
        routes = (
            self._route(document, f"{pointer}.routes[{index}]", child, labels)
            for index, child in enumerate(item.routes)
        )
        seconds = {
            f"{name}_seconds": self._duty.seconds(
                document, f"{pointer}.{name}", getattr(item, name)
            )
            for name in ("wait", "interval", "repeat")
        }
        return Route(
            item.receiver,
            match,
            item.continues,
            tuple(routes),
            escalation=item.escalation,
            hours=item.hours,
            matchers=self._duty.matchers(document, f"{pointer}.matchers", item.matchers, labels),
            **seconds,
        )


class ReceiverCheck:
    """Whether what other files name is declared; each finding goes to ``report``."""

    def __init__(self, catalog: Catalog, report: Report) -> None:
        self._catalog = catalog
        self._report = report

    def receivers(
        self,
        domains: tuple[Document, shapes.Domains] | None,
        receivers: tuple[Document, shapes.Receivers] | None,
    ) -> None:
        """Check ``receivers.yaml``, and that somebody is told of what nobody else can be told."""
        if receivers is None:
            return
        document, told = receivers
        for index, item in enumerate(told.receivers):
            pointer = f"$.receivers[{index}]"
            self._check_hours(document, pointer, item.hours)
            self._check_fallback(document, pointer, item)
        if told.receivers and self._catalog.platform.receiver is None:
            self._report(*_platform_in(domains, document), _NO_PLATFORM)
        if told.route:
            self._check_route(document, "$.route", told.route)

    def oncall(self, parsed: tuple[Document, shapes.OnCall] | None) -> None:
        """Check whom ``oncall.yaml`` names."""
        if parsed is None:
            return
        document, content = parsed
        for index, rota in enumerate(content.rotas):
            pointer = f"$.rotas[{index}]"
            if rota.rota in self._catalog.receivers:
                self._report(document, pointer, f"{rota.rota} is the name of a receiver already")
            for place, name in [("otherwise", rota.otherwise)] + [
                (f"people.{person}", name) for person, name in rota.people.items()
            ]:
                if name not in self._catalog.receivers:
                    message = f"receiver {name} is not declared"
                    self._report(document, f"{pointer}.{place}", message)
            self._check_shifts(document, pointer, rota)
        for index, chain in enumerate(content.escalations):
            for number, step in enumerate(chain.steps):
                pointer = f"$.escalations[{index}].steps[{number}]"
                for name in step.to:
                    self.receiver(document, pointer, name)

    def receiver(self, document: Document, pointer: str, name: str | None) -> None:
        """Check whom one part of a document names as its receiver."""
        known = self._catalog.receivers.keys() | self._catalog.rotas.keys()
        if name is not None and name not in known:
            self._report(document, f"{pointer}.receiver", f"receiver {name} is not declared")

    def _check_shifts(self, document: Document, pointer: str, item: shapes.Rota) -> None:
        """Find shifts of whom ``people`` do not know: somebody else would be told."""
        rota = self._catalog.rotas[item.rota]
        with suppress(InvalidInput):  # which has been reported
            texts = dict.fromkeys(texts_of(rota.calendar)) if rota.people else {}
            for text in [each for each in texts if rota.receiver_of(each) is None][:_MOST_NAMED]:
                message = f"a shift of {item.calendar} names nobody under people: {text.strip()!r}"
                self._report(document, f"{pointer}.people", message)

    def _check_owners(self, document: Document, pointer: str, route: shapes.Route) -> None:
        wanted = route.match.get(_OWNER, [])
        for name in wanted if isinstance(wanted, list) else [wanted]:
            self._check_team(document, f"{pointer}.match.{_OWNER}", str(name))
        for index, text in enumerate(route.matchers):
            with suppress(InvalidInput):  # which has been reported
                matcher = parse_matcher(text)
                if matcher.label == _OWNER and matcher.compares_values:
                    self._check_team(document, f"{pointer}.matchers[{index}]", matcher.value)

    def _check_team(self, document: Document, pointer: str, name: str) -> None:
        """Find a team that nobody declares; ownership facets call theirs ``KIND:NAME``."""
        teams = sorted({team.name for team in self._catalog.teams} | {OwnerKind.NONE.value})
        if name and ":" not in name and name not in teams:
            message = f"team {name} is not declared; teams are {', '.join(teams)}"
            self._report(document, pointer, message)

    def _check_fallback(self, document: Document, pointer: str, item: shapes.Receiver) -> None:
        if item.fallback is None:
            return
        place = f"{pointer}.fallback"
        if item.fallback not in self._catalog.receivers:
            message = f"receiver {item.fallback} is not declared"
            self._report(document, place, message)
            return
        passed, name = [item.receiver], item.fallback
        while name in self._catalog.receivers and name not in passed:
            passed.append(name)
            name = self._catalog.receivers[name].fallback or ""
        if name == item.receiver:
            circle = " → ".join([*passed, name])
            self._report(document, place, f"nobody is left to be told in this circle: {circle}")

    def _check_hours(self, document: Document, pointer: str, name: str | None) -> None:
        if name is not None and name not in self._catalog.hours:
            message = f"hours {name} are not declared in oncall.yaml"
            self._report(document, f"{pointer}.hours", message)

    def _check_route(self, document: Document, pointer: str, route: shapes.Route) -> None:
        if route.receiver != shapes.OWNER_RECEIVER:
            self.receiver(document, pointer, route.receiver)
        self._check_hours(document, pointer, route.hours)
        if self._catalog.domains or self._catalog.owners:
            self._check_owners(document, pointer, route)
        if route.escalation is not None and route.escalation not in self._catalog.escalations:
            message = f"escalation {route.escalation} is not declared in oncall.yaml"
            self._report(document, f"{pointer}.escalation", message)
        for index, child in enumerate(route.routes):
            self._check_route(document, f"{pointer}.routes[{index}]", child)


def receiver_of(document: Document, pointer: str, item: shapes.Receiver) -> Receiver:
    """Return one receiver, with where it is declared."""
    place = f"{document.path}:{document.line(pointer)}"
    return Receiver(
        item.receiver,
        item.notifier,
        item.options,
        item.hours,
        item.fallback,
        place,
        item.send_resolved,
    )


def _platform_in(
    domains: tuple[Document, shapes.Domains] | None, receivers: Document
) -> tuple[Document, str]:
    """Return where the platform team would name its receiver."""
    return (domains[0], "$.platform") if domains else (receivers, "$.receivers")
