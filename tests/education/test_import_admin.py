"""A document becomes a draft in the admin and by command."""

import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from education import import_admin
from education.exporting import as_json
from education.made_drafts import make_draft
from education.models import Guide
from tests.factories import a_guide, a_published_guide, a_topic, a_user

from .documents import COPIED_PAGE, docx, p
from .hostile import PAYLOADS, dangers

LIST = reverse("admin:education_guide_changelist")
IMPORT = reverse("admin:education_guide_import")


def a_file(content, name="document.txt"):
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def carried(response):
    """What the button of the check page posts."""
    return {"draft": re.search(r'name="draft" value="([^"]+)"', response.content.decode())[1]}


@pytest.fixture
def topic(db):
    return a_topic("Children")


def test_from_a_button_on_the_list_to_a_draft_in_its_form(staff_client, clinic, topic):
    assertContains(staff_client.get(LIST), f'href="{IMPORT}"')
    assertContains(staff_client.get(IMPORT), 'enctype="multipart/form-data"')

    check = staff_client.post(IMPORT, {"text": COPIED_PAGE, "topic": topic.pk})
    assertContains(check, "Understanding fluoroscopy")
    assertContains(check, "Guiding needles")
    assertContains(check, "Cookie banner: “Accept all cookies”")
    assert not Guide.objects.exists()  # until the button is pressed

    form = staff_client.post(IMPORT, carried(check), follow=True)
    guide = Guide.objects.get()
    assert form.redirect_chain == [(reverse("admin:education_guide_change", args=[guide.pk]), 302)]
    assert (guide.title, guide.topic, guide.is_live, guide.sections.count()) == (
        "Understanding fluoroscopy",
        topic,
        False,
        7,
    )
    assertContains(form, "The draft is made. Patients cannot read it until it is published.")
    assertContains(form, "Kept in plain sight")
    assertContains(form, "Cookie banner: “Accept all cookies”")
    logged = LogEntry.objects.get(object_id=guide.pk)
    assert "What was left out: Cookie banner: “Accept all cookies”" in logged.get_change_message()


def test_a_word_document_comes_in_as_a_file_whatever_its_name(staff_client, clinic, topic):
    content = docx(p("Your scan", "Title"), p("A scan takes pictures."), p("Before", "Heading1"), p("Eat nothing."))

    check = staff_client.post(IMPORT, {"file": a_file(content, "scan.txt"), "topic": topic.pk})
    staff_client.post(IMPORT, carried(check))

    assertContains(check, "It was read as a Word document.")
    guide = Guide.objects.get()
    assert [section.body for section in guide.sections.all()] == ["<p>Eat nothing.</p>"]


def test_an_import_overwrites_nothing_and_publishes_nothing(staff_client, clinic, topic):
    live = a_published_guide("Understanding fluoroscopy")

    for _ in range(2):
        check = staff_client.post(IMPORT, {"text": COPIED_PAGE, "topic": topic.pk})
        staff_client.post(IMPORT, carried(check))

    assert [(guide.slug, guide.is_live) for guide in Guide.objects.order_by("pk")] == [
        ("understanding-fluoroscopy", True),
        ("understanding-fluoroscopy-2", False),
        ("understanding-fluoroscopy-3", False),
    ]
    assert live.sections.get().body == "<p>Plain words.</p>"


def test_a_guide_as_json_brings_its_topic(staff_client, clinic, topic):
    guide = a_guide("Back pain", topic=topic)
    content = as_json(guide.as_data())
    before = guide.as_data()
    guide.delete()

    check = staff_client.post(IMPORT, {"file": a_file(content, "back-pain.json")})
    staff_client.post(IMPORT, carried(check))
    assert Guide.objects.get().as_data() == before

    topic_gone = content.replace('"topic": "children"', '"topic": "gone"')
    refused = staff_client.post(IMPORT, {"file": a_file(topic_gone, "back-pain.json")})
    assertContains(refused, "the file names “gone”, which does not exist here", status_code=422)


@pytest.mark.parametrize(
    ("post", "field", "sentence"),
    [
        ({}, "file", "Choose a document, or paste its text below."),
        ({"file": (b"%PDF-1.7", "a.docx")}, "file", "This is a PDF."),
        ({"file": (b"", "a.txt")}, "file", "The file is empty."),
        ({"file": (b"a" * (10 * 1024 * 1024 + 1), "a.txt")}, "file", "The file is larger than 10 MB."),
        ({"text": "a" * 1_000_001}, "text", "This is more than 1,000,000 characters."),
        ({"text": "word " * 120_000}, "text", "This is more than one guide can hold"),
        ({"text": "a\x00b"}, "text", "The text holds characters that are no text."),
        ({"text": "Title\n\nWords are here.", "topic": ""}, "topic", "Choose the topic under which patients find it"),
    ],
)
def test_a_refusal_stands_next_to_its_field_and_keeps_what_was_pasted(
    staff_client, clinic, topic, post, field, sentence
):
    post = {"topic": topic.pk, **post}
    if "file" in post:
        post["file"] = a_file(*post["file"])

    response = staff_client.post(IMPORT, post)

    assert response.status_code == 422
    assert any(sentence in error for error in response.context["form"].errors[field])
    assertContains(response, f'aria-invalid="true" aria-describedby="id_{field}_helptext', status_code=422)
    if len(post.get("text", "")) in range(1, 1000) and "\x00" not in post["text"]:
        assertContains(response, "Words are here.", status_code=422)
    assert not Guide.objects.exists()


def test_a_file_and_a_text_at_once_are_asked_about(staff_client, clinic, topic):
    post = {"file": a_file("One text here."), "text": "Another text.", "topic": topic.pk}

    response = staff_client.post(IMPORT, post)

    assertContains(response, "Choose a file or paste a text, not both.", status_code=422)
    assertContains(response, "Another text.", status_code=422)


