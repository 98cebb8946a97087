"""What data of people this site holds, why, for how long and who sees it: one line for each table.

The fields, the days and the roles come from the code; the reasons stand here. A table without a line, or with a field
that nobody has thought about, fails tests/clinic/test_data_map.py. `manage.py data_protection` writes the page.
"""

from collections import namedtuple

from django.apps import apps
from django.conf import settings

from .staff.roles import ROLES

Line = namedtuple("Line", "whose fields why how_long seen_by", defaults=("",))

PATIENTS, READERS, STAFF, GUESTS = "patients", "readers", "staff", "clinicians without an account"
SEES_REQUESTS = "appointments.triage_appointmentrequest"
WITH_GUIDE = "as long as its guide"
KEYS = {"id", "pk"}

# {table: Line}. `fields` are those that say something of a person; "*" is all of them. Times of an open request are not
# limited: nothing is removed before somebody has dealt with it.
HELD = {
    "appointments.AppointmentRequest": [
        Line(
            PATIENTS,
            "name phone email language needs_interpreter voicemail_ok preferred_days place spam_reasons",
            "to call back or write, on a good day, in a language that is understood",
            "{KEEP_PERSON_DAYS} days after the request was closed; of spam {KEEP_SPAM_DAYS} days",
            SEES_REQUESTS,
        ),
        Line(
            PATIENTS,
            "for_whom patient_type service preferred_time best_time_to_call start end guide_slug guide_title guide_revision sent_in",
            "so that the right person calls at a good time, and to count",
            "stays, and belongs to nobody any more",
            SEES_REQUESTS,
        ),
        Line(
            PATIENTS,
            "message access_needs text_for_patient",
            "to prepare the call and the visit",
            "{KEEP_WORDS_DAYS} days after the request was closed",
            SEES_REQUESTS,
        ),
        Line(
            PATIENTS,
            "consented_at privacy_version",
            "to prove which notice was agreed to, and when",
            "stays without the person",
            SEES_REQUESTS,
        ),
        Line(
            PATIENTS,
            "secret form_token content_digest",
            "to know the patient's own link and a form that is sent twice",
            "{KEEP_PERSON_DAYS} days after the request was closed: then others, made up, stand there",
        ),
        Line(
            PATIENTS,
            "assigned_to claimed_until",
            "to know who of the staff takes care of it",
            "{KEEP_PERSON_DAYS} days after the request was closed",
            SEES_REQUESTS,
        ),
    ],
    "appointments.SearchEntry": [
        Line(
            PATIENTS,
            "words version",
            "to find a caller by name, by how the name sounds, or by number",
            "{KEEP_PERSON_DAYS} days after closing",
            SEES_REQUESTS,
        )
    ],
    "appointments.StatusChange": [
        Line(
            "patients, staff",
            "reason by at from_status to_status outcome",
            "to know who took which step, and why",
            "the reason {KEEP_WORDS_DAYS} days after closing; the step stays with the request",
            SEES_REQUESTS,
        )
    ],
    "appointments.ContactAttempt": [
        Line(
            "patients, staff",
            "address note by at channel outcome",
            "to know who called which number, and whether somebody answered",
            "the note {KEEP_WORDS_DAYS}, the number {KEEP_PERSON_DAYS} days after closing",
            SEES_REQUESTS,
        )
    ],
    "appointments.Note": [
        Line("patients, staff", "text by at", "for colleagues", "{KEEP_WORDS_DAYS} days after closing", SEES_REQUESTS)
    ],
    "appointments.PatientReply": [
        Line(
            PATIENTS,
            "text kind at read_at",
            "what a patient added",
            "{KEEP_WORDS_DAYS} days after closing",
            SEES_REQUESTS,
        )
    ],
    "appointments.LastStep": [
        Line(
            "patients, staff",
            "before kept_before by at",
            "to take a step back",
            "swept away by the worker, minutes later",
        )
    ],
    "appointments.Presence": [
        Line(
            STAFF, "user seen_at", "to warn two who look at one request", "two minutes, then swept away", SEES_REQUESTS
        )
    ],
    "appointments.Delivery": [
        Line(
            "staff, patients",
            "recipient last_error accepted_at dismissed_by",
            "to prove that staff were told, and to try again. No address of a patient and no word",
            "as long as its request",
            "appointments.triage_appointmentrequest",
        )
    ],
    "appointments.AccessEvent": [
        Line(
            STAFF,
            "by at action reference step",
            "to answer who saw which request",
            "{KEEP_ACCESS_LOG_YEARS} years, by `manage.py purge_access_log`; nobody can change it before",
            "appointments.view_accessevent",
        )
    ],
    "appointments.RequestCount": [
        Line(
            "patients, staff",
            "network began",
            "to hold off floods and guesses: a keyed code of the network, the mailbox or the words, another each day",
            "a day",
        )
    ],
    "appointments.Erasure": [
        Line(
            PATIENTS,
            "request_number mark by at",
            "so that a restored backup does not bring somebody back: a number and a keyed code",
            "for good, also in the file `erased.txt`",
            "appointments.erase_appointmentrequest",
        )
    ],
    "appointments.PurgeRun": [
        Line(STAFF, "by", "to know who removed something by hand", "for good", "appointments.erase_appointmentrequest")
    ],
    "appointments.Recipient": [
        Line(STAFF, "name email", "to tell them of new requests", "until it is deleted", "appointments.view_recipient")
    ],
    "appointments.DutyHours": [
        Line(
            STAFF,
            "recipient weekday starts ends",
            "to tell whoever is there",
            "until it is deleted",
            "appointments.view_recipient",
        )
    ],
    "education.Feedback": [
        Line(
            READERS,
            "words",
            "to write clearer guides. Telephone numbers and addresses are struck out before it is stored",
            "until an editor deletes it",
            "education.view_feedback",
        )
    ],
    "education.Guide": [
        Line(
            "staff, clinicians",
            "written_by reviewed_by owner",
            "to tell readers whom to trust, and whom to remind",
            "until changed",
            "everybody",
        )
    ],
    "education.Revision": [
        Line(STAFF, "published_by withdrawn_by", "to know who published what", "for good", "education.view_guide")
    ],
    "education.HistoryEntry": [Line(STAFF, "by at note", "to know who wrote what", WITH_GUIDE, "education.view_guide")],
    "education.Contribution": [
        Line("staff, clinicians without an account", "by email", "so that nobody signs off their own text", WITH_GUIDE)
    ],
    "education.SignOff": [
        Line(
            "staff, clinicians without an account",
            "author author_email signed_by email name role comment reviewed_on at",
            "to prove who vouches for a text",
            WITH_GUIDE,
            "education.view_guide",
        )
    ],
    "education.ReviewRequest": [
        Line(STAFF, "asked_by reviewer note asked_at", "to know whose turn it is", WITH_GUIDE, "education.view_guide")
    ],
    "education.ReviewComment": [
        Line(
            "staff, clinicians without an account",
            "name by text at done_by",
            "to mend a draft",
            WITH_GUIDE,
            "education.view_guide",
        )
    ],
    "education.ScheduledStep": [Line(STAFF, "by said", "to know who set it", WITH_GUIDE, "education.view_guide")],
    "education.PreviewLink": [
        Line(
            GUESTS,
            "name email note invited_by opened_at nonce holder",
            "to show one clinician one draft",
            "opens nothing after it expires; the row " + WITH_GUIDE,
            "education.change_guide",
        )
    ],
    "education.Letter": [
        Line(
            STAFF,
            "last_error",
            "to remind owners and invite reviewers; the address is looked up when it is sent",
            WITH_GUIDE,
        )
    ],
    "education.BroughtPicture": [
        Line(
            "whoever is in a picture",
            "content alt",
            "pictures of a document until its editor takes them into the library; as they came, and shown by no page",
            "nine hours, then swept away at the next import",
        )
    ],
    "education.Original": [
        Line(
            "whoever is in a picture",
            "content",
            "to make pictures from, stripped of where it was taken",
            "until the worker has made them",
        )
    ],
    "education.Picture": [
        Line(
            "whoever is in a picture",
            "folder title alt caption credit",
            "to show in guides",
            "until an editor deletes it",
            "everybody",
        )
    ],
    "auth.User": [
        Line(
            STAFF,
            "username first_name last_name email password last_login date_joined is_active is_staff is_superuser groups user_permissions",
            "to sign in. Of the password a slow hash alone",
            "until a superuser deletes it; switch off who has left",
            "auth.view_user",
        )
    ],
    "mfa.Authenticator": [
        Line(
            STAFF,
            "data created_at last_used_at",
            "to sign in with an app or a passkey; what opens is encrypted",
            "until removed or reset",
        )
    ],
    "sessions.Session": [
        Line(
            STAFF,
            "session_data expire_date",
            "to stay signed in",
            "a quarter of an hour unused, eight hours at most; swept away each hour",
        )
    ],
    "admin.LogEntry": [
        Line(
            STAFF,
            "user action_time object_repr change_message",
            "to know who changed what in the admin; of a request its reference alone",
            "for good",
            "whoever may see the row",
        )
    ],
    "account.EmailAddress": [Line(STAFF, "email", "not used: a manager makes the accounts", "empty")],
    "account.EmailConfirmation": [Line(STAFF, "key", "not used", "empty")],
    "django_tasks_database.DBTaskResult": [
        Line(
            PATIENTS,
            "args_kwargs traceback",
            "work that waits: numbers of rows, no word and no name",
            "a day after it was done",
        )
    ],
}

