"""Editor, clinical reviewer, publisher: each sees what it may do and is refused the rest."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import a_guide, a_published_guide, a_sign_off, a_user
from tests.staff.people import somebody

from .test_editor_desk import ADD, LIST, change, page_of, post_of

DOINGS = {
    "Ask for a review": "Editor",
    "Ask a clinician without an account": "Editor",
    'name="_save"': "Editor",
    "Read, comment, sign off": "Clinical reviewer",
    "Publish…": "Publisher",
    "Withdraw…": "Publisher",
}
PAGES = {
    "ask_review": "Editor",
    "links": "Editor",
    "review": "Clinical reviewer",
    "publish": "Publisher",
    "withdraw": "Publisher",
}
ROLES = ["Editor", "Clinical reviewer", "Publisher"]


@pytest.fixture
def as_role(client, clinic):
    def enter(role):
        client.force_login(somebody(role))
        return client

    return enter


@pytest.mark.parametrize("role", ROLES)
def test_each_sees_the_buttons_of_what_it_may_do_and_no_other(as_role, role):
    guide = a_published_guide()

    page = as_role(role).get(change(guide))

    assert {words for words in DOINGS if words in page.text} == {words for words, who in DOINGS.items() if who == role}
    assert "_publish" not in page.text


@pytest.mark.parametrize("role", [*ROLES, "Triage", "Auditor", "Clinic manager"])
@pytest.mark.parametrize("name", PAGES)
def test_each_is_refused_the_pages_of_the_others(as_role, role, name):
    guide = a_published_guide()
    client, may = as_role(role), PAGES[name] == role

    assert (client.get(page_of(guide, name)).status_code == 200) == may
    assert may or client.post(page_of(guide, name)).status_code == 403


@pytest.mark.parametrize("role", ["Clinical reviewer", "Publisher"])
def test_who_may_not_write_reads_the_form_and_changes_nothing(as_role, role):
    guide = a_guide("As it was")
    client = as_role(role)

    assert client.get(change(guide)).status_code == 200
    assert client.get(LIST).status_code == 200
    assert client.get(page_of(guide, "preview")).status_code == 200
    assert client.post(change(guide), post_of(guide, title="Changed")).status_code == 403
    assert client.get(ADD).status_code == 403
    guide.refresh_from_db()
    assert guide.title == "As it was"


def test_an_editor_does_not_publish_by_any_door(as_role):
    guide = a_guide(is_sample=False)
    a_sign_off(guide)
    client = as_role("Editor")

    client.post(change(guide), post_of(guide, is_sample="", _publish="Publish"))
    client.post(page_of(guide, "publish"))
    client.post(LIST, {"action": "publish_together", "_selected_action": [guide.pk]})

    guide.refresh_from_db()
    assert not guide.is_live


def test_a_publisher_publishes_alone_and_together_and_is_told_what_is_missing(as_role):
    signed, unsigned = a_guide("Signed", is_sample=False), a_guide("Unsigned", is_sample=False)
    a_sign_off(signed)
    client = as_role("Publisher")

    response = client.post(LIST, {"action": "publish_together", "_selected_action": [signed.pk]}, follow=True)
    assert "Patients now read these guides: 1." in response.text
    response = client.post(page_of(unsigned, "publish"), follow=True)

    assert "not published" in response.text
    assert "No clinician has signed it off. Ask for a review." in response.text
    unsigned.refresh_from_db()
    assert not unsigned.is_live


@pytest.mark.django_db(transaction=True)
def test_who_was_an_editor_before_goes_on_publishing():
    editor = a_user(superuser=False)
    editor.groups.add(Group.objects.get(name="Editor"))
    executor = MigrationExecutor(connection)
    migrated = executor.loader.get_migration("clinic", "0003_editors_keep_publishing")
    state = executor.loader.project_state(("clinic", "0003_editors_keep_publishing"))

    migrated.operations[0].code(state.apps, None)

    assert {group.name for group in editor.groups.all()} == {"Editor", "Publisher"}
