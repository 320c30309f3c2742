"""What is an indicator in a text or a JSON value, and what only looks like one."""

import ipaddress
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app import indicators
from sessions_app.indicators import Found, defanging, text, versions


def found(line: str) -> list[str]:
    return [f"{each.kind}:{each.value}" for each in indicators.extract(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Nov 20 03:12:44 gate-1 sshd[811]: Failed password for invalid user oracle from 203.0.113.77 port 5112",
            ["ip:203.0.113.77", "user:oracle", "host:gate-1"],
        ),
        ("Accepted publickey for deploy from 2001:db8:0:0::5 port 22", ["ip:2001:db8::5", "user:deploy"]),
        ("peer ::ffff:203.0.113.9 and [2001:db8::7]:443", ["ip:203.0.113.9", "ip:2001:db8::7"]),
        ("pam_unix(sudo:session): session opened for user root(uid=0) by mara(uid=1001)", ["user:root", "user:mara"]),
        (
            "sudo:    mara : TTY=pts/2 ; USER=root ; COMMAND=/usr/bin/id",
            ["process:/usr/bin/id", "user:mara", "user:root"],
        ),
        ("type=USER_LOGIN acct=backup hostname=db-3 res=failed", ["user:backup", "host:db-3"]),
        ("<34>1 2026-11-20T03:00:00Z edge-2 su: it", ["host:edge-2"]),
        (
            "wget http://cdn.bad.example:8080/a/b.sh?x=1, then rest",
            ["url:http://cdn.bad.example:8080/a/b.sh?x=1", "domain:cdn.bad.example"],
        ),
        ("GET http://203.0.113.5/x", ["url:http://203.0.113.5/x", "ip:203.0.113.5"]),
        ("mail from Eve.Mallory@Evil-Mail.example arrived", ["email:eve.mallory@evil-mail.example"]),
        (
            "resolved update.shop.co.id and xn--bcher-kva.example",
            ["domain:update.shop.co.id", "domain:xn--bcher-kva.example"],
        ),
        ("talks to files.build.internal", ["host:files.build.internal"]),
        ("md5 0CC175B9C0F1B6A831C399E269772661 seen", ["hash:0cc175b9c0f1b6a831c399e269772661"]),
        (r"ran C:\Users\kim\Downloads\tool.exe now", [r"file:C:\Users\kim\Downloads\tool.exe"]),
        ("wrote /tmp/.hidden/run.sh and left", ["file:/tmp/.hidden/run.sh"]),
        ("resolved bücher.example.", ["domain:xn--bcher-kva.example"]),
        ("resolved пример.рф and 例子.中国", ["domain:xn--e1afmkfd.xn--p1ai", "domain:xn--fsqu00a.xn--fiqs8s"]),
        ("GET http://Bücher.Example/Pfad", ["url:http://xn--bcher-kva.example/Pfad", "domain:xn--bcher-kva.example"]),
        ("GET HTTPS://u:secret@Bad.Example:8443/A", ["url:https://u@bad.example:8443/A", "domain:bad.example"]),
        ("postgres://app:secret@db.bad.example/x", ["url:postgres://app@db.bad.example/x", "domain:db.bad.example"]),
        ("fe80::1%eth0 and ::ffff:cb00:7109", ["ip:fe80::1", "ip:203.0.113.9"]),
        (r"Image: C:\Tools\nc.exe", [r"process:C:\Tools\nc.exe"]),
        ("user=kim@corp.example", ["email:kim@corp.example"]),
    ],
)
def test_a_line_names_its_indicators(line: str, expected: list[str]) -> None:
    assert found(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hxxps://drop[.]bad[.]example/p", ["domain:drop.bad.example", "url:https://drop.bad.example/p"]),
        ("c2 at 203[.]0[.]113[.]8 today", ["ip:203.0.113.8"]),
        ("payload[.]zip was served", ["domain:payload.zip"]),
        ("evil(dot)example", ["domain:evil.example"]),
        ("spam[at]bad[.]example", ["email:spam@bad.example"]),
        ("h**p://bad.example/1", ["url:http://bad.example/1", "domain:bad.example"]),
        ("hxxps[:]//drop[.]bad[.]example[/]p", ["url:https://drop.bad.example/p", "domain:drop.bad.example"]),
        ("http[://]bad[dot]example/1", ["url:http://bad.example/1"]),
        ("fxps://bad{.}example/1", ["url:ftps://bad.example/1"]),
        ("c2: evil (dot) bad [.] example", ["domain:evil.bad.example"]),
        ("write to spam {at} bad {dot} example", ["email:spam@bad.example"]),
        ("spam(@)bad(.)example", ["email:spam@bad.example"]),
        ("2001[:]db8[:]0[:]0[:]0[:]0[:]0[:]5", ["ip:2001:db8::5"]),
        ("203{.}0{.}113{.}8", ["ip:203.0.113.8"]),
    ],
)
def test_what_was_defanged_is_found(line: str, expected: list[str]) -> None:
    assert set(expected) <= set(found(line))


