"""Who signed which text. Never an author of it, whichever way the row comes; and a signature is for one text."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from education import clinical, locks
from education.models import Guide, NotPublishable, NotSignable, PreviewLink, SignOff
from education.models.review import months_later
from tests.factories import a_guide, a_picture, a_sign_off, a_topic, a_user

pytestmark = pytest.mark.django_db


def a_text(**facts):
    return a_guide(is_sample=False, **facts)


def written_by(guide, *people):
    for person in people:
        guide.sections.create(heading=f"By {person}", body="<p>Words.</p>", position=90)
        guide.count_edit(by=person)
    return guide


def facts_of(guide, **facts):
    """A row as a shell or a script would make it."""
    return {
        "guide": guide,
        "edit_version": guide.edit_version,
        "digest": "0" * 64,
        "data": {"title": "x"},
        "name": "Dr. Ada Lind",
        "role": "radiologist",
        "next_review": timezone.localdate() + timedelta(days=300),
        **facts,
    }


def raw_insert(**facts):
    """Past Django: what another program could send to the database."""
    row = SignOff(**facts)
    row.at = row.at.astimezone(timezone.get_default_timezone())
    fields = [field for field in SignOff._meta.concrete_fields if field.name != "id"]
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    names = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            f"INSERT INTO education_signoff ({names}) VALUES ({', '.join(['%s'] * len(fields))})",
            values,
        )


DOORS = {
    "shell": lambda **facts: SignOff.objects.create(**facts),
    "bulk": lambda **facts: SignOff.objects.bulk_create([SignOff(**facts)]),
    "bulk that skips conflicts": lambda **facts: SignOff.objects.bulk_create([SignOff(**facts)], ignore_conflicts=True),
    "raw SQL": raw_insert,
}


def test_a_guide_is_published_once_a_clinician_has_signed_it():
    guide = a_text()
    with pytest.raises(NotPublishable, match="No clinician has signed it off"):
        guide.publish(by=None)

    a_sign_off(guide)

    assert guide.publish(by=None).data["reviewed_by"] == "Dr. Ada Lind, radiologist"


def test_a_sample_is_published_without_a_signature_and_is_none_any_more_once_it_is_signed(client, clinic):
    guide = a_guide(is_sample=True)
    guide.publish(by=None)
    assert "Sample content" in client.get(guide.get_absolute_url()).text

    a_sign_off(guide)
    guide.publish(by=None)

    page = client.get(guide.get_absolute_url()).text
    assert "Sample content" not in page
    assert "Dr. Ada Lind, radiologist" in page


def test_last_and_next_review_follow_from_the_sign_off():
    guide = a_text(reviewed_by="Nobody", last_reviewed=date(2020, 1, 1), next_review=date(2020, 6, 1))

    a_sign_off(guide, months=18)

    guide = Guide.objects.get()
    today = timezone.localdate()
    assert guide.reviewed_by == "Dr. Ada Lind, radiologist"
    assert (guide.last_reviewed, guide.next_review) == (today, months_later(today, 18))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
        (date(2026, 11, 30), 36, date(2029, 11, 30)),
    ],
)
def test_months_end_where_people_expect_it(day, months, later):
    assert months_later(day, months) == later


@pytest.mark.parametrize("months", [0, 37, 5000])
def test_the_next_review_is_in_three_years_at_most(months):
    guide = a_text()

    with pytest.raises(NotSignable, match="1 to 36 months"):
        a_sign_off(guide, months=months)
    with pytest.raises(IntegrityError):
        SignOff.objects.create(**facts_of(guide, signed_by=a_user(), months=37))


# One text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda guide: Guide.objects.update(title="Other"), "The title"),
        (lambda guide: Guide.objects.update(summary="Other."), "The summary"),
        (lambda guide: guide.sections.update(body="<p>Other.</p>"), "“What it is”"),
        (lambda guide: guide.sections.update(kind="warning"), "“What it is”"),
        (lambda guide: guide.sections.create(heading="New", body="<p>a</p>"), "“New” (new)"),
        (lambda guide: guide.sources.create(organization="WHO", title="A paper"), "The sources"),
        (lambda guide: Guide.objects.update(picture=a_picture()), "The picture"),
    ],
)
def test_what_is_changed_after_signing_is_not_signed(change, where):
    guide = a_text()
    a_sign_off(guide)

    change(guide)

    guide = Guide.objects.get()
    assert guide.counting_sign_off is None
    assert [row["where"] for row in guide.changes_since_sign_off()] == [where]
    with pytest.raises(NotPublishable) as problem:
        guide.publish(by=None)
    assert problem.value.messages == [f"It was changed after a clinician signed it: {where}. Ask for a review again."]


def test_what_is_no_matter_of_a_clinician_leaves_the_signature_alone():
    guide = a_text(picture=a_picture())
    a_sign_off(guide)

    Guide.objects.update(topic=a_topic("Other"), slug="other", written_by="Somebody else")
    guide.picture.credit = "Somebody"
    guide.picture.save()

    assert Guide.objects.get().counting_sign_off


def test_a_text_that_is_changed_back_is_the_one_that_was_signed():
    guide = a_text(title="Backs")
    a_sign_off(guide)

    Guide.objects.update(title="Knees")
    assert not Guide.objects.get().counting_sign_off
    Guide.objects.update(title="Backs")

    assert Guide.objects.get().counting_sign_off


def test_the_last_signature_counts_and_an_older_one_of_a_restored_text_does_not():
    guide = a_text(title="Old")
    a_sign_off(guide)
    old = guide.publish(by=None)
    guide = Guide.objects.get()
    guide.title = "New"
    guide.save()
    a_sign_off(guide, name="Dr. Bo Ek")
    guide.publish(by=None)

    guide.restore(old)

    guide = Guide.objects.get()
    assert guide.title == "Old"
    assert guide.reviewed_by == "Dr. Bo Ek, radiologist"  # what the last sign-off says
    with pytest.raises(NotPublishable, match="changed after a clinician signed it: The title"):
        guide.publish(by=None)


def test_who_read_another_text_does_not_sign_this_one():
    guide = a_text()
    read = clinical.digest(guide.as_data())
    guide.sections.update(body="<p>Other words.</p>")

    with pytest.raises(NotSignable, match="changed while you were reading"):
        a_sign_off(guide, digest=read)

    assert not SignOff.objects.exists()


def test_fields_of_tomorrow_are_signed_when_they_hold_something():
    data = a_text().as_data()

    assert clinical.digest({**data, "of_tomorrow": ""}) == clinical.digest(data)
    assert clinical.digest({**data, "of_tomorrow": "words"}) != clinical.digest(data)


# Never an author ------------------------------------------------------------------------------------------------------


def test_the_verb_refuses_every_author_since_the_last_sign_off_and_lets_others_sign():
    first, second, clinician = a_user(), a_user(), a_user()
    guide = written_by(a_text(), first, second)

    for author in (first, second):
        with pytest.raises(NotSignable, match="You have written in this text"):
            a_sign_off(guide, by=author)

    assert a_sign_off(guide, by=clinician).author == second


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("which", ["last", "earlier", "mailbox"])
def test_the_database_refuses_an_author_by_every_door(door, which):
    earlier, last = a_user(), a_user()
    guide = written_by(a_text(), earlier, last)
    signer = {
        "last": {"signed_by": last},
        "earlier": {"signed_by": earlier},
        "mailbox": {"signed_by": a_user(), "email": earlier.email.upper()},
    }[which]

    with pytest.raises(IntegrityError), transaction.atomic():
        DOORS[door](**facts_of(guide, **signer))

    assert not SignOff.objects.exists()


@pytest.mark.parametrize("door", DOORS)
def test_the_same_doors_let_a_colleague_sign(door):
    guide = written_by(a_text(), a_user())

    DOORS[door](**facts_of(guide, signed_by=a_user(), author=a_user()))

    assert SignOff.objects.count() == 1


def test_without_the_lock_an_author_would_sign():
    """The twin of the tests above: it is the lock that refuses."""
    author = a_user()
    guide = written_by(a_text(), author, a_user())

    with locks.lifted(connection):
        SignOff.objects.create(**facts_of(guide, signed_by=author))

    assert SignOff.objects.count() == 1


@pytest.mark.parametrize(
    "same",
    [
        lambda one: {"author": one, "signed_by": one},
        lambda one: {"author_email": "ada@example.org", "email": "ada@example.org", "signed_by": one},
    ],
)
def test_author_and_signer_on_the_row_are_two_people_even_without_the_lock(same):
    guide, one = a_text(), a_user()

    with pytest.raises(IntegrityError), locks.lifted(connection):
        raw_insert(**facts_of(guide, **same(one)))


def test_a_signature_needs_a_person_a_name_and_a_role():
    guide = a_text()
    link = PreviewLink.objects.create(guide=guide, name="Dr. Lind", email="lind@example.org")

    for facts in ({}, {"link": link}, {"signed_by": a_user(), "name": ""}, {"signed_by": a_user(), "role": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SignOff.objects.create(**facts_of(guide, **facts))
    SignOff.objects.create(**facts_of(guide, link=link, email=link.email))


def test_who_wrote_before_the_last_sign_off_may_review_what_others_wrote_after_it():
    first, second = a_user(), a_user()
    guide = written_by(a_text(), first)
    a_sign_off(guide)
    written_by(guide, second)

    a_sign_off(guide, by=first)

    assert guide.sign_offs.count() == 2


def test_the_authors_of_a_text_stay_its_authors_when_it_is_reviewed_again_years_later():
    author = a_user()
    guide = written_by(a_text(), author)
    a_sign_off(guide)
    a_sign_off(guide)

    with pytest.raises(NotSignable):
        a_sign_off(guide, by=author)
    with pytest.raises(IntegrityError), transaction.atomic():
        raw_insert(**facts_of(guide, signed_by=author))


def test_who_changes_no_word_that_counts_is_no_author():
    clerk = a_user()
    guide = written_by(a_text(), a_user())

    guide.topic = a_topic("Other")
    guide.save()
    guide.count_edit(by=clerk)

    a_sign_off(guide, by=clerk)


def test_who_restores_an_old_text_is_its_author():
    editor = a_user()
    guide = a_text(title="Old")
    a_sign_off(guide)
    old = guide.publish(by=None)
    Guide.objects.update(title="New")

    Guide.objects.get().restore(old, by=editor)

    with pytest.raises(NotSignable):
        a_sign_off(Guide.objects.get(), by=editor)


def rewritten(body, by):
    """Gives the entry of the history that an editor restores later."""
    guide = Guide.objects.get()
    guide.sections.update(body=f"<p>{body}</p>")
    guide.count_edit(by=by)
    return guide.keep(by=by)


@pytest.mark.parametrize("was_signed", [False, True])
@pytest.mark.parametrize("wrote_again", [False, True])
def test_who_wrote_a_text_stays_its_author_when_another_restores_it(was_signed, wrote_again):
    author, other, clinician = a_user(), a_user(), a_user()
    a_sign_off(a_text(), by=clinician)
    entry = rewritten("Of the author.", author)
    if was_signed:
        a_sign_off(Guide.objects.get(), by=clinician)
        entry = Guide.objects.get().publish(by=None)
    rewritten("Of the other.", other)
    a_sign_off(Guide.objects.get(), by=clinician)
    if wrote_again:
        rewritten("Of the author again.", author)
        a_sign_off(Guide.objects.get(), by=clinician)

    Guide.objects.get().restore(entry, by=a_user())

    guide = Guide.objects.get()
    assert "Of the author." in guide.sections.first().body
    with pytest.raises(NotSignable):
        a_sign_off(guide, by=author)
    with pytest.raises(IntegrityError), transaction.atomic():
        raw_insert(**facts_of(guide, signed_by=author))
    a_sign_off(guide, by=clinician)


def test_who_wrote_only_before_a_signature_under_another_text_may_sign_what_is_restored():
    early, late = a_user(), a_user()
    a_text()
    rewritten("Of the early one.", early)
    a_sign_off(Guide.objects.get())
    entry = rewritten("Of the late one.", late)
    a_sign_off(Guide.objects.get())
    rewritten("Of somebody.", a_user())

    Guide.objects.get().restore(entry, by=a_user())

    a_sign_off(Guide.objects.get(), by=early)


# Never changed --------------------------------------------------------------------------------------------------------


def tampered(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: SignOff.objects.update(name="Somebody"),
        lambda: SignOff.objects.all().delete(),
        lambda: SignOff.objects.get().save(),
        lambda: SignOff.objects.bulk_update([SignOff.objects.get()], ["months"]),
        lambda: tampered("UPDATE education_signoff SET role = 'x'"),
        lambda: tampered("DELETE FROM education_signoff"),
    ],
)
def test_a_sign_off_is_neither_changed_nor_deleted(tamper):
    a_sign_off(a_text())
    before = SignOff.objects.values().get()

    with pytest.raises(IntegrityError, match="added, never changed"), transaction.atomic():
        tamper()

    assert SignOff.objects.values().get() == before


def test_nothing_replaces_a_sign_off():
    a_sign_off(a_text())
    if connection.vendor == "postgresql":
        tampered("SET CONSTRAINTS ALL IMMEDIATE")
        sql = "TRUNCATE education_signoff CASCADE"
    else:
        sql = "INSERT OR REPLACE INTO education_signoff SELECT * FROM education_signoff"

    with pytest.raises(IntegrityError, match="added, never changed"), transaction.atomic():
        tampered(sql)


def test_the_locks_are_there_and_a_lifted_one_lets_change():
    assert locks.is_locked(connection)
    a_sign_off(a_text())

    with locks.lifted(connection):
        assert not locks.is_locked(connection)
        SignOff.objects.update(name="Somebody")

    assert locks.is_locked(connection)


def test_who_has_signed_and_what_was_signed_stay():
    clinician, guide = a_user(), a_text()
    a_sign_off(guide, by=clinician)

    with pytest.raises(ProtectedError):
        clinician.delete()
    with pytest.raises(ProtectedError):
        guide.delete()
