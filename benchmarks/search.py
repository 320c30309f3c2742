"""Search among 100,000 messages, English and Chinese, on SQLite and PostgreSQL: what a whole search takes the service.

make bench        or        python -m benchmarks.search
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.rig import table
from benchmarks.rig.bounds import give_up_after
from tests.services import postgresql
from tests.services.server import PROJECT, environment

MESSAGES = int(os.environ.get("SEARCH_MESSAGES", "100000"))
ROUNDS = int(os.environ.get("SEARCH_ROUNDS", "5"))
ROOMS = 400
BATCH = 2000
LONGEST_SECONDS = 900
MOST_MS = 100.0
# What is looked for, and how often it stands among the messages.
ASKED = {
    "a word said once": "needle-4711",
    "part of a word said once": "edle-47",
    "a word in many messages": "firewall",
    "two words, each in many": "firewall beacon",
    "a phrase said once": "found in haystack seven",
    "a word nobody said": "unheard-of",
    "two letters, nobody's": "qz",
    "two letters, everybody's": "er",
    "Chinese, said once": "海底捞针",
    "Chinese, two signs, said once": "海底",
    "Chinese, two signs, in many": "恶意",
    "Chinese, four signs, in many": "恶意软件",
    "Chinese, one sign, in many": "件",
    "Chinese and English": "恶意软件 7",
    "one of another organisation's": "theirs-only",
}
ENGLISH = (
    "the a of to server login failed from address user root disk full queue worker timeout retry database connection "
    "pool restart kernel memory alert firewall blocked packet certificate expired backup volume mount cluster node "
    "region latency error warning service healthy cache token session incident captain operator evidence hash domain "
    "malware beacon lateral movement credential privilege escalation phishing attachment macro"
)
CHINESE = (
    "我们 发现 服务器 异常 登录 失败 地址 用户 磁盘 已满 数据库 连接 超时 重试 防火墙 拦截 证书 过期 备份 集群 节点 "
    "延迟 错误 警告 恶意软件 横向 移动 凭证 提权 钓鱼 邮件 附件 调查 确认 隔离 主机 恢复 正在 需要 已经 检查 日志 分析 "
    "结果 可能 影响 范围 建议 立即 处理"
)
WORDS = (CHINESE.split(), ENGLISH.split())


def said(number: int) -> str:
    chosen = random.Random(number)
    if number == MESSAGES // 7:
        return "The needle-4711 was found in haystack seven 大海里海底捞针"
    words = chosen.choices(WORDS[number % 2], k=chosen.randint(10, 60))
    return f"{' '.join(words)} {number}" if number % 2 else f"{''.join(words)}，{number}。"


# --- In a process of its own, one for each database -------------------------------------------------------------------
def measure() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    asker = _fill()
    filled = time.perf_counter() - started
    _analyze()
    print(json.dumps({"fill_s": filled, "searches": {name: _timed(q, asker) for name, q in ASKED.items()}}))


def _fill() -> Any:
    """Four hundred rooms of one organisation, as many of another, and an asker who sees the first."""
    from sessions_app import actors
    from sessions_app.models import ChatSession, Membership, Message, Organization, User

    homes = [Organization.objects.create(name=name, slug=name) for name in ("ours", "theirs")]
    rooms = [
        ChatSession.objects.bulk_create(ChatSession(organization=home, status="active") for _ in range(ROOMS))
        for home in homes
    ]
    for first in range(0, MESSAGES, BATCH):
        Message.objects.bulk_create(_message(number, rooms) for number in range(first, min(first + BATCH, MESSAGES)))
    asker = User.objects.create(username="asker")
    Membership.objects.create(organization=homes[0], user=asker, role="observer")
    return actors.person(asker)


def _message(number: int, rooms: list[list[Any]]) -> Any:
    """One of ten is another organisation's."""
    from sessions_app.models import Message

    theirs = number % 10 == 9
    room, seq = rooms[theirs][number % ROOMS], number // ROOMS + 1
    content = said(number) + (" theirs-only" if theirs else "")
    return Message(session=room, seq=seq, sender_type="user", sender_name="Casey", content=content, html=content)


def _analyze() -> None:
    """What PostgreSQL does by itself before long."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")


def _timed(q: str, asker: Any) -> dict[str, Any]:
    from sessions_app.services import search

    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        hits = search.find(q, by=asker)
        took.append((time.perf_counter() - started) * 1000)
    return {"ms": took, "hits": len(hits)}


# --- Both databases ---------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def databases(home: Path) -> Iterator[dict[str, str]]:
    """Each by its address; an empty one is SQLite in a folder of its own."""
    with contextlib.ExitStack() as started:
        found = {"SQLite": ""}
        try:
            found["PostgreSQL"] = started.enter_context(postgresql.cluster()).url()
        except postgresql.Missing as missing:
            print(f"PostgreSQL is not measured: {missing}", file=sys.stderr)
        yield found


def measured(home: Path, address: str) -> dict[str, Any]:
    chosen = environment(home, DATABASE_URL=address, DJANGO_SETTINGS_MODULE="chatsite.settings")
    command = [sys.executable, "-m", "benchmarks.search", "measure"]
    with subprocess.Popen(command, cwd=PROJECT, env=chosen, stdout=subprocess.PIPE, text=True) as process:
        try:
            printed, _ = process.communicate()
        finally:
            process.kill()
    if process.returncode:
        raise SystemExit("the measurement failed")
    figures: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return figures


def report(all_measured: dict[str, dict[str, Any]]) -> None:
    print(f"\nA search among {MESSAGES} messages, ms; medians of {ROUNDS}, the quickest in brackets\n")
    rows = [
        [f"{name} ({q})", *(_cell(each["searches"][name]) for each in all_measured.values())]
        for name, q in ASKED.items()
    ]
    fill = ["filling, us a message", *(f"{each['fill_s'] * 1e6 / MESSAGES:.0f}" for each in all_measured.values())]
    table.show(["", *all_measured], [*rows, fill])
    lines = [line for database, each in all_measured.items() for line in _lines(database, each["searches"])]
    figures = {"messages": MESSAGES, "rounds": ROUNDS, "all": all_measured}
    table.summarize("search", f"The slowest searches among {MESSAGES} messages", lines, figures)


def _lines(database: str, searches: dict[str, Any]) -> list[table.Line]:
    """One for all that are in time, and one for each that is not."""
    taken = {name: median(found["ms"]) for name, found in searches.items()}
    inside = [ms for ms in taken.values() if ms <= MOST_MS]
    good = f"search, {database}: {len(inside)} of {len(taken)} kinds, the slowest of them"
    return [
        *([table.at_most(good, max(inside), MOST_MS, " ms")] if inside else []),
        *(
            table.at_most(f"search, {database}: {name}", ms, MOST_MS, " ms")
            for name, ms in taken.items()
            if ms > MOST_MS
        ),
    ]


def _cell(found: dict[str, Any]) -> str:
    middle = median(found["ms"])
    missed = "" if middle < MOST_MS else "  MISSED"
    return f"{middle:.1f} ({min(found['ms']):.1f}), {found['hits']} found{missed}"


def main() -> None:
    give_up_after(LONGEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="search-") as folder, databases(Path(folder)) as found:
        report({name: measured(Path(folder) / name, address) for name, address in found.items()})


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["measure"] else main()