@pytest.mark.parametrize(
    "line",
    [
        "started cmd.exe and sshd.service, wrote auth.log, loaded libc.so.6",
        "kernel 5.15.0.91 build 10.0.26100.2454 version 1.2.3.4",
        "agent Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
        "at 03:12:44 and 2026-11-20T03:12:44.123456",
        "mac 00:1a:2b:3c:4d:5e eui 00:11:22:33:44:55:66:77",
        "std::string a::b ::",
        "oid 1.3.6.1.4.1.311 netmask 255.255.255.0 any 0.0.0.0",
        "user_agent.name=x container.id=9f8e rule.level: 5",
        "it failed.No such file, see utils.py and main.rs or README.md",
        "id 123e4567-e89b-12d3-a456-426614174000 and 11111111111111111111111111111111",
        "exit code 999.999.999.999",
        "user unknown; user: none; invalid user  from",
        "IMPHASH=94F3EFC2DF40ECD7229B904540DD83CF",
        "xmlns http://",
        "see report.doc, archive.zip, invoice.pdf, main.rs, a.out, jquery.min.js, style.css and setup.exe",
        "self.app, request.host, obj.world and com.example.app, org.acme.tools.Main",
        "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 spanId: 9fceb02d0ae598e95dc970b74767f19372d61af8",
        'commit 9fceb02d0ae598e95dc970b74767f19372d61af8, etag "0cc175b9c0f1b6a831c399e269772661"',
        "mac 00-1A-2B-3C-4D-5E, aabb.ccdd.eeff; 12:34:56:789 and 00:00:00:00:00:00:00:01",
        "nginx 1.2.3.4-beta; 1.打开 2.第一步 说明.文档",
        "clone git@code.example:team/project.git",
        "ssdeep 3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C",
    ],
)
def test_what_only_looks_like_one_is_not(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "2025-06-24 06:25:01 status installed libfoo:amd64 2.31.0.7-1",
        "2025-06-24 06:25:01 configure libfoo:amd64 1.2.5.1 <none>",
        "2025-06-24 06:25:01 upgrade tzfoo:all 1.2.5.1 1.2.5.2",
        "2025-06-24 06:25:01 startup archives unpack",
        "Setting up libfoo (1.2.5.1) ...",
        "Unpacking libfoo (1.2.5.1-2) over (1.2.5.0-1) ...",
        "Upgrade: libfoo:amd64 (1.2.5.1, 1.2.5.2), libbar:arm64 (2.0.0.1, automatic)",
        "libfoo-1.2.5.1-1.el9.x86_64 and libbar 1.1.1.1-3+deb12u1 and libbaz 2.31.0.7-1",
        "Successfully installed foo-1.2.3.4 bar-2.0.1.1",
        "Collecting foo==1.2.3.4",
        "[ALPM] upgraded foo (1.2.3.4-1 -> 1.2.3.5-1)",
        "firmware changed from 7.4.2.1 to 7.4.2.3; app_version=1.2.3.4",
        "2025-06-24 06:25:01,123 INFO app.server: started",
        "2025-06-24T06:25:01Z WARN main: slow",
    ],
)
def test_a_version_is_no_address_and_what_was_done_to_it_no_machine(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Jun 24 06:25:01 fw-1 kernel: 203.0.113.9 refused", ["ip:203.0.113.9", "host:fw-1"]),
        ("Jun 24 06:25:01 web-1 dpkg[12]: cannot fetch from 203.0.113.9", ["ip:203.0.113.9", "host:web-1"]),
        ("2025-06-24 06:25:01 ERROR main: 203.0.113.9 refused", ["ip:203.0.113.9"]),
        ("scan of 203.0.113.1-203.0.113.9", ["ip:203.0.113.1", "ip:203.0.113.9"]),
        ("scan of 203.0.113.5-20, peer 203.0.113.8-51234", ["ip:203.0.113.5", "ip:203.0.113.8"]),
        ("Installed agent on host 203.0.113.9", ["ip:203.0.113.9"]),
        ("Removing 203.0.113.9 from the list", ["ip:203.0.113.9"]),
        ("connection upgraded from 203.0.113.9", ["ip:203.0.113.9"]),
        ("DNS record updated from 203.0.113.4 to 203.0.113.9", ["ip:203.0.113.4", "ip:203.0.113.9"]),
        ("release from 203.0.113.9; build on 203.0.113.8", ["ip:203.0.113.9", "ip:203.0.113.8"]),
        ("ip.src==203.0.113.9 && tcp", ["ip:203.0.113.9"]),
        ("apt: Could not connect to mirror (203.0.113.7)", ["ip:203.0.113.7"]),
        ("installed libfoo 1.2.5.1 on host 203.0.113.9", ["ip:203.0.113.9"]),
    ],
)
def test_an_address_stays_one_whatever_the_line_is_about(line: str, expected: list[str]) -> None:
    assert found(line) == expected


