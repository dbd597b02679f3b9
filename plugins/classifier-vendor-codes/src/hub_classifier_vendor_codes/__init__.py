"""Registers the classifier ``vendor-codes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.classifier import Classifier
from hub.spi.hookspecs import hookimpl

hub_api_version = 1


@hookimpl
def hub_classifiers() -> Mapping[str, Callable[[], Classifier]]:
    return {"vendor-codes": _vendor_codes}


def _vendor_codes() -> Classifier:
    from hub_classifier_vendor_codes.vendors import VendorCodes

    return VendorCodes()
