"""The `when:` key: what is read, what is written back, and what a mistake is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscriptions import Schedule

DAILY = st.builds(lambda hour, minute: daily(hour, minute), st.integers(0, 23), st.integers(0, 59))
SOME_DAYS = st.builds(lambda days, when: replace(when, days=days), st.frozensets(st.integers(0, 6), min_size=1), DAILY)


def daily(hour: int, minute: int = 0) -> Schedule:
    return Schedule(days=frozenset(range(7)), hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("text", "days", "clock", "canonical"),
    [
        ("daily 07:30", range(7), (7, 30), "daily 07:30"),
        ("weekdays 7:30", range(5), (7, 30), "weekdays 07:30"),
        ("Weekends 09:00", (5, 6), (9, 0), "weekends 09:00"),
        ("monday,thursday 18:00", (0, 3), (18, 0), "monday,thursday 18:00"),
        ("thu, mon 18:00", (0, 3), (18, 0), "monday,thursday 18:00"),
        ("  tues   00:00 ", (1,), (0, 0), "tuesday 00:00"),
        ("mon,tue,wed,thu,fri 23:59", range(5), (23, 59), "weekdays 23:59"),
        ("weekdays,sat,sun 12:00", range(7), (12, 0), "daily 12:00"),
    ],
)
def test_parse(text: str, days: range | tuple[int, ...], clock: tuple[int, int], canonical: str) -> None:
    when = Schedule.parse(text)
    assert (when.days, (when.hour, when.minute), when.at_once) == (frozenset(days), clock, False)
    assert str(when) == canonical


def test_parse_at_once() -> None:
    assert Schedule.parse("At  once") == Schedule(at_once=True)
    assert str(Schedule(at_once=True)) == "at once"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mondy 07:30", "`mondy` is no day: write `monday`"),
        ("weekday 07:30", "`weekday` is no day: write `weekdays`"),
        ("weekly 07:30", "`weekly` is no day: write `monday`"),
        ("foo 07:30", "`foo` is no day: write `daily 07:30`, `weekdays 07:30`, `monday,thursday 18:00` or `at once`"),
        ("daily 25:00", "`25:00` is no hour of a day: write one from 00:00 to 23:59"),
        ("daily 24:00", "`24:00` is no hour of a day: write one from 00:00 to 23:59"),
        ("daily 07:60", "`07:60` is no hour of a day: write one from 00:00 to 23:59"),
        ("07:30 daily", "`07:30 daily` is no time: write `daily 07:30`"),
        ("daily 7.30", "`daily 7.30` is no time: write `daily 07:30`"),
        ("daily 0730", "`daily 0730` is no time: write `daily 07:30`"),
        ("daily 6pm", "`daily 6pm` is no time: write `daily 18:00`"),
        ("daily at 12:15 a.m.", "`daily at 12:15 a.m.` is no time: write `daily 00:15`"),
        ("monday and thursday 18:00", "`monday and thursday 18:00` is no time: write `monday,thursday 18:00`"),
        ("mon-fri 07:30", "`mon-fri 07:30` is no time: write `weekdays 07:30`"),
        ("sat - mon 07:30", "`sat - mon 07:30` is no time: write `monday,saturday,sunday 07:30`"),
        ("daily", "`daily` lacks the hour: write `daily 07:30`"),
        ("tuesday", "`tuesday` lacks the hour: write `tuesday 07:30`"),
        ("18:00", "`18:00` lacks the days: write `daily 18:00`"),
        ("7.30", "`7.30` lacks the days: write `daily 07:30`"),
        ("at-once", "`at-once` is no time: write `at once`"),
        ("immediately", "`immediately` is no time: write `at once`"),
        ("", "`` is no time: write `daily 07:30`, `weekdays 07:30`, `monday,thursday 18:00` or `at once`"),
        ("99", "`99` is no time: write `daily 07:30`, `weekdays 07:30`, `monday,thursday 18:00` or `at once`"),
    ],
)
def test_parse_says_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="write") as caught:
        Schedule.parse(text)
    assert str(caught.value) == said


@given(SOME_DAYS)
def test_parse_reads_what_str_writes(when: Schedule) -> None:
    assert Schedule.parse(str(when)) == when


@given(st.text() | st.text(alphabet="daily weknsmotuhfr0123456789:.,-pam"))
def test_any_text_is_a_time_or_has_a_mend(text: str) -> None:
    try:
        when, said = Schedule.parse(text), "no error"
    except ValueError as error:
        when, said = None, str(error)
    assert when is None or Schedule.parse(str(when)) == when
    assert said.isprintable()
    assert len(said) < 220