def test_keys_say_what_their_values_are() -> None:
    event = {
        "srcip": "203.0.113.4",
        "DestinationIp": "10.1.2.3",
        "source": {"address": "203.0.113.5"},
        "TargetUserName": "svc-backup",
        "process": {"executable": "/usr/bin/nc", "hash": {"sha256": "A" * 63 + "1"}},
        "dns": {"question": {"name": "weird-tld.zip"}},
        "computerName": "WS-9",
        "instance": "db-1:9100",
        "requester": {"email": "kim@corp.example"},
        "fields": [{"title": "remote_ip", "value": "203.0.113.6"}],
        "tags": ["host:edge-4", "env:prod"],
    }
    assert {f"{each.kind}:{each.value}" for each in indicators.from_json(event)} == {
        "ip:203.0.113.4", "ip:10.1.2.3", "ip:203.0.113.5", "ip:203.0.113.6", "user:svc-backup", "process:/usr/bin/nc",
        "hash:" + "a" * 63 + "1", "domain:weird-tld.zip", "host:WS-9", "host:db-1", "host:edge-4",
        "email:kim@corp.example",
    }  # fmt: skip


def test_ids_versions_and_links_of_our_own_monitoring_are_no_indicators() -> None:
    event = {
        "id": "0cc175b9c0f1b6a831c399e269772661",
        "fileVersion": "10.1.2.3",
        "generatorURL": "http://prometheus.example/graph",
        "references": ["https://attack.example/T1110"],
        "user": "-",
        "srcip": "0.0.0.0",
    }
    assert indicators.from_json(event) == []


def test_hostile_documents_are_read_in_bounds() -> None:
    """Long keys on a deep path over many values: names stay short, and reading stops after so many values."""
    inner: object = ["203.0.113.1"] * 100_000
    for _ in range(40):
        inner = {"k" * 5000: inner}
    read = indicators.leaves(inner)
    assert len(read) == 20_000
    assert max(len(leaf.name) for leaf in read) <= 8 * 41


