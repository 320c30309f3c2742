"""Keys in other languages than English, as the words that the same key has in English."""

from __future__ import annotations

import unicodedata

# A key, or the end of one: `告警级别` ends in `级别`. Without accents, in lower case.
GROUPS: dict[str, str] = {
    "title": "标题 標題 告警名称 告警标题 事件名称 规则名称 件名 제목 titulo titel titre titolo заголовок "
    "название",
    "severity": "级别 等级 严重程度 严重性 嚴重性 优先级 重大度 심각도 gravedad severidad gravidade gravite "
    "gravita schweregrad важность серьезность критичность schwere criticite criticidad",
    "time": "时间 時間 日期 日時 시간 fecha hora zeit zeitpunkt datum heure horodatage data_hora время дата",
    "host": "主机 主機 主机名 主机名称 服务器 设备 设备名称 ホスト ホスト名 호스트 equipo servidor rechner "
    "hote serveur хост сервер узел",
    "user": "用户 用户名 用戶 账号 账户 登录名 ユーザー ユーザー名 사용자 usuario benutzer benutzername "
    "utilisateur utente пользователь",
    "description": "描述 详情 説明 설명 descripcion descricao beschreibung описание",
    "message": "内容 消息 告警内容 メッセージ 메시지 mensaje mensagem nachricht meldung messaggio сообщение",
    "status": "状态 狀態 状態 estado etat stato статус 상태",
    "source": "源 来源 攻击源 送信元 origen origem quelle источник",
    "destination": "目的 目标 目標 宛先 destino ziel cible цель",
    "address": "地址 アドレス direccion endereco adresse indirizzo адрес",
    "domain": "域名 ドメイン dominio domaine домен",
    "file": "文件 文件名 文件路径 ファイル archivo arquivo datei fichier файл",
    "process": "进程 进程名 プロセス proceso processo prozess processus процесс",
    "hash": "哈希 文件哈希 ハッシュ хеш",
    "rule": "规则 規則 ルール regla regel regle правило",
    "name": "名称 名字 名前 nombre nome nom имя 이름",
}  # fmt: skip
WORDS = {word: english for english, words in GROUPS.items() for word in words.split()}
LONGEST_FIRST = sorted((word for word in WORDS if ord(word[0]) > 0x2E80), key=len, reverse=True)


def unaccented(text: str) -> str:
    """Latin letters without accents, wide ones as ordinary ones; marks of other scripts are part of their letters."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    kept = (c for before, c in zip(" " + parts, parts, strict=False) if not (before.isascii() and combines(c)))
    return unicodedata.normalize("NFC", "".join(kept))


def combines(char: str) -> bool:
    return unicodedata.category(char) == "Mn"


def english(word: str) -> str:
    """The word itself where nobody has translated it."""
    if known := WORDS.get(word):
        return known
    if word.isascii():
        return word
    return next((WORDS[each] for each in LONGEST_FIRST if word.endswith(each)), word)
