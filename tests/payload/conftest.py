"""Hypothesis without a deadline: the machines that run these tests are shared and sometimes slow."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
