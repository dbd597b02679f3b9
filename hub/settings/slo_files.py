"""SLOs as products' files declare them."""

from __future__ import annotations

from collections.abc import Callable

from hub.domain.catalog import Slo, SloKind
from hub.domain.errors import InvalidInput
from hub.domain.slo import tick_in_a_gap
from hub.settings import shapes
from hub.settings.documents import Document
from hub.settings.duty_files import DutyReader


class SloReader:
    """Reads SLOs; each finding goes to ``report``, a stand-in takes its place."""

    def __init__(self, duty: DutyReader, report: Callable[[Document, str, str], None]) -> None:
        self._duty = duty
        self._report = report

    def slo(self, document: Document, pointer: str, product: str, slo: shapes.Slo) -> Slo:
        """Read one SLO of a product."""
        if (slo.freshness is None) == (slo.quality is None):
            self._report(document, pointer, f"slo {slo.slo} needs either freshness or quality")
        if slo.quality is not None:
            return self._quality(document, pointer, product, slo, slo.quality)
        return self._freshness(
            document, pointer, product, slo, slo.freshness or shapes.Freshness("")
        )

    def _quality(
        self,
        document: Document,
        pointer: str,
        product: str,
        slo: shapes.Slo,
        quality: shapes.Quality,
    ) -> Slo:
        if not 0 < quality.objective <= 1:
            self._report(document, f"{pointer}.quality.objective", "an objective is within (0, 1]")
        if quality.window_runs < 1:
            self._report(document, f"{pointer}.quality.window_runs", "at least one run is needed")
        return Slo(
            name=slo.slo,
            product=product,
            dataset=quality.dataset,
            kind=SloKind.QUALITY,
            objective=quality.objective,
            window_runs=quality.window_runs,
            severity=slo.severity,
        )

    def _freshness(
        self,
        document: Document,
        pointer: str,
        product: str,
        slo: shapes.Slo,
        freshness: shapes.Freshness,
    ) -> Slo:
        pointer += ".freshness"
        if (freshness.within is None) == (freshness.schedule is None):
            self._report(document, pointer, f"slo {slo.slo} needs either within or schedule")
        zone = self._duty.zone(document, f"{pointer}.timezone", freshness.timezone)
        self._check_schedule(document, pointer, freshness, zone)
        holidays = freshness.holidays
        return Slo(
            name=slo.slo,
            product=product,
            dataset=freshness.dataset,
            kind=SloKind.FRESHNESS,
            within_seconds=self._duty.seconds(document, f"{pointer}.within", freshness.within),
            schedule=freshness.schedule,
            timezone=zone,
            grace_seconds=self._duty.seconds(document, f"{pointer}.grace", freshness.grace) or 0,
            holidays=self._duty.calendar(document, f"{pointer}.holidays", holidays, zone)
            if holidays
            else None,
            clock=freshness.clock,
            severity=slo.severity,
        )

    def _check_schedule(
        self, document: Document, pointer: str, freshness: shapes.Freshness, zone: str
    ) -> None:
        if freshness.schedule is None:
            if freshness.holidays is not None:
                self._report(document, f"{pointer}.holidays", "holidays need a schedule")
            return
        try:
            leapt = tick_in_a_gap(freshness.schedule, zone)
        except InvalidInput as error:
            self._report(document, f"{pointer}.schedule", error.message)
            return
        if leapt is not None:
            message = (
                f"{freshness.schedule!r} is due at {leapt:%Y-%m-%d %H:%M}, which the clocks of"
                f" {zone} leap over: choose another hour, or a zone without summer time"
            )
            self._report(document, f"{pointer}.schedule", message)