def test_more_than_the_site_takes_at_all_is_no_error_of_ours(staff_client, clinic, topic):
    response = staff_client.post(IMPORT, {"text": "a" * 6_000_000, "topic": topic.pk})

    assert response.status_code == 400


def test_a_draft_that_was_changed_on_its_way_is_refused(staff_client, clinic, topic, monkeypatch):
    check = staff_client.post(IMPORT, {"text": COPIED_PAGE, "topic": topic.pk})
    draft = carried(check)["draft"]

    for broken in ("", "x", draft[:-1], draft[:50] + "A" + draft[51:]):
        response = staff_client.post(IMPORT, {"draft": broken})
        assertContains(response, "Choose the document once more.", status_code=422)
    monkeypatch.setattr(import_admin, "CHECK_WITHIN", -1)
    assert staff_client.post(IMPORT, {"draft": draft}).status_code == 422
    assert not Guide.objects.exists()


def test_a_topic_that_was_deleted_meanwhile_is_said(staff_client, clinic, topic):
    check = staff_client.post(IMPORT, {"text": COPIED_PAGE, "topic": topic.pk})
    topic.delete()

    response = staff_client.post(IMPORT, carried(check))

    assertContains(response, "Somebody deleted the topic", status_code=422)


def test_nothing_that_could_run_reaches_the_pages(staff_client, clinic, topic):
    parts = "".join(f"<h2>Part {n}</h2><p>Words.</p>{payload}" for n, payload in enumerate(PAYLOADS[11:60]))
    page = f"<!doctype html><h1>Title <img src=x onerror=alert(1)></h1><p>Intro.</p>{parts}"

    check = staff_client.post(
        IMPORT, {"file": a_file(page.encode("utf-8", "replace"), "<script>alert(1)</script>.html"), "topic": topic.pk}
    )
    form = staff_client.post(IMPORT, carried(check), follow=True)

    for response in (check, form):
        assertNotContains(response, "<script>alert")
        assertNotContains(response, "<img src=x")
    for section in Guide.objects.get().sections.all():
        assert dangers(section.body) == dangers(section.more) == []


def test_who_may_not_add_guides_imports_nothing(db, clinic):
    client = Client()
    client.force_login(a_user(superuser=False))

    assert client.get(IMPORT).status_code == client.post(IMPORT, {"text": "x"}).status_code == 403
    assertNotContains(client.get(reverse("admin:index")), IMPORT)


def test_a_free_address_is_never_too_long(db):
    a_guide("A", slug="a" * 80)

    assert Guide.objects.free_slug("a" * 80) == "a" * 78 + "-2"


# By command ------------------------------------------------------------------------------------------------------------


def command(*arguments):
    out = StringIO()
    call_command("import_guide", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_command_makes_the_same_draft_and_prints_the_report(tmp_path, topic):
    path = tmp_path / "page.txt"
    path.write_text(COPIED_PAGE)

    said = command(path, "--topic", "children")

    assert Guide.objects.get().sections.count() == 7
    assert "Draft “Understanding fluoroscopy” made, address understanding-fluoroscopy. It is not live." in said
    assert "What was left out: Cookie banner: “Accept all cookies”" in said


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (b"Some words here.", [], "Say under which topic. Use --topic with one of: children."),
        (b"Some words here.", ["--topic", "gone"], "There is no topic “gone”."),
        (b"%PDF-1.7", ["--topic", "children"], "This is a PDF."),
        (None, ["--topic", "children"], "cannot be read: No such file or directory."),
    ],
)
def test_the_command_says_what_to_do(tmp_path, topic, content, arguments, sentence):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError, match=re.escape(sentence)):
        command(path, *arguments)
    assert not Guide.objects.exists()


def test_a_second_click_makes_no_second_draft(staff_client, clinic, topic):
    draft = carried(staff_client.post(IMPORT, {"text": COPIED_PAGE, "topic": topic.pk}))
    staff_client.post(IMPORT, draft)
    Guide.objects.update(title="Changed since")

    again = staff_client.post(IMPORT, draft, follow=True)

    guide = Guide.objects.get()
    assert again.redirect_chain == [(reverse("admin:education_guide_change", args=[guide.pk]), 302)]
    assertContains(again, "The draft was made by your first click already")
    assert (guide.title, guide.history.count()) == ("Changed since", 1)
    other = carried(staff_client.post(IMPORT, {"text": COPIED_PAGE, "topic": topic.pk}))
    staff_client.post(IMPORT, other)  # the same document once more, on purpose
    assert Guide.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_draft(clinic):
    topic, data, token = a_topic(), a_guide("Back pain").as_data(), uuid.uuid4()
    at_once = threading.Barrier(2)

    def click(_):
        try:
            at_once.wait()
            return make_draft(data, topic=topic, token=token)[0].pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(click, range(2)))

    assert made[0] == made[1]
    assert Guide.objects.count() == 2  # with the one that was there


def test_whoever_imports_a_guide_owns_it(staff_client, staff, clinic, topic, tmp_path):
    staff_client.post(IMPORT, carried(staff_client.post(IMPORT, {"text": COPIED_PAGE, "topic": topic.pk})))
    assert Guide.objects.get().owner == staff

    (file := tmp_path / "a.md").write_text("# By command\n\nWords.")
    olga = a_user("olga")
    call_command("import_guide", file, topic="children", owner="olga", stdout=StringIO())
    assert Guide.objects.get(title="By command").owner == olga
    with pytest.raises(CommandError, match="nobody with the user name “nobody”"):
        call_command("import_guide", file, topic="children", owner="nobody", stdout=StringIO())
    assert Guide.objects.count() == 2
