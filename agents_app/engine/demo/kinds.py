"""What sort of trouble an alert is about, by the words it uses."""

import re
from typing import Literal

Kind = Literal["phishing", "malware", "access", "availability", "network", "privilege", "generic"]

# Most matches win; of a tie the earlier kind. `\b` only in front: log-in, logins and login-failed are one word here.
WORDS: dict[Kind, str] = {
    "phishing": r"phish|e-?mail|spoof|impersonat",
    "malware": (
        r"malware|trojan|ransom|virus|worm|rootkit|beacon|c2\b|command.and.control|exploit|psexec|mimikatz|lsa\b|"
        r"shell|powershell|cryptomin|miner|payload|backdoor|botnet|recon|child.process|spawned"
    ),
    "access": (
        r"brute|password|passwd|log-?on|log-?in|sign-?in|authenticat|credential|sshd?\b|invalid.user|"
        r"non-?existent.user|mfa|spray|kerberos|rdp\b"
    ),
    "availability": (
        r"down\b|unreachable|disk|filesystem|no.space|full\b|inode|latency|slow|timeout|unavailable|outage|cpu|memory|"
        r"oom|crash|5xx|error.?rate|backlog|lag\b|certificate|expir|replica|restart|health|saturat|usage|fill"
    ),
    "network": (
        r"scan|sweep|ddos|flood|exfil|dns|tunnel|traffic|port\b|suspicious.connection|tor\b|firewall|ids\b|injection|"
        r"xss|traversal"
    ),
    "privilege": r"privilege|polic(?:y|ies)|permission|iam\b|role|escalat|admin|serviceaccount|sudo|root\b",
}
_PATTERNS = [(kind, re.compile(rf"\b(?:{words})", re.IGNORECASE)) for kind, words in WORDS.items()]


def kind_of(*texts: str) -> Kind:
    """The kind of the first text that speaks of any: a title before a body."""
    for text in texts:
        matches, kind = max(
            ((len(pattern.findall(text)), kind) for kind, pattern in _PATTERNS), key=lambda each: each[0]
        )
        if matches:
            return kind
    return "generic"
