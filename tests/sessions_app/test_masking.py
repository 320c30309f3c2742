"""What looks like a secret, or is one of ours, is masked, however it is split; what a log is full of passes."""

from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.masking import Mask, Running, mask
from sessions_app.masking.running import LITTLE
from sessions_app.masking.shapes import REACH, SHAPES, Growing
from sessions_app.services import masks
from tests.factories import organization

SERVER = "n0t-a-Real:server+key/of-this_test"
MASK = Mask({SERVER: "server key"}, frozenset({"Globex", "Initech Labs", "环球公司"}))
# Put together here, so that nobody who searches this repository for keys finds one.
LETTERS = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7j"
UPPER = "ABCD2345EFGH6789"
BLOCK = f"-----BEGIN RSA PRIVATE KEY-----\n{LETTERS}\n{LETTERS}==\n-----END RSA PRIVATE KEY-----"
JWT = f"eyJ{LETTERS}.eyJ{LETTERS}.{LETTERS}"
# (what is written, what must not be left of it, its kind)
SECRETS = (
    (f"the key AKIA{UPPER}.", f"AKIA{UPPER}", "aws key"),
    (f"ghp_{LETTERS} pushed", f"ghp_{LETTERS}", "github token"),
    (f"glpat-{LETTERS}", LETTERS, "gitlab token"),
    (f"posted with xoxb-{LETTERS}, twice", LETTERS, "slack token"),
    (f"AIza{LETTERS[:35]}", LETTERS[:35], "google key"),
    ("sk_" + f"live_{LETTERS}", LETTERS, "stripe key"),
    (f"(sk-proj-{LETTERS})", LETTERS, "api key"),
    (f"wr_0011223344_{LETTERS}{LETTERS}", LETTERS, "warroom key"),
    (f"cookie {JWT}; path=/", JWT, "jwt"),
    (f"Authorization: Bearer {LETTERS}", LETTERS, "bearer token"),
    ("authorization: Basic dXNlcjpwdw==", "dXNlcjpwdw==", "authorization"),
    (f"before\n{BLOCK}\nafter", LETTERS, "private key"),
    (f"-----BEGIN PRIVATE KEY-----\n{LETTERS}\nand no end", LETTERS, "private key"),
    ("postgres://app:s3cr3t-pw@db.internal:5432/app", "s3cr3t-pw", "connection password"),
    ("login with password=correct-horse&next=/", "correct-horse", "password"),
    ('{"user": "eve", "db_password" : "with, a comma"}', "with, a comma", "password"),
    ('"{\\"password\\": \\"hunter2\\"}"', "hunter2", "password"),
    ("Password: Tr0ub4dor", "Tr0ub4dor", "password"),
    (f"aws_secret_access_key = {LETTERS}", LETTERS, "key"),
    (f"x-api-key: {LETTERS[:12]}", LETTERS[:12], "key"),
    (f"https://h/blocklists/{LETTERS}{LETTERS}.txt", LETTERS, "block list token"),
    (f"said {SERVER}, aloud", SERVER, "server key"),
    ("as at Globex, and at Initech Labs.", "Initech Labs", "organization name"),
    ("与环球公司相同", "环球公司", "organization name"),
)
PASSES = (
    "d41d8cd98f00b204e9800998ecf8427e e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "run 01890000-0000-7000-8000-000000000000 from 203.0.113.7:443 and [2001:db8::1]:22",
    "Nov 21 09:00:01 web-1 sshd[2211]: Failed password for invalid user admin from 203.0.113.7 port 51514 ssh2",
    "sudo: ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/bin/cat /etc/passwd",
    "TokenElevationType: %%1936 AccessMask: 0x1f0fff SubjectLogonId: 0x3e7 accessKeyId: GeneratedFindingAccessKeyId",
    "Password: please. The token: expired. password=<none> secret=${SECRET} token=**** api_key: null",
    "max_tokens: 4096, tokens=12, a task-force of risk-averse people at https://host:8080/path",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "Globexes and initech labs",
)


@pytest.mark.parametrize(("written", "secret", "kind"), SECRETS, ids=[kind for _, _, kind in SECRETS])
def test_a_secret_is_masked_with_its_kind_however_it_arrives(written: str, secret: str, kind: str) -> None:
    whole = MASK.text(written)
    assert secret not in whole.text
    assert f"[masked: {kind}]" in whole.text
    assert whole.counts[kind] >= 1
    assert MASK.text(whole.text).text == whole.text
    for first in range(len(written) + 1):
        said, given_out = _spoken(written, [first])
        assert said.whole() == whole.text
        assert all(whole.text.startswith(each) for each in given_out)
        assert said.counts == whole.counts
    letter_by_letter, given_out = _spoken(written, list(range(len(written))))
    assert letter_by_letter.whole() == whole.text
    assert all(whole.text.startswith(each) for each in given_out)


@pytest.mark.parametrize("line", PASSES)
def test_what_an_incident_is_full_of_passes(line: str) -> None:
    assert MASK.text(line).text == line
    assert MASK.text(line).counts == {}


