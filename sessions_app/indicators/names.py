"""Which dotted words are domain names, and which are file names, versions or the keys of somebody's JSON."""

from __future__ import annotations

import re

from sessions_app.indicators.found import listed

COUNTRIES = listed(
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cd "
    "cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd "
    "ge gf gg gh gi gl gm gn gp gq gr gt gu gw gy hk hm hn hr ht hu ie il im in io iq ir is it je jm jo jp ke kg kh "
    "ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw "
    "mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pm pn pr pt pw qa re ro ru rw sa sb sc sd se "
    "sg si sk sl sm sn sr ss st su sv sx sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc "
    "ve vg vi vn vu wf ws ye yt za zm zw"
)
# Generic domains that people and attackers really use, and the reserved ones that tests and documents use.
GENERIC = listed(
    "com net org edu gov mil int info biz aero arpa asia cat coop jobs mobi museum post pro tel travel xxx app art "
    "agency bar best bid blog bond boutique buzz cam cards careers cash casino center cfd chat cheap city click "
    "clinic cloud club codes coffee community company computer consulting cool credit cyou dance date deals dental "
    "dev digital direct directory download earth email energy engineer enterprises events exchange expert express "
    "fail farm finance fit fund fun fyi gallery games gift gives global gold goog google group guide guru help "
    "holdings homes host hosting house icu ink institute international investments kim kitchen land legal life "
    "limited link live loan loans lol ltd market marketing mba media men moe mom money monster network news ninja "
    "one onion online ooo page partners parts party photos pics pink plus press productions promo pub quest racing "
    "red ren rent repair report rest review reviews rip rocks sale sbs school science services shop shopping show "
    "site skin soft software solutions space store stream studio support surf systems tax team tech technology tips "
    "today tokyo tools top town toys trade training tube university uno vip wang watch web webcam website wiki win "
    "wine work works world wtf xin xyz yoga zone example test invalid"
)
# Endings that in a log are file extensions, keys or the start of a sentence far more often than domains: they
# count only after a registry's second level (bank.co.id). In a URL, under a key or defanged they need no such proof.
UNLIKELY = listed("ai am as at be by cat cd do id in is it me my no pl post ps py rs sh so st to us web")
REGISTRY_LEVELS = listed("ac biz co com edu go gov mil my ne net or org sch web")
INTERNAL = frozenset(["local", "internal", "intranet", "lan", "corp", "localdomain", "arpa"])
# The written forms of top levels that are not Latin; any other last word in such a script is prose.
WORLD = listed(
    "рф рус укр бг бел срб мкд мон қаз онлайн сайт дети орг ком москва 中国 中國 公司 网络 網絡 网址 在线 中文网 香港 "
    "台湾 台灣 新加坡 商城 商店 集团 我爱你 移动 手机 公益 政务 商标 游戏 娱乐 企业 信息 广东 佛山 "
    "网站 한국 닷컴 닷넷 삼성 みんな コム "
    "ไทย คอม भारत संगठन السعودية امارات ایران قطر مصر تونس المغرب الجزائر سورية شبكة موقع بازار ישראל ελ ευ հայ გე ලංකා"
)
# First words of somebody's program: `self.app`, `request.host`; and packages, whose names are domains backwards.
PROGRAMS = listed("self this cls super request req response res obj args kwargs ctx window document console process")
BACKWARDS = listed("com org net io edu")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)


def is_hostname(text: str) -> bool:
    """Two or more labels and a last one that is a word: what a key such as `domain` may rightly hold."""
    labels = text.lower().rstrip(".").split(".")
    last = labels[-1]
    return (
        1 < len(labels) <= 20
        and len(text) <= 253
        and all(LABEL.fullmatch(label) for label in labels)
        and (last.isalpha() or last.startswith("xn--"))
        and len(last) > 1
    )


def ascii_name(host: str) -> str:
    """A name as the network has it: `bücher.example` is xn--bcher-kva.example. What can't be so written stays."""
    if host.isascii():
        return host
    try:
        return host.lower().rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return host


def is_world_domain(text: str) -> bool:
    """The same question for a dotted word in any script."""
    last = text.rpartition(".")[2].lower()
    plain = ascii_name(text)
    return plain.isascii() and is_hostname(plain) and (last in WORLD or (last.isascii() and is_domain(plain)))


def is_domain(text: str) -> bool:
    """Whether a dotted word met in running text is a domain name."""
    if not is_hostname(text):
        return False
    name, _, last = text.rpartition(".")
    first = name.partition(".")[0].lower()
    if first in PROGRAMS or (first in BACKWARDS and "." in name):
        return False
    if last != last.lower() and text != text.upper():
        return False  # the start of the next sentence, or a class name
    last = last.lower()
    if last in UNLIKELY:
        return "." in name and name.lower().rpartition(".")[2] in REGISTRY_LEVELS
    return last in COUNTRIES or last in GENERIC or last.startswith("xn--")


def is_internal(text: str) -> bool:
    """Whether a dotted word is the name of a machine inside somebody's own network."""
    return is_hostname(text) and text.lower().rpartition(".")[2] in INTERNAL
