"""The words in Chinese: every one there, each with the places of the English, and what is read is what was written."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests import catalogs
from tests.catalogs import DOMAINS, PLACE, PROJECT

pytestmark = pytest.mark.once
TAGS = re.compile(
    r"{#.*?#}|{%\s*block body_class.*?endblock\s*%}"
    r"|{%\s*(blocktranslate|comment)\b.*?%}.*?{%\s*end\1\s*%}|{%.*?%}|{{.*?}}",
    re.DOTALL,
)
# Names and signs that are the same in every language.
AS_THEY_ARE = re.compile(r"Warroom|SHA-256|OpenAPI|AsyncAPI|JSON Schema|JSON|Markdown|REST|API|UTC|Ctrl|Esc")
SPOKEN = ("aria-label", "title", "placeholder", "alt")


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_read_is_what_was_written(domain: str) -> None:
    """The .mo is committed beside the .po, since a machine with Python alone can't make it: `make messages`."""
    assert catalogs.compiled(domain) == {entry.key: entry.said for entry in catalogs.entries(domain)}


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_marked_word_is_in_the_catalog(domain: str) -> None:
    known = {entry.key for entry in catalogs.entries(domain)}
    assert catalogs.marked(domain) - known == set(), "run `make messages`, and write the Chinese"


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_word_is_said_with_the_same_places(domain: str) -> None:
    for entry in catalogs.entries(domain):
        assert not entry.fuzzy, entry.text
        assert all(entry.said), f"not translated: {entry.text}"
        allowed = set(PLACE.findall(entry.text)) | set(PLACE.findall(entry.plural))
        for said in entry.said:
            assert set(PLACE.findall(said)) <= allowed, entry.text
            missing = set(PLACE.findall(entry.plural or entry.text)) - set(PLACE.findall(said))
            assert not missing, entry.text


def test_what_pages_and_scripts_both_say_is_one_word() -> None:
    pages, scripts = ({entry.key: entry.said for entry in catalogs.entries(domain)} for domain in DOMAINS)
    both = [key for key in pages.keys() & scripts.keys() if not PLACE.search("".join(pages[key]))]
    assert [key for key in both if pages[key] != scripts[key]] == []


@pytest.mark.parametrize("path", sorted((PROJECT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_words_that_are_not_marked(path: Path) -> None:
    found = Unmarked()
    found.feed(TAGS.sub(" ", path.read_text()))
    assert found.words == []


class Unmarked(HTMLParser):
    """Words that a person would see or hear, left over when the template's own tags are gone."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("code", "style", "script")
        for name, value in attrs:
            if name in SPOKEN:
                self._look(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("code", "style", "script")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._look(data)

    def _look(self, text: str) -> None:
        if re.search(r"[A-Za-z]{2}", AS_THEY_ARE.sub("", text)):
            self.words.append(" ".join(text.split()))