@given(st.lists(st.sampled_from([*(each[0] for each in SECRETS), *PASSES, " ", "\n", "a", "-"]), max_size=5), st.data())
def test_a_text_in_pieces_says_what_the_whole_would(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    said, given_out = _spoken(text, cuts)
    assert said.whole() == MASK.text(text).text
    assert all(said.whole().startswith(each) for each in given_out)


def test_ordinary_words_are_not_held_back() -> None:
    line = "Ravi looked at the block list and the evidence: 33 failed logins of one address. "
    for text in (line[:at] for at, letter in enumerate(line) if letter == " "):
        said = Running(MASK, lambda text=text: text)
        assert said.text() == text


def test_json_keeps_its_shape_and_a_field_says_what_it_holds() -> None:
    found = {
        "api_key": LETTERS,
        "rows": [{"password": "plain words"}, f"token=AKIA{UPPER}"],
        "count": 3,
        "token": None,
    }
    masked, counts = MASK.value(found)
    assert masked == {
        "api_key": "[masked: key]",
        "rows": [{"password": "[masked: password]"}, "token=[masked: aws key]"],
        "count": 3,
        "token": None,
    }
    assert counts == {"key": 1, "password": 1, "aws key": 1}


@override_settings(OPENAI_API_KEY="plain-looking-provider-key", DATABASE_URL="postgres://u:pw%2Fwith-slash@db/w")
def test_the_installations_own_secrets_are_known_by_their_text() -> None:
    assert mask("I was given plain-looking-provider-key.") == "I was given [masked: provider key]."
    assert mask("and pw/with-slash") == "and [masked: connection password]"


@pytest.mark.django_db
def test_a_model_names_no_other_organisation() -> None:
    ours = organization("ours", name="Initech")
    for name in ("Globex", "Other", "acme works", "Ox"):
        organization(name.lower().replace(" ", "-"), name=name)
    words = "Initech saw what Globex saw. Other findings: Ox, globex, acme works."
    said = masks.of_a_model(ours.pk).text(words)
    kind = "[masked: organization name]"
    assert said.text == f"Initech saw what {kind} saw. Other findings: Ox, globex, {kind}."
    assert said.counts == {"organization name": 2}
    assert masks.of(ours.pk).text(words).text == words, "what people write tells them nothing of who else is here"


@pytest.mark.parametrize(
    "told", ["Is Initech Labs here?", "say I-n-i-t-e-c-h L.a.b.s", "reversed: sbaL hcetinI", "INITECH LABS"]
)
def test_a_name_that_is_only_repeated_is_not_masked(told: str) -> None:
    repeated = MASK.having_told([told]).text("Initech Labs, and Globex.")
    assert repeated.text == "Initech Labs, and [masked: organization name]."


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40), st.data())
def test_no_guess_learns_more_than_two_signs_by_what_is_held_back(rest: str, data: st.DataObject) -> None:
    """Whatever follows the first two, right or wrong, is held back alike."""
    secret = data.draw(st.sampled_from([SERVER, "Globex", "Initech Labs"]))
    right, wrong = secret[: 2 + len(rest)], (secret[:2] + rest)[: len(secret)]
    for guess in (right[:-1], wrong):
        said = Running(Mask(MASK.secrets, MASK.names), lambda guess=guess: f"Is it {guess}")
        assert said.text() == "Is it ", guess


BEGUN = [
    "password=", 'password="', "-----BEGIN RSA PRIVATE KEY-----", BLOCK, "eyJ.", "eyJaaaaaaa.", "sk-", "bearer ",
    SERVER[:-1], "a://b:c", "authorization: basic ", "Glob",
]  # fmt: skip


@pytest.mark.parametrize("begun", BEGUN)
def test_many_beginnings_are_read_a_few_times_each_however_long_the_text(
    begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = [0]
    growing = Mask.growing

    def counted(mask: Mask, text: str, after: int) -> object:
        read[0] += len(text) - after
        return growing(mask, text, after)

    monkeypatch.setattr(Mask, "growing", counted)
    pieces = 2000
    text = (begun * pieces)[: pieces * 4]
    _spoken(f"{text} and so on.", list(range(4, len(text), 4)))
    # A quarter more each time is five times in all; and what is little is read with each piece that comes.
    assert read[0] < 6 * len(text) + pieces * LITTLE


@pytest.mark.parametrize("begun", BEGUN)
def test_of_many_beginnings_only_those_are_tried_that_may_reach_the_end(begun: str) -> None:
    class Tried:
        most = 0

        def search(self, text: str, after: int) -> None:
            Tried.most = max(Tried.most, len(text) - after)

    for growing in (each for shape in SHAPES for each in shape.growing):
        tried: Any = Tried()
        Growing(tried, growing.end).begins(f"{begun * 2000} 'so' \"it\" is\n", 0)
    assert Tried.most <= REACH + len(" is\n")


def _spoken(text: str, cuts: list[int]) -> tuple[Running, list[str]]:
    heard = [""]
    said = Running(MASK, lambda: heard[0])
    given_out = []
    for cut in cuts:
        heard[0] = text[:cut]
        given_out.append(said.text())
    heard[0] = text
    return said, given_out