# Tables that say nothing of a person: the clinic, its texts, and how the site does its work.
OF_NOBODY = {
    "clinic.ClinicProfile",
    "clinic.OpeningHours",
    "clinic.Closure",
    "clinic.Service",
    "clinic.ClinicWords",
    "clinic.ServiceWords",
    "clinic.BackupRun",
    "clinic.Examination",
    "appointments.Recipient_services",
    "appointments.WorkerHeartbeat",
    "appointments.MessageTemplate",
    "appointments.ReadyText",
    "education.OldAddress",
    "education.OldTopicAddress",
    "education.KeptPicture",
    "education.ImportedDraft",
    "education.GlossaryTerm",
    "education.Snapshot",
    "education.RelatedGuide",
    "education.ShelfEntry",
    "education.KnownWord",
    "education.Topic",
    "education.TopicWords",
    "education.Section",
    "education.Source",
    "auth.Permission",
    "auth.Group",
    "auth.Group_permissions",
    "auth.User_groups",
    "auth.User_user_permissions",
    "contenttypes.ContentType",
}

# Fields of the tables above that say nothing of a person: they say how the site does its work.
OF_WORK = {
    "appointments.AppointmentRequest": "reference first_opened_at reopened_at read_first suspected_spam created_at promised_by status outcome version "
    "escalated_at first_attempt_at contacted_at next_attempt_at closed_at calendar_sequence duplicate_of merged on_hold "
    "words_removed_at anonymized_at",
    "appointments.SearchEntry": "request",
    "appointments.StatusChange": "request",
    "appointments.ContactAttempt": "request next_attempt_at",
    "appointments.Note": "request",
    "appointments.PatientReply": "request read_first",
    "appointments.LastStep": "request version status_change attempt dropped_news kept_version",
    "appointments.Presence": "request",
    "appointments.Delivery": "kind request status_change day message_id state attempts created_at next_attempt_at "
    "lease_until lease needs_help",
    "appointments.RequestCount": "sent",
    "appointments.PurgeRun": "at day stopped blanked anonymized deleted erased_again",
    "appointments.Recipient": "active services",
    "education.Feedback": "revision clear section day",
    "education.Guide": "known_state language original follows title slug topic service summary picture last_reviewed next_review is_sample "
    "live_revision changed_at edit_version",
    "education.Revision": "sign_off guide number topic title summary picture data html text words related published_at withdrawn_at",
    "education.HistoryEntry": "guide what snapshot is_of_draft revision",
    "education.Contribution": "guide version digest",
    "education.SignOff": "guide edit_version digest data link months next_review",
    "education.ReviewRequest": "guide ending ended_at",
    "education.ReviewComment": "guide section heading link done_at",
    "education.ScheduledStep": "guide what at entry created_at state ended_at mail_at mail_attempts",
    "education.PreviewLink": "guide days created_at expires_at revoked_at",
    "education.Letter": "kind guide next_review day review_request link message_id state attempts created_at "
    "next_attempt_at lease lease_until sent_at",
    "education.BroughtPicture": "key number at",
    "education.Original": "picture folder added_at attempts next_attempt_at trouble",
    "education.Picture": "decorative width height widths is_ready added_at",
    "mfa.Authenticator": "user type",
    "sessions.Session": "session_key",
    "admin.LogEntry": "content_type object_id action_flag",
    "account.EmailAddress": "user verified primary",
    "account.EmailConfirmation": "email_address created sent",
    "django_tasks_database.DBTaskResult": "status enqueued_at started_at finished_at priority task_path worker_ids "
    "queue_name backend_name run_after return_value exception_class_path",
}


