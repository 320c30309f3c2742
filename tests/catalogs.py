"""Catalogs and marked words, read by Python alone: GNU gettext is not everywhere the tests run."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from gettext import GNUTranslations
from pathlib import Path

from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parents[1]
DOMAINS = ("django", "djangojs")
FOLDER = PROJECT / "locale" / "zh_Hans" / "LC_MESSAGES"
PYTHON = [PROJECT / name for name in ("chatsite", "sessions_app", "agents_app")]
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
FIELD = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?) (".*")')
# Where the words stand in a call of each name: context, text, plural.
CALLS = {"gettext": (None, 0, None), "pgettext": (0, 1, None), "ngettext": (None, 0, 1), "npgettext": (0, 1, 2)}
OTHER_NAMES = {"_": "gettext", "gettext_noop": "gettext"}
STRING = r'"(?:[^"\\]|\\.)*"'
IN_SCRIPT = re.compile(rf"\b(n?p?gettext)\(\s*({STRING})(?:,\s*({STRING}))?(?:,\s*({STRING}))?")

# (context, text)
Key = tuple[str, str]


@dataclass
class Entry:
    context: str = ""
    text: str = ""
    plural: str = ""
    said: list[str] = field(default_factory=list)
    fuzzy: bool = False

    @property
    def key(self) -> Key:
        return self.context, self.text


def entries(domain: str) -> list[Entry]:
    """What the .po says, without its header."""
    blocks = (FOLDER / f"{domain}.po").read_text().split("\n\n")
    return [entry for entry in map(_entry, blocks) if entry.text]


def compiled(domain: str) -> dict[Key, list[str]]:
    """What the .mo says."""
    with (FOLDER / f"{domain}.mo").open("rb") as file:
        catalog = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    found: dict[Key, list[str]] = {}
    for name, said in catalog.items():
        text = name if isinstance(name, str) else name[0]
        context, _, words = text.rpartition("\x04")
        found.setdefault((context, words), []).append(said)
    found.pop(("", ""))
    return found


def marked(domain: str) -> set[Key]:
    """Every word that code and templates want said in the reader's language."""
    if domain == "djangojs":
        return {key for path in (PROJECT / "static" / "js").rglob("*.js") for key in _in_script(path.read_text())}
    code = {key for folder in PYTHON for path in folder.rglob("*.py") for key in _in_python(path.read_text())}
    pages = (PROJECT / "templates").rglob("*.html")
    return code | {key for path in pages for key in _in_template(path.read_text())}


def _entry(block: str) -> Entry:
    entry, name = Entry(), ""
    texts: dict[str, str] = {}
    for line in block.splitlines():
        if line.startswith("#"):
            entry.fuzzy = entry.fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        start = FIELD.fullmatch(line)
        name, quoted = (start[1], start[2]) if start else (name, line)
        texts[name] = texts.get(name, "") + ast.literal_eval(quoted)
    entry.context, entry.text = texts.get("msgctxt", ""), texts.get("msgid", "")
    entry.plural = texts.get("msgid_plural", "")
    entry.said = [said for name, said in texts.items() if name.startswith("msgstr")]
    return entry


def _in_python(source: str) -> Iterator[Key]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id.removesuffix("_lazy")
            context, text, _ = CALLS.get(OTHER_NAMES.get(name, name), (None, None, None))
            if text is not None and isinstance(node.args[text], ast.Constant):
                yield _constant(node, context), _constant(node, text)


def _constant(node: ast.Call, at: int | None) -> str:
    return "" if at is None else ast.literal_eval(node.args[at])


def _in_template(source: str) -> Iterator[Key]:
    """As `makemessages` sees it: Django makes calls of the tags, and blanks of all the rest."""
    for call in re.finditer(r"\b(n?p?gettext)\((.*?)\)(?= |$)", templatize(source), re.MULTILINE | re.DOTALL):
        strings = [ast.literal_eval(each) for each in re.findall(r"u?'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", call[2])]
        context, text, _ = CALLS[call[1]]
        yield (strings[context] if context is not None else ""), strings[text]


def _in_script(source: str) -> Iterator[Key]:
    for call in IN_SCRIPT.finditer(source):
        context, text, _ = CALLS[call[1]]
        strings = [ast.literal_eval(each) for each in call.groups()[1:] if each]
        yield (strings[context] if context is not None else ""), strings[text]