@pytest.mark.parametrize(
    ("value", "own"),
    [
        ("10.9.8.7", True), ("172.31.0.1", True), ("172.32.0.1", False), ("192.168.1.1", True), ("127.0.0.1", True),
        ("169.254.169.254", True), ("fe80::1", True), ("fd12::1", True), ("::1", True), ("2001:db8::1", False),
        ("203.0.113.7", False), ("198.51.100.9", True), ("198.51.100.17", False), ("::ffff:10.0.0.1", True),
        ("64:ff9b::a00:1", True), ("http://10.0.0.1/x", True), ("http://2130706433/", True), ("0x7f.1", True),
        ("http://[::1]:80/", True), ("10.0.0.0/8", True), ("0.0.0.0/0", True), ("localhost", True),
        ("db.corp.example", True),
        ("corp.example", True), ("notcorp.example", False), ("ops@corp.example", True), ("build.internal", True),
        ("bad.example", False), ("bad.example:443", False), ("", False), ("10[.]0[.]0[.]1", True),
    ],
)  # fmt: skip
def test_own_networks_are_told_from_the_world(value: str, own: bool) -> None:
    assert indicators.is_own(value, ["198.51.100.0/28", "*.corp.example"]) is own


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("203.0.113.1", "ip"), ("2001:db8::1", "ip"), ("203[.]0[.]113[.]1", "ip"), ("bad.example", "domain"),
        ("https://bad.example/x", "url"), ("a@bad.example", "email"), ("0cc175b9c0f1b6a831c399e269772661", "hash"),
        ("/tmp/x", "file"), ("db.internal", "host"), ("root", None), ("1.2.3.4.5", None), ("", None),
        ("10.0.0.0/8", None),
    ],
)  # fmt: skip
def test_a_single_value_tells_its_kind(value: str, kind: str | None) -> None:
    assert indicators.kind_of(value) == kind


@given(st.ip_addresses(), st.sampled_from(["from {} port 22", "ip={}", "[{}]", "({})", "{},", "at {}."]))
def test_every_real_address_is_found(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, around: str) -> None:
    line = around.format(ip)
    plain = indicators.address(str(ip))
    named = not str(plain).startswith(("0.", "255.")) and any(c.isdigit() for c in str(ip)) and str(ip) != "::"
    if plain is not None and named and text.worth_naming(str(plain)):
        assert Found("ip", str(plain)) in indicators.extract(line)


@given(st.text())
def test_any_text_is_read_and_what_is_found_fits_its_kind(anything: str) -> None:
    for each in indicators.extract(anything):
        assert 0 < len(each.value) <= 500
        assert indicators.fits(each)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=40),
        lambda s: st.lists(s) | st.dictionaries(st.text(max_size=12), s),
    )
)
def test_any_json_is_read(value: object) -> None:
    for each in indicators.from_json(value):
        assert 0 < len(each.value) <= 500


def patterns() -> list[re.Pattern[str]]:
    single = [
        each for module in (text, versions, defanging) for each in vars(module).values() if isinstance(each, re.Pattern)
    ]
    return [*single, *(pattern for _, pattern in (*text.USERS, *text.HOSTS, *text.PROCESSES))]


def test_patterns_repeat_in_bounds_only() -> None:
    """Linear by construction: no pattern repeats without a bound, so one start costs at most a constant."""
    for pattern in patterns():
        bare = re.sub(r"\\.|\[[^\]]*\]", "x", pattern.pattern)
        assert not re.search(r"[*+](?!\?)", bare.replace("(?", "")), pattern.pattern


@pytest.mark.parametrize(
    "piece",
    [
        "a.",
        "1.",
        "a@",
        ":",
        "a:",
        "[.]",
        "http://",
        "/tmp/",
        "user ",
        "C:\\a\\",
        "a-",
        "for user ",
        "0" * 65,
        " ",
        "1.1.1.1 ",
    ],
)
def test_a_megabyte_of_hostile_text_is_read(piece: str) -> None:
    assert len(indicators.extract(piece * (1024 * 1024 // len(piece)))) < 20_000


@given(st.text(alphabet=string.printable))
def test_refanging_twice_changes_nothing_more_than_once_for_plain_text(anything: str) -> None:
    if not re.search(r"[\[({*]|hxx", anything, re.IGNORECASE):
        assert indicators.refang(anything) == anything
