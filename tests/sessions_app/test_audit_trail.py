"""The audit trail only grows, and every entry holds the one before it."""

from itertools import pairwise
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from sessions_app import actors, permissions
from sessions_app.actors import SYSTEM
from sessions_app.models import AuditEntry, AuditHead, Organization
from sessions_app.models.audit import AppendOnly
from sessions_app.services import audit
from tests import factories


def tell(org: Organization, action: str = "test.told", **detail: object) -> AuditEntry:
    with transaction.atomic():
        return audit.append(organization_id=org.pk, actor=SYSTEM, action=action, thing=org, detail=detail)


@pytest.mark.django_db
def test_every_entry_holds_the_hash_of_the_one_before_it() -> None:
    org = factories.organization()
    first, second = tell(org, note="één", n=1), tell(org, note="two")
    assert (first.seq, second.seq) == (1, 2)
    assert first.previous == "0" * 64
    assert second.previous == first.hash
    head = AuditHead.objects.get(organization=org)
    assert (head.count, head.hash) == (2, second.hash)


@pytest.mark.django_db
def test_an_entry_read_back_from_the_database_still_has_its_hash() -> None:
    entry = tell(factories.organization(), nested={"b": [1, 2.5, None, True], "a": "…"})
    assert audit.chained(AuditEntry.objects.get(pk=entry.pk)) == entry.hash


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["seq", "actor_id", "actor_name", "action", "object_id", "detail", "previous"])
def test_a_change_to_any_field_changes_the_hash(field: str) -> None:
    entry = tell(factories.organization(), note="as it was")
    setattr(entry, field, {"note": "forged"} if field == "detail" else 7 if field == "seq" else "forged")
    assert audit.chained(entry) != entry.hash


@pytest.mark.django_db
def test_organisations_have_chains_of_their_own() -> None:
    tell(factories.organization("demo"))
    assert tell(factories.organization("other")).seq == 1


@pytest.mark.django_db
def test_an_entry_can_neither_be_changed_nor_deleted() -> None:
    entry = tell(factories.organization())
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(action="forged")
    with pytest.raises(AppendOnly):
        AuditEntry.objects.bulk_update([entry], ["action"])
    with pytest.raises(AppendOnly):
        AuditEntry.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    org = factories.organization()
    with pytest.raises(RuntimeError):
        audit.append(organization_id=org.pk, actor=SYSTEM, action="test.told", thing=org, detail={})


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_entry_and_no_gap() -> None:
    org = factories.organization()
    with pytest.raises(KeyError), transaction.atomic():
        audit.append(organization_id=org.pk, actor=SYSTEM, action="test.told", thing=org, detail={})
        raise KeyError
    assert tell(org).seq == 1


@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_make_one_chain() -> None:
    org = factories.organization()

    def write() -> None:
        try:
            for _ in range(5):
                tell(org)
        finally:
            connection.close()

    writers = [Thread(target=write) for _ in range(8)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
    entries = list(AuditEntry.objects.order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, 41))
    assert all(later.previous == earlier.hash for earlier, later in pairwise(entries))


@pytest.mark.django_db
def test_what_is_private_leaves_no_gap_in_what_an_admin_reads() -> None:
    org = factories.organization()
    with_private = [
        tell(org),
        tell(org, "engineer_chat.message"),
        tell(org),
        tell(org, "engineer_chat.read"),
        tell(org),
    ]
    assert [(entry.chain, entry.seq) for entry in with_private] == [
        ("open", 1), ("private", 1), ("open", 2), ("private", 2), ("open", 3),
    ]  # fmt: skip
    admin = actors.person(factories.user(role="admin", org=org))
    seen = list(permissions.visible_audit(admin, org).order_by("seq"))
    assert [entry.seq for entry in seen] == [1, 2, 3]
    assert all(later.previous == earlier.hash for earlier, later in pairwise(seen))
    auditor = actors.person(factories.user(role="auditor", org=org))
    assert permissions.visible_audit(auditor, org).count() == 5
    assert audit.verify(org.pk) == []


FORGERIES = (
    ("an edit", "UPDATE {t} SET actor_name = 'forged' WHERE seq = 2", 2),
    ("a deletion in the middle", "DELETE FROM {t} WHERE seq = 2", 2),
    ("a cut tail", "DELETE FROM {t} WHERE seq = 4", 4),
    ("a swap", "UPDATE {t} SET seq = CASE seq WHEN 2 THEN 1003 ELSE 1002 END WHERE seq IN (2, 3)", 2),
    ("a change of chain", "UPDATE {t} SET chain = 'open', seq = 5 WHERE chain = 'private' AND seq = 4", 5),
)


@pytest.mark.django_db
@pytest.mark.parametrize(("what", "statement", "seq"), FORGERIES, ids=[what for what, _, _ in FORGERIES])
def test_verifying_names_the_first_entry_that_is_not_as_it_was(what: str, statement: str, seq: int) -> None:
    org = factories.organization()
    for action in ("test.told", "engineer_chat.message"):
        for _ in range(4):
            tell(org, action)
    call_command("verify_audit")
    with connection.cursor() as cursor:
        cursor.execute(statement.format(t=AuditEntry._meta.db_table))
        if what == "a swap":
            cursor.execute(f"UPDATE {AuditEntry._meta.db_table} SET seq = seq - 1000 WHERE seq > 1000")
    with pytest.raises(CommandError, match=f"demo: entry {seq} of the open chain"):
        call_command("verify_audit")
    assert {flaw.seq for flaw in audit.verify(org.pk)} <= {seq, 4}
