"""What each role may do. These seven are the site's own: `migrate` makes them and keeps them as they stand here.

Who needs another mix adds a group of their own in the admin.
"""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db.models import Q

ALL = ("add", "change", "delete", "view")


def on(models, *verbs):
    """'education.guide, topic' and the verbs: the names of Django's own permissions."""
    label, _, names = models.partition(".")
    return [f"{label}.{verb}_{name.strip()}" for name in names.split(",") for verb in verbs]


TRIAGE = ["appointments.triage_appointmentrequest"]
ROLES = {
    "Triage": TRIAGE,
    "Lead": [
        *TRIAGE,
        "appointments.reopen_appointmentrequest",
        "appointments.assign_appointmentrequest",
        "appointments.view_statistics",
        "appointments.export_appointmentrequest",
        "appointments.hold_appointmentrequest",
        "appointments.erase_appointmentrequest",
        "appointments.disclose_appointmentrequest",
        *on("appointments.readytext", *ALL),
    ],
    # Who writes a guide, who signs it and who publishes it are three rights: docs/decisions/0020.
    "Editor": [
        *on("education.guide, section, source, topic, topicwords, picture, glossaryterm", *ALL),
        *on("education.feedback", "view", "delete"),
    ],
    "Clinical reviewer": [*on("education.guide, section, source", "view"), "education.sign_guide"],
    "Publisher": [*on("education.guide, section, source", "view"), "education.publish_guide"],
    "Auditor": on("appointments.accessevent", "view"),
    "Clinic manager": [
        *on("clinic.clinicprofile, service", "add", "change", "view"),
        *on("clinic.openinghours, closure, servicewords, clinicwords", *ALL),
        *on("appointments.recipient, dutyhours", *ALL),
        *on("appointments.messagetemplate, readytext", *ALL),
        *on("auth.user", "add", "change", "view"),
        *on("auth.group", "view"),
    ],
}


def keep(sender=None, apps=installed, **kwargs):
    """After each `migrate`. Permissions come from the models as they are now, so those are made first."""
    try:
        Group = apps.get_model("auth", "Group")
    except LookupError:  # migrated only so far
        return
    for label in {name.partition(".")[0] for names in ROLES.values() for name in names}:
        create_permissions(installed.get_app_config(label), verbosity=0, apps=apps)
    Permission = apps.get_model("auth", "Permission")
    for role, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        wanted = Q()
        for name in names:
            label, _, codename = name.partition(".")
            wanted |= Q(content_type__app_label=label, codename=codename)
        group.permissions.set(Permission.objects.filter(wanted))
