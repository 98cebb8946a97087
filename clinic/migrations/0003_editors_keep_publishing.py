from django.conf import settings
from django.db import migrations


def keep_publishing(apps, schema_editor):
    """The role Editor held the right to publish and holds it no more: who has the role today gets the new one besides."""
    Group = apps.get_model("auth", "Group")
    editor = Group.objects.filter(name="Editor").first()
    if editor and editor.user_set.exists():
        publisher, _ = Group.objects.get_or_create(name="Publisher")
        publisher.user_set.add(*editor.user_set.all())


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0002_keep_the_promise'),
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(keep_publishing, migrations.RunPython.noop),
    ]
