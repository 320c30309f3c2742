"""What tools do: arithmetic in bounds, the clock, and the block list."""

from datetime import timedelta

import pytest

from agents_app import clock
from agents_app.catalogue import TOOLS, duration
from agents_app.models import BlockedIndicator
from agents_app.services import containment
from agents_app.tools import ToolFailed, registry
from agents_app.tools.calculator import work_out
from sessions_app import actors
from sessions_app.models import Event
from sessions_app.services import indicators
from tests.agents_app.control import EVIL, Scene, block, refused, said, scene


def test_every_tool_of_the_catalogue_has_its_function_or_asks_a_person() -> None:
    assert {name for name, spec in TOOLS.items() if not spec.asks_a_person} == set(registry._TOOLS)


def test_a_function_that_is_not_in_the_catalogue_is_no_tool() -> None:
    with pytest.raises(LookupError):
        registry.tool(lambda call, args: None)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("6 * 7", 42), (" (17 + 4) * 2 / 3 ", 14.0), ("-2 ** 2", -4), ("2 ** 10 % 1000", 24), ("7 // 2", 3),
        ("sqrt(2) * sqrt(2)", pytest.approx(2)), ("max(3, 1, 2)", 3), ("round(2 / 3, 2)", 0.67), ("1e3 + 0x10", 1016),
        ("10 ** 100", 10**100), ("2 ** -1", 0.5),
    ],
)  # fmt: skip
def test_arithmetic(expression: str, value: float) -> None:
    assert work_out(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "9 ** 9 ** 9 ** 9", "10 ** 101", "2 ** 100000", "(10 ** 99) * (10 ** 99)", "1e308 * 10", "0.0 ** -1", "1 / 0",
        "1 % 0", "(-8) ** 0.5", "9" * 199, "__import__('os').system('id')", "(1).__class__", "[1] * 10", "'a' * 9",
        "True + 1",
        "1 if 1 else 2", "lambda: 1", "x", "abs", "abs(x=1)", "max()", "f'{1}'", "1; 2", "", "(" * 150, "1 << 99",
        "round(1.5, 10 ** 9)", "round(10 ** 99, -10 ** 50)", "1j", "sqrt(-1)", "1 " * 99, "print(1)",
    ],
)  # fmt: skip
def test_what_is_no_arithmetic_or_too_large_is_refused_at_once(expression: str) -> None:
    with pytest.raises(ToolFailed):
        work_out(expression)


@pytest.mark.parametrize(
    ("minutes", "words"), [(1, "1 minute"), (90, "90 minutes"), (60, "1 hour"), (120, "2 hours"), (1440, "1 day")]
)
def test_a_duration_as_a_person_says_it(minutes: int, words: str) -> None:
    assert duration(minutes) == words


# --- The block list ---------------------------------------------------------------------------------------------------
def approved(made: Scene, tool: str = "block_indicator", **args: object) -> dict[str, object]:
    made.act(tool, {**block(), **args} if tool == "block_indicator" else args)
    made.decide()
    return said(made.again())


@pytest.mark.django_db(transaction=True)
def test_a_blocked_indicator_is_on_the_list_in_the_room_and_on_the_incident() -> None:
    made = scene()
    told = approved(made, indicator="EVIL[.]example")
    assert told["result"]["blocked"] == "evil.example"  # type: ignore[index]
    assert made.blocked == ["evil.example"]
    row = made.incident.indicators.get() if made.incident else None
    assert row is not None
    assert (row.kind, row.value) == ("domain", "evil.example")
    assert row.blocked_until == BlockedIndicator.objects.get().until
    event = Event.objects.get(session=made.session, type="indicator.blocked")
    assert event.data["indicator"]["value"] == "evil.example"
    assert event.data["until"]


@pytest.mark.django_db(transaction=True)
def test_an_incident_flooded_with_indicators_keeps_nothing_off_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicators, "MOST_AN_INCIDENT", 0)
    made = scene()
    approved(made)
    assert made.blocked == [EVIL]


@pytest.mark.django_db(transaction=True)
def test_a_block_ends_by_itself() -> None:
    made = scene()
    approved(made, minutes=1)
    BlockedIndicator.objects.update(until=clock.now() - timedelta(seconds=1))
    assert made.blocked == []


@pytest.mark.django_db(transaction=True)
def test_the_longer_of_two_blocks_counts_and_unblocking_ends_both() -> None:
    made = scene()
    approved(made, minutes=60)
    approved(made, minutes=10)
    assert made.incident
    until = made.incident.indicators.get().blocked_until
    assert until == max(each.until for each in BlockedIndicator.objects.all())
    assert approved(made, "unblock_indicator", indicator=EVIL, reason="A slip.")["result"] == {
        "unblocked": EVIL, "entries": 2,
    }  # fmt: skip
    assert made.blocked == []
    assert made.incident.indicators.get().blocked_until is None
    assert made.events("indicator")[-1] == "indicator.unblocked"


@pytest.mark.django_db(transaction=True)
def test_unblocking_what_is_not_blocked_changes_nothing() -> None:
    made = scene()
    assert approved(made, "unblock_indicator", indicator=EVIL, reason="Just in case.")["result"] == {
        "unblocked": EVIL, "entries": 0,
    }  # fmt: skip
    assert made.events("indicator") == []


@pytest.mark.django_db(transaction=True)
def test_a_room_without_an_incident_can_block_too() -> None:
    made = scene(incident=False)
    approved(made)
    assert made.blocked == [EVIL]


@pytest.mark.django_db
def test_the_list_itself_refuses_our_own_machines() -> None:
    made = scene()
    order = {"minutes": 5, "reason": "", "key": "k", "by": actors.SYSTEM}
    refused(
        "TOOL_PERMISSION_DENIED",
        lambda: containment.block(session=made.session, incident=None, indicator="127.0.0.1", **order),
    )
    assert made.blocked == []


@pytest.mark.django_db(transaction=True)
def test_a_room_without_an_incident_has_no_evidence_to_search() -> None:
    made = scene(incident=False)
    assert "no incident" in said(made.act("search_evidence", {"query": "sshd"}))["error"]
