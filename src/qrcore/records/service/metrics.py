"""Figures for Prometheus, in a registry of the service's own."""

from __future__ import annotations

from .._extra import needs

with needs("server"):
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["CONTENT_TYPE", "Meters"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Meters:
    """What is counted. Labels are routes, statuses and codes, never a reference or an address."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter(
            "qrcore_requests", "Requests by route and status", ("method", "route", "status"), registry=registry
        )
        self.seconds = Histogram(
            "qrcore_request_seconds",
            "Time from the first byte of a request's head to the end of its answer",
            ("route",),
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30),
            registry=registry,
        )
        self.in_flight = Gauge("qrcore_requests_in_flight", "Requests at this moment", registry=registry)
        self.resolved = Counter("qrcore_resolve_items", "Items of batches to resolve, by result", ("result",),
                                registry=registry)  # fmt: skip
        self.claims = Counter("qrcore_claims", "Claims by result", ("result",), registry=registry)
        self.scans = Counter("qrcore_scans", "Scans that were counted, or lost with the store", ("result",),
                             registry=registry)  # fmt: skip
        self.misses = Counter("qrcore_misses", "Codes that were not there", registry=registry)
        self.decodes = Counter("qrcore_decodes", "Pictures by result", ("result",), registry=registry)

    def render(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
