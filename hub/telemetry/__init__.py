"""Logs and metrics of this process. Nothing leaves it but what somebody asks for.

Every line of log is an event: a constant name and fields, so that a program can read it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import structlog
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Metric,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from structlog.types import Processor

METRICS_CONTENT_TYPE = CONTENT_TYPE_LATEST

# When a series began is in the process's start time already; here it would double the page.
disable_created_metrics()  # type: ignore[no-untyped-call]  # it ships no types


def configure_logging(*, level: int = logging.INFO) -> None:
    """Log to stderr from now on: for people on a terminal, as JSON lines elsewhere."""
    is_terminal = sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if is_terminal
        # A traceback's locals hold rows and keys: only the text of it is logged.
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each line: stderr may have been replaced, and a closed one must harm nobody.
        logger_factory=lambda *_args: structlog.PrintLogger(sys.stderr),
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _LibraryLogs) for handler in root.handlers):
        root.addHandler(_LibraryLogs(logging.WARNING))


class _LibraryLogs(logging.Handler):
    """What libraries log, as events like our own."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a line on."""
        fields = {"logger": record.name, "message": record.getMessage().strip()}
        if record.exc_info:
            fields["exception"] = self._formatter.formatException(record.exc_info)
        structlog.get_logger().log(record.levelno, "library_logged", **fields)

    _formatter = logging.Formatter()


class _Without(Collector):
    def __init__(self, beginnings: tuple[str, ...]) -> None:
        self._beginnings = beginnings

    def collect(self) -> Iterator[Metric]:
        """Return every metric whose name begins otherwise."""
        return (each for each in REGISTRY.collect() if not each.name.startswith(self._beginnings))


def render_metrics(*, without: tuple[str, ...] = ()) -> bytes:
    """Return every metric of this process in Prometheus's text format.

    ``without`` are beginnings of names: what this process cannot know is left out.
    """
    registry = CollectorRegistry()
    registry.register(_Without(without))
    return generate_latest(registry if without else REGISTRY)
