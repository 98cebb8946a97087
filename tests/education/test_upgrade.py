"""A site that has published guides already takes the new version."""

import pytest
from django.core.management import call_command

from education.models import Guide, HistoryEntry, ShelfEntry
from tests.factories import a_published_guide


@pytest.mark.django_db(transaction=True)
def test_guides_published_before_the_shelf_and_the_history_are_in_both(client, clinic):
    guide = a_published_guide("Back pain")
    call_command("migrate", "education", "0002_drafts_count_their_saves", verbosity=0)

    call_command("migrate", verbosity=0)

    assert Guide.objects.get().live_revision.title == "Back pain"
    assert ShelfEntry.objects.get().guide == guide
    assert HistoryEntry.objects.get().what == "published"
    assert guide.get_absolute_url() in client.get("/guides/search/?q=pain").text
    assert "Back pain" in client.get(guide.get_absolute_url()).text
