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


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("appointments", "0012_numbers_with_an_extension"),
    ]

    operations = [
        migrations.RunPython(write_sounds, migrations.RunPython.noop, elidable=True),
    ]
