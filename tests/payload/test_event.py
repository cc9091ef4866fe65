"""`Event`: times, zones, durations, and blocks inside blocks."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from qrcore.payload import Event, parse


def event(*lines: str) -> Event:
    payload = parse("\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT")))
    assert isinstance(payload, Event)
    return payload


def codes(*lines: str) -> list[str]:
    return [issue.code for issue in event(*lines).issues]


def test_utc_floating_zoned_and_whole_days():
    assert event("DTSTART:20080504T123456Z").start == datetime(2008, 5, 4, 12, 34, 56, tzinfo=timezone.utc)
    assert event("DTSTART:20080504T123456").start == datetime(2008, 5, 4, 12, 34, 56)
    zoned = event("DTSTART;TZID=Europe/Vienna:20111110T110000")
    assert (zoned.start, zoned.timezone) == (datetime(2011, 11, 10, 11), "Europe/Vienna")
    nowhere = event("DTSTART;TZID=:20111110T110000")
    assert (nowhere.start, nowhere.timezone) == (datetime(2011, 11, 10, 11), "")
    days = event("DTSTART;VALUE=DATE:20111110")
    assert (days.start, days.all_day) == (date(2011, 11, 10), True)


def test_an_alarm_inside_does_not_leak_out():
    payload = event("SUMMARY:Out", "DTSTART:20080504", "BEGIN:VALARM", "DESCRIPTION:In", "END:VALARM", "LOCATION:There")
    assert (payload.summary, payload.description, payload.location) == ("Out", "", "There")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("SUMMARY:x",), "event.no_start"),
        (("DTSTART:tomorrow",), "event.time"),
        (("DTSTART:20081399",), "event.time"),
        (("DTSTART:20080504", "DTEND:20080503"), "event.order"),
        (("DTSTART:20080504", "DTEND:20080503T000000"), "event.mixed_times"),
        (("DTSTART:20080504", "DURATION:P"), "event.duration"),
        (("DTSTART:20080504", "DURATION:P99999D" * 1, "GEO:1"), "event.geo"),
        (("DTSTART:99991231T000000", "DURATION:P9999W"), "event.duration"),
    ],
)
def test_faults_are_named(lines, code):
    assert code in codes(*lines)


def test_an_event_cut_short_is_read_and_noted():
    payload = parse("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20080504\nSUMMARY:x")
    assert payload.summary == "x"
    assert [issue.code for issue in payload.issues] == ["event.no_end"]


def test_a_calendar_without_an_event_is_none():
    assert parse("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR").kind != "event"


@pytest.mark.parametrize(
    "built",
    [
        Event("Meeting, with; all", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), location="Room\\1"),
        Event("Day", date(26, 1, 2), date(9999, 12, 31), description="two\nlines " * 20),
        Event("Zoned", datetime(2026, 1, 2, 3), datetime(2026, 1, 2, 4), "Europe/Paris", organizer="a@b.example"),
        Event("All", date(2026, 1, 2), attendees=("a@b.c", "d@e.f"), geo=(1.5, -2.25), rule="FREQ=DAILY", uid="u"),
    ],
)
def test_what_is_built_reads_back(built):
    read = parse(built.encode())
    assert read == built
    assert read.issues == ()
