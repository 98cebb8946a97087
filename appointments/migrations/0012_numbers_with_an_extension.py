from django.db import migrations

from ..models.search import words_of

AT_ONCE = 500


def find_them_without_it_too(apps, schema_editor):
    """Few have one, and only the words of these change."""
    AppointmentRequest = apps.get_model("appointments", "AppointmentRequest")
    SearchEntry = apps.get_model("appointments", "SearchEntry")
    written = SearchEntry.objects.values("pk")
    for row in AppointmentRequest.objects.filter(phone__icontains="x", pk__in=written).iterator(AT_ONCE):
        SearchEntry.objects.filter(pk=row.pk).update(words=" ".join(words_of(row)))


class Migration(migrations.Migration):
    dependencies = [
        ("appointments", "0011_opened_again"),
    ]

    operations = [
        migrations.RunPython(find_them_without_it_too, migrations.RunPython.noop, elidable=True),
    ]
