"""The only way from text to HTML: Markdown in, a small allow-list of tags out."""

from html import escape

import nh3
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

LONGEST = 64 * 1024  # a rendering's time grows with the text: 122 KiB took 0.8 s
# What all code of one text may be to be coloured: on odd code a lexer's time grows with its square (8 KiB took 5 s).
LONGEST_CODE = 2 * 1024
DEEPEST = 20
# Those an incident is told in; each lexer is imported when first met, and some of the others are slow on odd text.
LANGUAGES = {
    "bash", "c", "css", "diff", "go", "html", "http", "ini", "java", "javascript", "js", "json", "nginx", "powershell",
    "python", "rust", "sh", "sql", "toml", "xml", "yaml",
}  # fmt: skip
TAGS = {
    "a", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "li", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "span": {"class"}, "code": {"class"}, "pre": {"class"}}


def render(text: str) -> str:
    """Make HTML that may stand in any page of ours; too long or too deep a text becomes plain, escaped lines."""
    tokens = _markdown.parse(text) if len(text) <= LONGEST else None
    # Beyond its limit the parser leaves text out, and nobody must be able to hide text so.
    if tokens is None or any(token.level >= DEEPEST for token in tokens):
        return f"<pre>{escape(text)}</pre>"
    code = sum(len(token.content) for token in tokens if token.type == "fence")
    coloured = _markdown if code <= LONGEST_CODE else _plain
    return nh3.clean(
        coloured.renderer.render(tokens, coloured.options, {}),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _highlighted(code: str, language: str, attributes: str) -> str:
    """Colour code by classes; empty: leave it plain."""
    if language not in LANGUAGES:
        return ""
    return highlight(code, get_lexer_by_name(language), _classes)


_classes = HtmlFormatter(nowrap=True)
# No raw HTML and no images: an image is a request to elsewhere from every reader's browser. No automatic links: an
# indicator in an alert must not become something to click. No reference definitions: they swallow a log's `[x]: y`.
_markdown, _plain = (
    MarkdownIt("commonmark", {"breaks": True, "highlight": colour, "html": False, "maxNesting": DEEPEST + 2})
    .enable(["table", "strikethrough"])
    .disable(["autolink", "html_block", "html_inline", "image", "reference"])
    for colour in (_highlighted, None)
)
