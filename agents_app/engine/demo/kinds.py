"""What sort of trouble an alert is about, by the words it uses."""

import re
from typing import Literal

Kind = Literal[
    "phishing", "malware", "access", "leak", "availability", "network", "privilege", "contact", "generic"
]  # fmt: skip

# Most matches win; of a tie the earlier kind. `\b` only in front: log-in, logins and login-failed are one word here.
WORDS: dict[Kind, str] = {
    "phishing": r"phish|e-?mail|spoof|impersonat",
    "malware": (
        r"malware|trojan|ransom|virus|worm|rootkit|beacon|c2\b|command.and.control|exploit|psexec|mimikatz|lsa\b|"
        r"shell|powershell|cryptomin|miner|payload|backdoor|botnet|recon|child.process|spawned|infect|spyware|stealer|"
        r"implant|dropper|cobalt|quarantin|hostile.code"
    ),
    "access": (
        r"brute|password|passwd|log-?on|log-?in|sign-?in|authenticat|credential|sshd?\b|invalid.user|"
        r"non-?existent.user|mfa|2fa|spray|kerberos|rdp\b|lock(?:ed)?.?out|impossible.travel|unauthori[sz]ed|access.denied|"
        r"session.hijack"
    ),
    "leak": r"exfil|leak|exposed|data.loss|dlp\b|secret|api.?key|access.?key|public.bucket|made.public",
    "availability": (
        r"down\b|unreachable|disk|filesystem|no.space|full\b|inode|latency|slow|timeout|unavailable|outage|cpu|memory|"
        r"oom|crash|5xx|error.?rate|backlog|lag\b|certificate|expir|replica|restart|health|unhealthy|saturat|usage|fill|"
        r"exhaust|refused|too.many.connections|degraded|not.respond|no.response|failover|heartbeat|throttl|quota"
    ),
    "network": (
        r"scan|sweep|ddos|flood|dns|tunnel|traffic|port\b|connection|outbound|inbound|egress|rare.domain|tor\b|proxy|"
        r"firewall|ids\b|ips\b|intrusion|injection|xss|traversal|upload|download|transfer|reputation|threat.intel|"
        r"malicious|web.attack"
    ),
    "privilege": r"privilege|polic(?:y|ies)|permission|iam\b|role|escalat|admin|serviceaccount|sudo|root\b|elevat|"
    r"added.to.(?:the.)?group|group.member",
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
