"""`parse` keeps up: 60,000 distinct links a second on one core, and no text makes it slow."""

from __future__ import annotations

import time

import pytest

from qrcore.payload import parse

HOSTS = ("example.com", "www.shop.example.org", "q.example", "menu.cafe-berlin.de", "qr.example.co.uk")


@pytest.mark.timing
def test_sixty_thousand_distinct_links_a_second(headroom):
    links = [f"https://{HOSTS[i % 5]}/p/{i}/item?utm_source=qr&id={i}" for i in range(30_000)]
    best = float("inf")
    for attempt in range(5):  # the best of several: other work on the machine is no fault of ours
        batch = [link + f"&try={attempt}" for link in links]
        started = time.process_time()
        for link in batch:
            parse(link)
        best = min(best, time.process_time() - started)
        if len(links) / best > 60_000 / headroom:
            break
    assert len(links) / best > 60_000 / headroom


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "a" * 200_000,
        "https://" + "a." * 100_000,
        "https://" + "@" * 200_000,
        "https://a/" + "/01" * 70_000,
        "https://a/" + "%" * 200_000,
        "https://é" + "é." * 20_000,
        "https://q.example/C/" + "a" * 200_000,
        "http://" + "0x" * 100_000,
        "a" * 200_000,
        "a." * 100_000,
        "a@" + "a-" * 100_000,
        "mailto:" + "a@" * 100_000,
        "mailto:" + "a." * 100_000 + "@",
        "WIFI:" + "\\" * 200_000,
        "WIFI:" + ";" * 200_000,
        "MECARD:" + ":" * 200_000,
        "BEGIN:VCARD\n" + ";" * 200_000,
        "BEGIN:VCARD\n" + '"' * 20_000,
        "BEGIN:VCARD\n" + ';"' * 20_000,
        "BEGIN:VCARD\nN:" + "\\" * 200_000,
        "BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:" + "=\n" * 100_000,
        "BEGIN:VEVENT\n" + " \n" * 100_000,
        "geo:" + "1" * 200_000,
        "tel:" + "1" * 200_000 + "x",
        "sms:" + "," * 50_000,
        "otpauth://totp/" + "?" * 100_000,
        "000201" + "9900" * 50_000,
        "BCD" + "\n" * 100_000,
        "SPC" + "\n" * 100_000,
        "]d2" + "11260101" * 20_000,
        "]d2" + "\x1d" * 200_000,
        "(01)" * 20_000,
        "shc:/" + "5" * 200_000,
        "shlink:/" + "A" * 200_000,
        "HC1:" + "0" * 200_000,
        "QRC1:" + ":" * 200_000,
        "bitcoin:?" + "req-=&" * 20_000,
    ],
    ids=lambda text: repr(text[:30]),
)
@pytest.mark.timing
def test_no_text_is_slow(text, headroom):
    started = time.process_time()
    parse(text)
    assert time.process_time() - started < 0.4 * headroom
