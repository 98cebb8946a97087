"""What patients are told by e-mail: when, in whose words, and never in their own."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from appointments import deliveries, intake, messages
from appointments.models import AppointmentRequest, Delivery, MessageTemplate
from appointments.wording import ENGLISH, WORDS
from clinic.models import ClinicProfile
from tests import factories

SOON = timezone.now() + timedelta(days=3)
A_BOOKING = {"start": SOON, "end": SOON + timedelta(minutes=30), "place": "Zqcanary room"}
PAT = "pat@example.org"


def a_minute_later():
    """News is no longer held back for somebody who takes the step back."""
    Delivery.objects.filter(kind="news", state="waiting").update(next_attempt_at=timezone.now())


@pytest.fixture
def mails(clinic, mailoutbox):
    """`mails()` sends all that is owed, news a minute later, and gives what patients got, in order."""

    def sent():
        a_minute_later()
        while deliveries.sweep():
            pass
        return mailoutbox

    return sent


def a_request(**facts):
    return factories.a_request(**{"email": PAT, **facts})


def missed(request, *, by, outcome="no_answer", channel="phone"):
    request.record_attempt(by=by, channel=channel, outcome=outcome)


# The confirmation -----------------------------------------------------------------------------------------------------


def test_a_request_is_confirmed_without_a_word_of_the_patients(mails, settings):
    stored = a_request(
        name="Quentin Zqcanary",
        phone="+12125550177",
        message="zqcanary words",
        language="Zqcanarish",
        access_needs="zqcanary",
        guide_title="Zqcanary guide",
        service=factories.a_service("Zqcanary service"),
    )

    [mail] = mails()

    assert mail.to == [PAT]
    assert "Test Clinic" in mail.subject
    for part in (
        f"{stored.reference[:4]} {stored.reference[4:]}",
        "(212) 555-0142",
        f"{settings.SITE_URL}/request/status/{stored.secret}/",
    ):
        assert part in mail.body
    text = mail.message().as_string().lower()
    assert "zqcanar" not in text and "0177" not in text and "quentin" not in text
    assert "{" not in mail.subject + mail.body
    assert mail.extra_headers["Auto-Submitted"] == "auto-replied"
    assert "Reply-To" not in mail.message()


def test_the_confirmation_promises_what_the_receipt_promises(client, mails):
    stored = a_request()

    [mail] = mails()

    promise = mail.body.split("We will contact you by: ")[1].splitlines()[0]
    assert promise in client.get(stored.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "unless",
    [
        lambda: a_request(email="", phone="+12125550142"),
        lambda: intake.receive(
            factories.request_fields(email=PAT), form_token="8" * 32, spam_reasons=["Two links in the text"]
        ),
        lambda: (ClinicProfile.objects.update(acknowledge=False), a_request()),
        lambda: (
            MessageTemplate.objects.create(step="acknowledgement", active=False, subject="x", body="x"),
            a_request(),
        ),
    ],
    ids=["no address", "suspected spam", "the clinic does not confirm", "the message is switched off"],
)
def test_nothing_is_confirmed(mails, unless):
    unless()

    assert AppointmentRequest.objects.count() == 1
    assert mails() == []


def test_nobody_is_flooded_through_us(mails):
    written = [PAT, "PAT@Example.org", "pat+1@example.org", "Pat+2@example.org", PAT, "other@example.org"]
    for number, email in enumerate(written):
        a_request(email=email, message=f"Request {number}")

    assert [mail.to for mail in mails()] == [[written[0]], [written[1]], [written[2]], ["other@example.org"]]
    assert AppointmentRequest.objects.count() == 6


def test_the_message_id_is_the_same_at_each_attempt(clinic):
    a_request()
    delivery = Delivery.objects.get()

    first, second = (messages.to_patient(delivery).extra_headers["Message-ID"] for _ in range(2))

    assert first == second == f"<{delivery.message_id}@127.0.0.1>"


@pytest.mark.parametrize(
    "happened",
    [
        lambda request, by: request.withdraw(),
        lambda request, by: request.withdraw(by=by),
        lambda request, by: request.decline(by=by, reason="Full", text_for_patient="Ask elsewhere"),
        lambda request, by: request.book(by=by, **A_BOOKING),
    ],
    ids=["withdrawn by the patient", "withdrawn by staff", "declined", "booked"],
)
@pytest.mark.parametrize("tried", [False, True], ids=["not tried", "tried in vain"])
def test_what_has_moved_on_is_not_confirmed_as_if_it_waited(mails, staff, happened, tried):
    stored = a_request()
    if tried:
        stored.deliveries.update(attempts=2, last_error="The mail server answered 451.")
    happened(stored, staff)

    assert not any("We have your request to" in mail.subject for mail in mails())
    assert stored.deliveries.get(kind="acknowledgement").state == "dismissed"


@pytest.mark.parametrize("wrote", ["", "Spanish"])
@pytest.mark.parametrize(
    "since",
    [
        lambda request, by: AppointmentRequest.objects.update(promised_by=timezone.now() - timedelta(minutes=1)),
        lambda request, by: missed(request, by=by, outcome="asked_to_call_back"),
    ],
    ids=["an outage until after the promise", "we have called already"],
)
def test_a_promise_that_is_over_is_not_made_again(mails, staff, since, wrote):
    stored = a_request(language=wrote)
    since(stored, staff)

    [mail] = mails()

    assert "contact you by" not in mail.body and "antes de" not in mail.body
    assert f"{stored.reference[:4]} {stored.reference[4:]}" in mail.body and stored.secret in mail.body


def test_a_wrong_suspicion_found_days_later_promises_no_time_that_is_over(mails, staff):
    suspect = intake.receive(factories.request_fields(email=PAT), form_token="8" * 32, spam_reasons=["Two links"])
    AppointmentRequest.objects.update(promised_by=timezone.now() - timedelta(days=2))
    suspect.refresh_from_db()
    intake.take_as_genuine(suspect, by=staff)

    [mail] = mails()

    assert "We have your request" in mail.body and "contact you by" not in mail.body


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Thanks. We call by {promised_by}. Or call {phone}.", "Thanks. Or call {phone}."),
        ("One\n\nBy: { promised_by }\nTwo {link}", "One\n\nTwo {link}"),
        ("¿Cuándo? Antes de {promised_by}.", "¿Cuándo?"),
        ("Nothing of it.  As it was", "Nothing of it.  As it was"),
        ("{promised_by}", ""),
    ],
)
def test_only_the_sentence_with_the_time_is_left_out(text, left):
    assert messages.without_promise(text) == left


# News -----------------------------------------------------------------------------------------------------------------


def give_up(request, *, by):
    for days_ago in (2, 1, 0):
        request.attempts.create(channel="phone", outcome="no_answer", at=timezone.now() - timedelta(days=days_ago))
    request.close_unreachable(by=by)


TOLD = {
    "contacting": lambda request, by: missed(request, by=by),
    "awaiting_patient": lambda request, by: request.await_patient(by=by, text_for_patient="zqcanary"),
    "waitlisted": lambda request, by: request.waitlist(by=by, reason="zqcanary"),
    "booked": lambda request, by: request.book(by=by, **A_BOOKING),
    "declined": lambda request, by: request.decline(by=by, reason="zqcanary", text_for_patient="zqcanary"),
    "unreachable": lambda request, by: give_up(request, by=by),
}
NOT_TOLD = {
    "withdrawn": lambda request, by: request.withdraw(by=by),
    "duplicate": lambda request, by: request.mark_duplicate(by=by, of=factories.a_request()),
    "spam": lambda request, by: request.mark_spam(by=by),
    "voicemail": lambda request, by: missed(request, by=by, outcome="voicemail"),
    "reached": lambda request, by: missed(request, by=by, outcome="reached"),
    "written to": lambda request, by: missed(request, by=by, outcome="message_sent", channel="email"),
}


@pytest.mark.parametrize("step", TOLD)
def test_the_patient_is_told_of_a_step_and_not_what_was_written_there(mails, staff, step):
    stored = a_request(message="zqcanary")
    mails().clear()

    TOLD[step](stored, staff)
    [mail] = mails()

    assert mail.to == [PAT]
    assert stored.secret in mail.body
    assert "zqcanar" not in mail.message().as_string().lower()
    assert mail.body.startswith(messages.filled(ENGLISH[step][1], messages.marks_of(stored))[:30])
    assert mail.extra_headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("step", NOT_TOLD)
def test_the_patient_is_not_told_of_what_they_know_or_what_is_none_of_theirs(mails, staff, step):
    stored = a_request()
    mails().clear()

    NOT_TOLD[step](stored, staff)

    assert mails() == []


def test_a_patient_without_an_address_is_owed_no_mail(clinic, staff):
    stored = factories.a_request()
    stored.book(by=staff, **A_BOOKING)

    assert not Delivery.objects.exists()


def test_of_missed_calls_the_patient_is_told_once_a_day(mails, staff):
    stored = a_request()
    mails().clear()
    missed(stored, by=staff)
    assert len(mails()) == 1
    missed(stored, by=staff, outcome="busy")
    assert len(mails()) == 1

    Delivery.objects.update(created_at=timezone.now() - timedelta(days=1))
    missed(stored, by=staff)

    assert len(mails()) == 2


def test_news_that_was_overtaken_is_not_sent(mails, staff):
    stored = a_request()
    mails().clear()
    stored.waitlist(by=staff)
    stored.book(by=staff, **A_BOOKING)
    stored.withdraw()

    assert mails() == []
    assert not Delivery.objects.undelivered().exists()


def test_who_was_reached_at_a_second_call_is_not_told_that_we_could_not(mails, staff):
    stored = factories.a_request(email="pat@example.org")
    missed(stored, by=staff, outcome="busy")
    stored.record_attempt(by=staff, channel="phone", outcome="reached")

    assert "could not reach" not in "".join(mail.body for mail in mails())


def test_news_on_its_way_that_was_overtaken_is_not_tried_again(mails, staff, clinic, mail_server):
    stored = a_request()
    mails()
    stored.book(by=staff, **A_BOOKING)
    a_minute_later()
    news = Delivery.objects.get(kind="news")
    assert news.claim()
    stored.withdraw()
    news.mark_refused("The mail server answered 451.", retry_in=timedelta(0))

    deliveries.sweep()

    news.refresh_from_db()
    assert (news.state, news.last_error) == ("dismissed", "The request has moved on since.")
    assert len(mail_server.accepted) == 1


def test_a_second_missed_call_keeps_the_news_of_the_first_that_is_not_sent_yet(mails, staff):
    stored = a_request()
    mails().clear()
    missed(stored, by=staff)
    missed(stored, by=staff, outcome="busy")

    assert len(mails()) == 1


def test_what_is_closed_as_spam_is_not_confirmed_any_more(mails, staff):
    stored = a_request()
    stored.mark_spam(by=staff)

    assert mails() == []


def test_a_step_that_was_lost_to_somebody_else_tells_nothing(clinic, staff):
    first = a_request()
    second = AppointmentRequest.objects.get(pk=first.pk)
    first.waitlist(by=staff)

    with pytest.raises(Exception, match="Somebody else changed"):
        second.book(by=staff, **A_BOOKING)

    assert Delivery.objects.filter(kind="news").count() == 1


# The words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", WORDS)
def test_there_are_words_for_each_step_with_known_marks_alone(language):
    assert set(WORDS[language]) == set(MessageTemplate.Step)
    for subject, body in WORDS[language].values():
        assert messages.unknown_marks(subject + body) == []
        assert "{link}" in body and "{phone}" in body and "{reference}" in body


@pytest.mark.parametrize("wrote", ["Spanish", "español", "ESPAÑOL, por favor", "es", "Castellano"])
def test_a_patient_is_written_to_in_the_language_they_prefer(mails, wrote):
    stored = a_request(language=wrote, promised_by=datetime(2036, 3, 3, 17, tzinfo=UTC))

    [mail] = mails()

    assert mail.subject == "Hemos recibido su solicitud a Test Clinic"
    assert "antes de: lunes 3 de marzo a las 12:00\n" in mail.body
    assert stored.secret in mail.body


@pytest.mark.parametrize("wrote", ["", "English", "Klingon", "I do not mind", "Is it OK to ask", "Vietnamese"])
def test_other_patients_are_written_to_in_english(mails, wrote):
    a_request(language=wrote)

    [mail] = mails()

    assert mail.subject == "We have your request to Test Clinic"


def test_words_that_staff_add_in_one_more_language_are_used_until_they_are_switched_off(mails, staff):
    words = MessageTemplate.objects.create(
        step="booked", language="vi", subject="Tin tức", body="{link} {phone} {reference}"
    )
    for active in (True, False):
        MessageTemplate.objects.filter(pk=words.pk).update(active=active)
        stored = a_request(language="Vietnamese")
        mails().clear()
        stored.book(by=staff, **A_BOOKING)
        [mail] = mails()
        assert (mail.subject == "Tin tức") == active


def test_a_step_that_is_switched_off_is_told_in_no_language(mails, staff):
    MessageTemplate.objects.create(step="booked", active=False, subject="x", body="y")
    stored = a_request(language="Spanish")
    mails().clear()

    stored.book(by=staff, **A_BOOKING)

    assert mails() == []


def test_staff_words_take_the_place_of_ours(mails, staff):
    MessageTemplate.objects.create(
        step="booked", subject="Hello\nfrom {clinic}", body="See { link } {0} {x.__class__} %s"
    )
    stored = a_request()
    mails().clear()

    stored.book(by=staff, **A_BOOKING)
    [mail] = mails()

    assert mail.subject == "Hello from Test Clinic"
    assert mail.body.strip().endswith("{0} {x.__class__} %s")
    assert stored.secret in mail.body


def test_marks_are_filled_once_and_never_again(clinic):
    assert messages.filled("{clinic} {phone}", {"clinic": "{phone}", "phone": "555"}) == "{phone} 555"


def test_an_address_that_is_refused_is_given_up_at_once_and_is_no_fault_of_the_clinics(clinic, mail_server):
    factories.a_recipient("desk@example.org")
    a_request()
    mail_server.refuse = {PAT: "550 no such mailbox"}

    deliveries.sweep()

    refused = Delivery.objects.to_patients().get()
    assert (refused.state, refused.attempts) == ("failed", 1)
    assert "550" in refused.last_error and PAT not in refused.last_error
    assert not Delivery.objects.in_trouble().exists()
    assert [to for to, _ in mail_server.accepted] == ["desk@example.org"]


def test_an_address_that_is_busy_is_tried_again(clinic, mail_server):
    a_request()
    mail_server.refuse = {PAT: "451 try later"}

    deliveries.sweep()

    assert Delivery.objects.get().state == "waiting"
