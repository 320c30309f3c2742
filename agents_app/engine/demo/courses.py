"""What to do after a person said no: take the words at their word, and never ask the same again."""

from dataclasses import dataclass

from agents_app.engine.demo import wishes
from agents_app.engine.demo.case import Case
from agents_app.engine.demo.containing import Refusal


@dataclass(frozen=True)
class Course:
    """Another block to ask for, or what to look at and to pass on to people; nothing of these is: watch."""

    block: tuple[str, int] | None = None
    look: tuple[str, ...] = ()
    pass_on: str = ""


def after(case: Case, refused: Refusal) -> Course:
    """Take what the words say: another address, a shorter time, something to look at, something for people to do."""
    wish = wishes.read(refused.words or _written_since(case))
    others = [each for each in wish.targets if each != refused.indicator and not case.is_own(each)]
    if others:
        return Course(block=(others[0], wish.minutes or refused.minutes))
    if wish.minutes and wish.minutes != refused.minutes and not wish.benign and not wish.for_people:
        return Course(block=(refused.indicator, wish.minutes))
    return Course(look=tuple(_to_look_at(case, refused, wish)), pass_on=wish.text if wish.for_people else "")


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
