"""Digests are the same on every machine, and bind every part of a request."""

from typing import Any
from uuid import UUID

import pytest

from agents_app.digests import digest, fingerprint
from sessions_app.canonical import canonical

ASKED: dict[str, Any] = {
    "organization": UUID("01890000-0000-7000-8000-000000000001"),
    "session": UUID("01890000-0000-7000-8000-000000000002"),
    "run": UUID("01890000-0000-7000-8000-000000000003"),
    "step": "4",
    "agent": "Operator",
    "tool": "block_indicator",
    "tool_schema": "ab" * 32,
    "arguments": {"minutes": 60, "indicator": "203.0.113.7", "reason": "schön – 測試 \u202e"},
    "policy": {"need": [{"role": "approver", "approve": 1, "reject": 1}], "exclude": [], "rule": "Changes containment"},
    "version": 1,
}
OTHERS: dict[str, Any] = {
    "organization": UUID(int=9), "session": UUID(int=9), "run": UUID(int=9), "step": "5", "agent": "Executor",
    "tool": "unblock_indicator", "tool_schema": "cd" * 32, "arguments": {"minutes": 61}, "policy": {}, "version": 2,
}  # fmt: skip


def test_the_digest_of_a_known_request_is_known() -> None:
    assert digest(**ASKED) == "sha256:a429db033640b8ad55322b2a1dd80e836364774b787df8b04302367118c45ed2"


def test_the_text_that_is_hashed_is_sorted_ascii_without_white_space() -> None:
    assert canonical({"b": [1, 2.5, None, True], "a": "é\u202e"}) == '{"a":"\\u00e9\\u202e","b":[1,2.5,null,true]}'
    with pytest.raises(ValueError):
        canonical({"a": float("nan")})


@pytest.mark.parametrize("part", list(ASKED))
def test_every_part_of_a_request_is_bound(part: str) -> None:
    assert digest(**{**ASKED, part: OTHERS[part]}) != digest(**ASKED)


def test_the_order_of_keys_does_not_matter() -> None:
    turned = dict(reversed(ASKED["arguments"].items()))
    assert digest(**{**ASKED, "arguments": turned}) == digest(**ASKED)


def test_a_fingerprint_is_the_same_whoever_asks() -> None:
    said = {name: ASKED[name] for name in ("tool", "tool_schema", "arguments", "policy")}
    assert fingerprint(**said) == "d867caeb9639b91c41f386904379bdb57762c4f900af6016cb8528ef6c80ab76"
    assert fingerprint(**{**said, "policy": {"exclude": ["somebody"]}}) != fingerprint(**said)
