from django.db import migrations, models

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
    dependencies = [
        ("appointments", "0012_numbers_with_an_extension"),
    ]

    operations = [
        migrations.AddField(
            model_name="searchentry",
            name="version",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(keep_the_index_tidy, migrations.RunPython.noop),
    ]
