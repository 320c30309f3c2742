"""Finding indicators in JSON, where a key says what its value is: `srcip`, `TargetUserName`, "
"`process.hash.sha256`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sessions_app.indicators.addresses import address
from sessions_app.indicators.defanging import refang
from sessions_app.indicators.found import LONGEST, Found, Kind, listed, unique
from sessions_app.indicators.leaves import Leaf, leaves
from sessions_app.indicators.names import ascii_name, is_hostname, is_internal
from sessions_app.indicators.text import EMAIL, NOT_NAMES, emails, extract, is_hash, worth_naming

# The last words of a key's path, and what its value then is; the longest ending that is listed decides.
OTHER_END = ("dest", "destination", "dst", "remote", "peer", "query", "callback")
ENDINGS: dict[str, Kind | None] = {
    "object_server": None,  # of a Windows event: a part of the system, no machine
    **dict.fromkeys(
        listed("ip ips ipv4 ipv6 ip_address ip_addresses ipaddress ip_addr ipaddr addr address srcip dstip sip dip"),
        "ip",
    ),
    **dict.fromkeys(listed("md5 sha1 sha_1 sha256 sha_256 hash hashes sha file_hash"), "hash"),
    **dict.fromkeys(listed("domain domains domain_name fqdn dns_query question_name query_name rrname sni"), "domain"),
    # Of a web request the site it went to.
    "http_hostname": "domain",
    "http_host": "domain",
    **{f"{end}_{name}": "domain" for end in OTHER_END for name in ("host", "hostname", "host_name", "domain")},
    **dict.fromkeys(listed("email mail email_address mail_address sender recipient"), "email"),
    **dict.fromkeys(
        listed(
            "user username user_name srcuser dstuser ruser login logname acct account_name principal principal_name "
            "actor actor_name alternate_id assignee identity"
        ),
        "user",
    ),
    **dict.fromkeys(
        listed(
            "host hosts hostname host_name computer_dns_name computer computername computer_name machine "
            "machine_name agent_name device "
            "device_name devicename node node_name workstation workstation_name server server_name "
            "endpoint endpoint_name instance involved_object_name pod_name container_name dvc devname"
        ),
        "host",
    ),
    **dict.fromkeys(
        listed("process process_name proc_name proc_exe proc_pname image exe executable comm parent_process_name"),
        "process",
    ),
    **dict.fromkeys(listed("path file_path filepath file_name filename file target_filename fd_name"), "file"),
}
# Ids, versions, and the addresses of those who watch: nothing anybody would hunt for.
SKIPPED = listed(
    "id uuid guid arn oid version specversion schema_version firmware build revision commit etag fingerprint "
    "results_link rule_url web_url permalink receiver schema xmlns generator_url "
    "ref external_url silence_url dashboard_url panel_url "
    "image_url html_url reference references "
    "documentation dataschema gdpr hipaa dss gpg13 tsc class logger logger_name module package namespace ns"
)
# A `url` is what happened; a `..._url` is a link to somebody's console, but for these.
LINK = re.compile(r"_(?:url|urls|uri)$|(?:^|_)(?:link|links|href)$")
NO_LINK = re.compile(
    r"(?:request|requested|source|src|dest|destination|dst|target|malicious|phishing|suspicious|blocked|bad|threat|file|"
    r"download|original|referrer|referer|full|payload|landing|clicked|remote|http|visited|c2|callback)_(?:url|urls|uri)$"
)
CONSOLES = re.compile(r"(?:^|_)(?:sender|repository|installation|enterprise|monitor)_(?:\w+_)?(?:url|html|href)$")
SKIPPED_WITHIN = re.compile(r"(?:^|_)(?:mitre|nist|gdpr|hipaa)(?:_|$)")
# Names whose last word promises what their value is not: who is told, a commit, what was asked of a web server.
NOT_HUNTED = re.compile(
    r"(?:^|_)(?:contacts?|event_source|repository_owner|upn_suffix|upn_domain)(?:_|$)|"
    r"(?:^|_)(?:(?:commit|head|base|merge|git|tree|blob)_(?:sha|hash|oid)|"
    r"(?:request|url|uri|http|api|resource|object)_path|response_elements_console_login|ja3s?_hash|"
    r"container_image(?:_\w+)?|image_(?:name|tag|id|repository)|artifact_name)$"
)
LONGEST_ENDING = 3
LOGON_NAMES = frozenset({"-", "?", "n/a", "null", "none", "unknown", "<na>"})


def from_json(value: Any) -> list[Found]:
    """Every indicator in a JSON value: by its keys where they say so, else as text."""
    found = unique([each for leaf in leaves(value) for each in from_leaf(leaf) if len(each.value) <= LONGEST])
    # What a key calls a machine is one, also where a text names it as people name a site.
    machines = {each.value.lower() for each in found if each.kind == "host"}
    return [each for each in found if each.kind != "domain" or each.value not in machines]


def from_leaf(leaf: Leaf) -> Iterator[Found]:
    if not isinstance(leaf.value, str) or not leaf.value.strip():
        return
    if NOT_HUNTED.search(leaf.name):
        return
    text = leaf.value.strip()
    kind = hinted(leaf.name)
    if kind and text.lower() not in LOGON_NAMES and (found := as_kind(kind, text)):
        yield found
    # A bare word under a key we know nothing about is no name of anybody.
    elif kind or not skipped(leaf.name):
        yield from extract(text)


@lru_cache(maxsize=4096)
def hinted(name: str) -> Kind | None:
    return next((ENDINGS[ending] for ending in endings(name) if ending in ENDINGS), None)


@lru_cache(maxsize=4096)
def skipped(name: str) -> bool:
    link = LINK.search(name) is not None and NO_LINK.search(name) is None
    within = SKIPPED_WITHIN.search(name) or CONSOLES.search(name)
    return link or within is not None or not SKIPPED.isdisjoint(endings(name))


def endings(name: str) -> list[str]:
    words = name.split("_")[-LONGEST_ENDING:]
    return ["_".join(words[start:]) for start in range(len(words))]


def as_kind(kind: Kind, text: str) -> Found | None:
    """The value as what its key promises, or nothing when it is something else."""
    plain = refang(text)
    if ip := address(plain):
        named = kind in ("ip", "host", "domain") and worth_naming(str(ip))
        return Found("ip", str(ip)) if named else None
    match kind:
        case "hash":
            return Found("hash", plain.lower()) if is_hash(plain) and plain.isalnum() else None
        case "domain":
            name = ascii_name(plain).lower().rstrip(".")
            return Found("domain", name) if is_hostname(name) and not is_internal(name) else None
        case "email" | "user" if (match_ := EMAIL.fullmatch(plain)) and (found := emails(match_)):
            return found[0]
        case "user" | "host":
            return as_name(kind, plain)
        case "process" | "file":
            # `10.0.0.1:4000->203.0.113.9:443` is what a file descriptor of a connection is called.
            odd = any(mark in text for mark in ("\n", "://", "->"))
            return Found(kind, text) if len(text) <= 200 and not odd else None
    return None


def as_name(kind: Kind, text: str) -> Found | None:
    """A user or a machine: one word, perhaps with a domain before it or a port after it."""
    host, _, port = text.rpartition(":")
    if kind == "host" and port.isdigit() and host:
        text = host
        if ip := address(text):
            return Found("ip", str(ip))
    single = len(text) <= 128 and not any(c.isspace() for c in text) and "/" not in text and not text.isdigit()
    return Found(kind, text) if single and text.lower() not in NOT_NAMES else None
