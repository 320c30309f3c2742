"""Who speaks, as a face: the same rule as static/js/models/faces.js."""

ROLES = ("captain", "manager", "operator", "executor", "expert")


def face_of(sender_type: str, name: str) -> str:
    if sender_type in ("user", "person"):
        return "person"
    if sender_type == "system":
        return "system"
    return next((role for role in ROLES if role in name.lower()), "agent")


def initials(name: str) -> str:
    words = name.split()
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else list((words or ["?"])[0][:2])
    return "".join(letters).upper()
