"""What the templates need to say things safely: visible escapes, faces, clock times."""

import json
import re
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.pages import briefing, labels, languages
from sessions_app.pages.faces import face_of
from sessions_app.pages.themes import theme_of
from sessions_app.snippets import Snippet

register = template.Library()

# Control, zero-width, bidi, ANSI and lone surrogates: the same set as static/js/lib/escapes.js.
HIDDEN = re.compile(
    "[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)


@register.filter
def visible(text: object) -> SafeString:
    """Text that hides nothing: what cannot be seen is shown as an escape."""
    parts = re.split(f"({HIDDEN.pattern})", "" if text is None else str(text))
    # Every second part is what the pattern caught; every piece is escaped here.
    return mark_safe("".join(_marked(part) if i % 2 else escape(part) for i, part in enumerate(parts)))


@register.filter
def marked(found: Snippet) -> SafeString:
    """What was found, marked in the text around it."""
    pieces = ((visible(text), hit) for text, hit in found.pieces())
    return mark_safe("".join(f"<mark>{text}</mark>" if hit else text for text, hit in pieces))


@register.filter
def exact(value: object) -> SafeString:
    """A stored argument as the JSON it is, nothing hidden."""
    return visible(json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None))


@register.filter
def rendered(html: str) -> SafeString:
    """HTML made by `sessions_app.markdown`, which has sanitised it; nothing else may come here."""
    return mark_safe(html)


@register.filter
def checkboxes(html: str) -> str:
    """A follow-up that is open, `- [ ]`, as a box. In sanitised HTML only a list of ours can begin so."""
    return html.replace("<li>[ ] ", '<li class="todo">')


@register.filter
def ahead(at: str | None) -> bool:
    """Whether a time of the wire is still to come."""
    moment = parse_datetime(at) if at else None
    return moment is not None and moment > timezone.now()


@register.filter
def clock(at: datetime | str | None) -> str:
    """The time of day; of another day than today, with it."""
    moment = parse_datetime(at) if isinstance(at, str) else at
    if moment is None:
        return ""
    return f"{moment:%H:%M} UTC" if moment.date() == timezone.now().date() else f"{moment:%Y-%m-%d %H:%M} UTC"


@register.filter
def label(code: object, kind: str) -> str:
    """What a code is called: `{{ approval.risk|label:"risk" }}`."""
    return labels.label(code, kind)


@register.filter
def role_name(role: str) -> str:
    return briefing.role_name(role)


@register.filter
def decision_line(one: dict[str, Any]) -> str:
    """What was decided, by whom, and what became of it."""
    return briefing.decision_line(one)


@register.filter
def waits_line(one: dict[str, Any]) -> str:
    return briefing.waits_line(one)


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def policy_line(policy: dict[str, Any] | None) -> str:
    """Who may decide, in words: the same as `policyLine` in static/js/models/approvals.js."""
    if not policy:
        return ""
    eligible = policy.get("eligible") or [""]
    who = _(" and ").join(_needed(each, eligible[-1]) for each in policy.get("need") or []) or _("any responder")
    why = re.search(r"\((.+)\)$", str(policy.get("rule") or ""), re.DOTALL)
    told = _("{who}; not the requester.") if policy.get("exclude") else _("{who}.")
    return told.format(who=who[0].upper() + who[1:]) + (f" {why[1]}." if why else "")


@register.filter
def may_grant(approval: dict[str, Any] | None) -> bool:
    """As `mayGrant` in static/js/models/grants.js: never what can't be undone, nor what more than one decides."""
    if not approval or approval["risk"] == "destructive":
        return False
    return sum(each["approve"] for each in (approval.get("policy") or {}).get("need", ())) == 1


@register.simple_tag
def stylesheet(name: str) -> str:
    return staticfiles_storage.url(f"css/{name}.css")


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> str:
    return theme_of(context.get("request"))


@register.simple_tag(takes_context=True)
def language_chosen(context: template.Context) -> str:
    return languages.chosen(context.get("request"))


@register.simple_tag
def language_choices() -> list[tuple[str, str]]:
    """Each by its own name: who can't read this page finds theirs."""
    return list(settings.LANGUAGES)


@register.simple_tag
def catalog() -> dict[str, Any]:
    return languages.catalog()


@register.inclusion_tag("parts/face.html", takes_context=True)
def face(context: template.Context, sender_type: str | None, name: str | None) -> dict[str, str]:
    return face_of(sender_type or "system", name or "", (context.get("snapshot") or {}).get("agents", ()))


def _needed(each: dict[str, Any], highest: str) -> str:
    role = labels.label(each["role"], "role").lower()
    roles = role if each["role"] == highest else _("{role} or above").format(role=role)
    return ngettext("one {roles}", "{count} of: {roles}", each["approve"]).format(count=each["approve"], roles=roles)


def _marked(character: str) -> str:
    code = ord(character)
    name = f"\\u{{{code:x}}}" if code > 0xFFFF else f"\\u{code:04x}"
    return f'<mark class="escape">{name}</mark>'