def tables():
    return apps.get_models(include_auto_created=True)


def not_thought_of():
    """What the database holds and nothing here speaks of, and the other way round."""
    known = {model._meta.label: model for model in tables()}
    for label in sorted(set(known) ^ (set(HELD) | OF_NOBODY)):
        yield label
    for label in sorted(set(HELD) & set(known)):
        fields = {field.name for field in (*known[label]._meta.fields, *known[label]._meta.many_to_many)} - KEYS
        named = [name for line in HELD[label] for name in line.fields.split()] + OF_WORK.get(label, "").split()
        for name in sorted(fields ^ set(named)) + sorted({name for name in named if named.count(name) > 1}):
            yield f"{label}.{name}"


def label_of(model, names):
    return ", ".join(str(model._meta.get_field(name).verbose_name) for name in names.split())


def days(text):
    values = {
        name: getattr(settings, name) for name in dir(settings) if name.startswith("KEEP_") and f"{{{name}}}" in text
    }
    return text.format(**values)


def who_sees(permission):
    """Roles that may, in words."""
    if "." not in permission:
        return permission or "nobody, in no page"
    roles = [role for role, names in ROLES.items() if permission in names]
    return ", ".join([*roles, "superusers"])


def held():
    """[(whose, table, fields, why, how long, who sees it)], patients first."""
    rows = []
    for label, lines in HELD.items():
        model = apps.get_model(label)
        for line in lines:
            rows.append(
                (
                    line.whose,
                    str(model._meta.verbose_name),
                    label_of(model, line.fields),
                    line.why,
                    days(line.how_long),
                    who_sees(line.seen_by),
                )
            )
    return sorted(rows, key=lambda row: (not row[0].startswith(PATIENTS), PATIENTS not in row[0]))
