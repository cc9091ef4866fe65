"""`Event`: an entry for a calendar.

Source: RFC 5545, one `VEVENT`, with or without its `VCALENDAR`. A time zone is kept by name, as the code gives it:
times under a `TZID` and floating times have no `tzinfo`, times in UTC do.
Limits: the first event only; `RRULE` is kept as written, `VTIMEZONE` and alarms are dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import ClassVar

from qrcore.payload.base import Issue, Payload, sentence
from qrcore.payload.lines import Line, escape, fold, read_lines, unescape

_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?")
_DURATION = re.compile(
    r"([+-]?)P(?:([0-9]{1,4})W)?(?:([0-9]{1,5})D)?"
    r"(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,9})S)?)?"
)


@dataclass(frozen=True, slots=True)
class Event(Payload):
    """`start` and `end` are dates where the event lasts whole days. `end` is as given, or reckoned from a duration.

    Source: RFC 5545, sections 3.1, 3.3 and 3.6.1. Limits: the first event only; zones by name; recurrence as
    written.
    """

    kind: ClassVar[str] = "event"

    summary: str = ""
    start: date | datetime | None = None
    end: date | datetime | None = None
    timezone: str = ""
    location: str = ""
    description: str = ""
    organizer: str = ""
    attendees: tuple[str, ...] = ()
    geo: tuple[float, float] | None = None
    url: str = ""
    uid: str = ""
    rule: str = ""

    @property
    def all_day(self) -> bool:
        """Whether the event is given in days."""
        return self.start is not None and not isinstance(self.start, datetime)

    def encode(self) -> str:
        """A `VCALENDAR` of version 2.0 with this event."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT"]
        lines += [_stamp(name, value, self.timezone) for name, value in (("DTSTART", self.start), ("DTEND", self.end))
                  if value is not None]  # fmt: skip
        pairs = [
            ("SUMMARY", escape(self.summary)), ("LOCATION", escape(self.location)),
            ("DESCRIPTION", escape(self.description)), ("URL", self.url), ("UID", escape(self.uid)),
            ("RRULE", self.rule), ("ORGANIZER", f"mailto:{self.organizer}" if self.organizer else ""),
            *(("ATTENDEE", f"mailto:{attendee}") for attendee in self.attendees),
            ("GEO", f"{self.geo[0]:.6f};{self.geo[1]:.6f}" if self.geo else ""),
        ]  # fmt: skip
        lines += [f"{name}:{value}" for name, value in pairs if value]
        return "\r\n".join(fold(line) for line in [*lines, "END:VEVENT", "END:VCALENDAR"])

    def __str__(self) -> str:
        start = _show(self.start)
        end = _show(self.end)
        return sentence(
            self.summary or "An event",
            f"{start} to {end}" if end else start,
            self.timezone,
            self.location,
            f"by {self.organizer}" if self.organizer else "",
            self.description,
        )


def read(text: str) -> Event | None:
    """`BEGIN:VCALENDAR` or `BEGIN:VEVENT`; None where no event is inside."""
    named: dict[str, Line] = {}
    attendees: list[str] = []
    inside = ended = False
    depth = 0
    for line in read_lines(text):
        block = line.value.strip().upper() if line.name in ("BEGIN", "END") else ""
        if line.name == "BEGIN":
            if block == "VEVENT":
                inside = True
            elif inside:
                depth += 1  # an alarm inside the event
        elif line.name == "END":
            if block == "VEVENT":
                ended = True
                break
            depth = max(0, depth - 1)
        elif inside and not depth:
            if line.name == "ATTENDEE":
                attendees.append(_mailbox(line.value))
            named.setdefault(line.name, line)
    if not inside:
        return None

    issues: list[Issue] = []
    if not ended:
        issues.append(Issue("event.no_end", len(text)))
    start, zone = _time(named.get("DTSTART"), issues)
    end, end_zone = _time(named.get("DTEND"), issues)
    if start is None and "DTSTART" not in named:
        issues.append(Issue("event.no_start", 0))
    if end is None and start is not None and (line_ := named.get("DURATION")):
        end = _after(start, line_, issues)
    if start is not None and end is not None and type(start) is not type(end):
        issues.append(Issue("event.mixed_times", named["DTEND"].position if "DTEND" in named else 0))
    elif start is not None and end is not None and zone == end_zone and _aware(start) == _aware(end) and end < start:
        issues.append(Issue("event.order", named["DTEND"].position if "DTEND" in named else 0))

    def value(name: str) -> str:
        return unescape(named[name].value) if name in named else ""

    return Event(
        value("SUMMARY"), start, end, zone, value("LOCATION"), value("DESCRIPTION"), _mailbox(value("ORGANIZER")),
        tuple(attendees), _place(named.get("GEO"), issues), value("URL"), value("UID"),
        named["RRULE"].value if "RRULE" in named else "", raw=text, issues=tuple(issues),
    )  # fmt: skip


def _time(line: Line | None, issues: list[Issue]) -> tuple[date | datetime | None, str]:
    """The time of a line and the name of its zone."""
    if line is None:
        return None, ""
    zone = (line.parameters.get("TZID") or ("",))[0]
    match = _STAMP.fullmatch(line.value.strip())
    try:
        if match and match[4]:
            stamp = datetime.strptime("".join(match.groups()[:6]), "%Y%m%d%H%M%S")
            return (stamp.replace(tzinfo=timezone.utc), "") if match[7] else (stamp, zone)
        if match:
            return date(int(match[1]), int(match[2]), int(match[3])), ""
    except ValueError:
        pass
    issues.append(Issue("event.time", line.position))
    return None, ""


def _after(start: date | datetime, line: Line, issues: list[Issue]) -> date | datetime | None:
    match = _DURATION.fullmatch(line.value.strip())
    if not match or not any(match.groups()[1:]):
        issues.append(Issue("event.duration", line.position))
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return start - length if match[1] == "-" else start + length
    except OverflowError:
        issues.append(Issue("event.duration", line.position))
        return None


def _place(line: Line | None, issues: list[Issue]) -> tuple[float, float] | None:
    if line is None:
        return None
    number = r"([+-]?[0-9]{1,3}(?:\.[0-9]{0,20})?)"
    match = re.fullmatch(rf"\s*{number};{number}\s*", line.value)
    if match and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180:
        return float(match[1]), float(match[2])
    issues.append(Issue("event.geo", line.position))
    return None


def _mailbox(value: str) -> str:
    value = value.strip()
    return value[7:] if value.lower().startswith("mailto:") else value


def _aware(value: date | datetime) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def _stamp(name: str, value: date | datetime, zone: str) -> str:
    if not isinstance(value, datetime):
        return f"{name};VALUE=DATE:{_compact(value)}"
    if value.tzinfo is not None:
        return f"{name}:{_compact(value.astimezone(timezone.utc))}Z"
    return f"{name};TZID={zone}:{_compact(value)}" if zone else f"{name}:{_compact(value)}"


def _compact(value: date | datetime) -> str:
    if isinstance(value, datetime):
        value = value.replace(microsecond=0, tzinfo=None)
    return value.isoformat().replace("-", "").replace(":", "")


def _show(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        shown = value.replace(tzinfo=None).isoformat(" ", "minutes")
        return f"{shown} UTC" if value.tzinfo is not None else shown
    return value.isoformat() if value is not None else ""
