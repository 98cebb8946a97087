import django.db.models.deletion
from django.db import migrations, models

from education import clinical, locks


def sign_without_related(apps, schema_editor):
    """Which guides stand under a guide is no part of what a clinician signs any more."""
    SignOff = apps.get_model("education", "SignOff")
    with locks.lifted(schema_editor.connection):
        for signed in SignOff.objects.filter(data__has_key="related").iterator():
            SignOff.objects.filter(pk=signed.pk).update(digest=clinical.digest(signed.data))


def find_signatures(apps, schema_editor):
    """Under which published texts a clinician's signature stands: the names there are those of the sign-off then."""
    Revision, SignOff = (apps.get_model("education", name) for name in ("Revision", "SignOff"))
    for signed in SignOff.objects.order_by("at", "pk").iterator():
        revisions = Revision.objects.filter(guide=signed.guide_id, published_at__gte=signed.at).only("data")
        for revision in revisions.iterator():
            if clinical.digest(revision.data) == clinical.digest(signed.data):
                Revision.objects.filter(pk=revision.pk).update(sign_off=signed)


class Migration(migrations.Migration):
    dependencies = [("education", "0013_brought_pictures")]

    operations = [
        migrations.AddField(
            model_name="revision",
            name="sign_off",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="education.signoff"
            ),
        ),
        migrations.RunPython(sign_without_related, migrations.RunPython.noop),
        migrations.RunPython(find_signatures, migrations.RunPython.noop),
    ]
