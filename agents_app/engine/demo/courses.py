"""What to do after a person said no: take the words at their word, and never ask the same again."""

from dataclasses import dataclass
from typing import Any

from agents_app.engine.demo import wishes
from agents_app.engine.demo.case import Case
from agents_app.engine.demo.containing import Refusal


@dataclass(frozen=True)
class Course:
    """Another block to ask for, or what to watch, to look at and to pass on to people, or to wait; none: watch it."""

    block: tuple[str, int] | None = None
    watch: tuple[str, ...] = ()
    look: tuple[str, ...] = ()
    pass_on: str = ""
    wait: bool = False


def after(case: Case, refused: Refusal) -> Course:
    """Take what the words say: another address, a shorter time, something to look at, something for people to do."""
    wish = wishes.read(refused.words or _written_since(case))
    targets = [*wish.targets, *_of_kinds(case, wish.target_kinds, refused)]
    others = [each for each in targets if not _same(each, refused) and not case.is_own(each)]
    if others:
        return Course(block=(others[0], wish.minutes or refused.minutes))
    if wish.minutes and wish.minutes != refused.minutes and not (wish.benign or wish.for_people or wish.waits):
        return Course(block=(refused.indicator, wish.minutes))
    watch = [*wish.watched, *_of_kinds(case, wish.watched_kinds, refused)]
    look = [each for each in _to_look_at(case, refused, wish) if each not in watch]
    nobody_found = (wish.target_kinds and not others) or (wish.watched_kinds and not watch)
    return Course(
        watch=tuple(dict.fromkeys(watch)), look=tuple(look), wait=wish.waits,
        pass_on=wish.text if wish.for_people or wish.put_off or nobody_found else "",
    )  # fmt: skip


def _of_kinds(case: Case, kinds: tuple[str, ...], refused: Refusal) -> list[str]:
    """Whom *the domain* means: the first of that kind that the incident names, besides what was refused."""
    found = (
        next((str(each["value"]) for each in case.indicators if _fits(case, each, kind, refused)), "") for kind in kinds
    )
    return [each for each in found if each]


def _fits(case: Case, indicator: dict[str, Any], kind: str, refused: Refusal) -> bool:
    value = str(indicator["value"])
    return indicator.get("kind") == kind and not _same(value, refused) and not case.is_own(value)


def _same(value: str, refused: Refusal) -> bool:
    return value.lower() == refused.indicator.lower()


def _to_look_at(case: Case, refused: Refusal, wish: wishes.Wish) -> list[str]:
    """Words asked for, other addresses, and whoever of the incident the person mentions."""
    mentioned = [str(each["value"]) for each in case.indicators if _mentions(wish.text, str(each["value"]))]
    named = [each for each in (*wish.addresses, *mentioned) if each != refused.indicator]
    return list(dict.fromkeys((*wish.look_for, *named)))[:3]


def _mentions(text: str, value: str) -> bool:
    return len(value) > 2 and value.lower() in text.lower().replace(",", " ").split()


def _written_since(case: Case) -> str:
    """Who rejects without a word may have written to the crew instead."""
    news = [str(each.get("text", "")) for each in case.people if each.get("new")]
    return news[-1] if news else ""
