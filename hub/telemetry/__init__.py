"""Logs and metrics of this process. Nothing leaves it but what somebody asks for.

Every line of log is an event: a constant name and fields, so that a program can read it.
"""

from __future__ import annotations

import logging
import sys

import structlog
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from structlog.types import Processor

METRICS_CONTENT_TYPE = CONTENT_TYPE_LATEST


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


def render_metrics() -> bytes:
    """Return every metric of this process in Prometheus's text format."""
    return generate_latest(REGISTRY)
