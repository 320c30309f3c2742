"""Text to HTML: what people and agents write is formatted, and never runs, loads or hides anything."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.markdown import LONGEST, LONGEST_CODE, render

pytestmark = pytest.mark.once


def test_what_people_write_every_day() -> None:
    assert render("**now** `ls` ~~no~~") == "<p><strong>now</strong> <code>ls</code> <s>no</s></p>\n"
    assert "<td>2</td>" in render("|a|b|\n|-|-|\n|1|2|")
    assert render("one\ntwo") == "<p>one<br>\ntwo</p>\n"


def test_a_link_leaves_without_a_trace() -> None:
    assert render("[x](https://a.example/?a=1&b=2)") == (
        '<p><a href="https://a.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">x</a></p>\n'
    )


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://x/"]
)
def test_a_link_goes_to_the_web_or_to_mail_only(url: str) -> None:
    assert "href" not in render(f"[x]({url})")
    assert "href" not in render(f"<{url}>")


def test_an_indicator_is_never_made_clickable_by_itself() -> None:
    assert "href" not in render("http://evil.example and www.evil.example and me@evil.example")


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
        "<a href=javascript:x>y</a>", "<iframe src=//x>", "<style>*{}</style>", "</pre><script>",
        "```html\n</code></pre><script>\n```",
        '```"><script>\nx\n```', "[x](https://a\"onmouseover=alert(1))", "|<script>|\n|-|\n|<img src=x>|",
    ],
)  # fmt: skip
def test_markup_is_shown_and_not_obeyed(attack: str) -> None:
    html = render(attack)
    assert not re.search(r"<(script|img|svg|iframe|style)\b", html, re.IGNORECASE)
    assert not re.search(r"<[^>]*\s(on\w+|style)\s*=", html, re.IGNORECASE)
    assert "javascript:" not in re.sub(r"&lt;.*", "", html)


@pytest.mark.parametrize(("language", "odd"), [("java", "a "), ("python", " \n"), ("c", " \n"), ("yaml", "`")])
def test_code_that_a_lexer_is_slow_on_is_coloured_while_it_is_short(language: str, odd: str) -> None:
    block = f"```{language}\n{odd * (LONGEST_CODE // 2 // len(odd))}x = 1;\n```\n"
    assert "<span" in render(block)
    assert "<span" not in render(block * 3)
    assert render(block * 3).count("x = 1;") == 3


def test_an_image_is_no_request_to_elsewhere() -> None:
    assert "<img" not in render("![x](https://evil.example/track.png)")


def test_invisible_and_turning_characters_stay_what_they_are() -> None:
    assert render("a\u202eb\u200bc") == "<p>a\u202eb\u200bc</p>\n"


def test_known_code_is_coloured_and_unknown_code_is_not() -> None:
    assert '<span class="k">def</span>' in render("```python\ndef f(): pass\n```")
    assert render("```klingon\nQapla'\n```") == '<pre><code class="language-klingon">Qapla\'\n</code></pre>\n'


def test_nothing_is_swallowed() -> None:
    for hidden in ("[error]: disk-full", "> " * 60 + "disk-full", "- " * 60 + "disk-full"):
        assert "disk-full" in render(hidden)


def test_a_text_beyond_reason_is_shown_as_it_stands() -> None:
    text = "**x** <b>" * (LONGEST // 9 + 1)
    assert render(text).startswith("<pre>**x** &lt;b&gt;")


@given(st.text(alphabet="<>[]()!`*_#|-&;:/\\\"'=ab \n\t\x0c", max_size=300))
def test_whatever_is_written_gives_allowed_tags_only(text: str) -> None:
    for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9!?]+)", render(text)):
        assert tag in {
            "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
            "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "span",
        }  # fmt: skip
