from django.db import migrations, transaction

from ..models.search import words_of

AT_ONCE = 500


def write_sounds(apps, schema_editor):
    """A few at a time, so that nobody waits: with their requests held, or somebody erased meanwhile would come back."""
    AppointmentRequest = apps.get_model("appointments", "AppointmentRequest")
    SearchEntry = apps.get_model("appointments", "SearchEntry")
    last = 0
    while True:
        with transaction.atomic():
            named = AppointmentRequest.objects.filter(pk__gt=last).exclude(name="").order_by("pk")
            rows = list(named.select_for_update()[:AT_ONCE])
            if not rows:
                return
            entries = [SearchEntry(pk=row.pk, words=" ".join(words_of(row))) for row in rows]
            SearchEntry.objects.bulk_update(entries, ["words"])  # what is not written yet, the worker writes
            last = rows[-1].pk


# A search would read through all that was written since PostgreSQL last tidied up, up to 4 MB, each time. The worker can wait.
AT_ONCE_INTO_THE_INDEX = [
    "ALTER INDEX appointments_search SET (fastupdate = off)",
    "SELECT gin_clean_pending_list('appointments_search')",
]


def keep_the_index_tidy(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in AT_ONCE_INTO_THE_INDEX:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("appointments", "0012_numbers_with_an_extension"),
    ]

    operations = [
        migrations.RunPython(keep_the_index_tidy, migrations.RunPython.noop),
        migrations.RunPython(write_sounds, migrations.RunPython.noop, elidable=True),
    ]
