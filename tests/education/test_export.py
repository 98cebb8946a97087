"""Guides as files: Markdown that reads and returns, JSON that returns exactly."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Service
from education import demo
from education.content import clean_html
from education.exporting import as_markdown, export
from education.importing import Refused
from education.importing.exported import KNOWN, KNOWN_OF_SECTION, PICTURE, read_exported
from education.importing.kinds import read_document
from education.importing.report import Report
from education.made_drafts import make_draft
from education.models import Guide, Picture, Section, Source, Topic
from tests.factories import a_guide, a_picture, a_service, a_topic

from .hostile import PAYLOADS

pytestmark = pytest.mark.django_db


def brought_back(text, topic=None):
    """(the guide that the exported text makes here, the report)"""
    report = Report()
    _, data = read_document(text.encode(), "", report)
    guide, missing = make_draft(data, topic=topic)
    return guide, [says for _, says in report.as_list()] + missing


def taken_out(guide):
    """What the guide says and its export; the guide itself is gone then."""
    data, text = guide.as_data(), export(guide.as_data(), "json")
    guide.delete()
    return data, text


@pytest.fixture
def samples(monkeypatch):
    """The six guides that ship, as drafts; the pictures' pixels do not matter here."""
    for name in ("imaging", "injections"):
        Service.objects.get_or_create(slug=name, defaults={"name": name.capitalize()})
    entries = demo.read(demo.HERE / "pictures" / "pictures.toml")
    pictures = {
        name: Picture.objects.create(
            folder=f"pictures/{number:016x}",
            width=1600,
            height=900,
            widths=[480, 1600],
            **{part: entry[part] for part in ("title", "alt", "caption", "credit")},
        )
        for number, (name, entry) in enumerate(entries.items())
    }
    paths = sorted((demo.HERE / "guides").glob("*.toml"))
    return [demo.load_guide(demo.read(path), pictures) for path in paths]


def test_each_sample_guide_returns_exactly(samples):
    assert len(samples) == 6
    for guide in samples:
        before, text = taken_out(guide)
        after, report = brought_back(text)
        assert after.as_data() == before
        assert report == []
        assert not after.is_live


def test_a_guide_that_is_still_here_is_not_touched(samples):
    guide = samples[0]
    before = guide.as_data()

    copy, report = brought_back(export(before, "json"))

    assert Guide.objects.get(pk=guide.pk).as_data() == before
    assert copy.as_data() == {**before, "slug": f"{guide.slug}-2"}
    assert report == [
        f"A guide has the address “{guide.slug}” already and stays as it is: this draft's is “{guide.slug}-2”."
    ]


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
words = text.filter(lambda value: value.strip())
html = st.lists(
    st.one_of(
        text.map(lambda value: f"<p>{value}</p>"),
        st.sampled_from([payload.encode("utf-8", "replace").decode().replace("\x00", "") for payload in PAYLOADS]),
        st.sampled_from(
            ["<ul><li>a<ul><li>b</li></ul></li></ul>", "<table><tr><th scope='row'>a</th><td>b</td></tr></table>"]
        ),
        st.sampled_from(
            ["<p>&amp;nbsp;&lt;script&gt;</p>", "<p>a<br>b</p>", "<blockquote><p>a</p></blockquote>", "<b>x", "</p>"]
        ),
    ),
    max_size=5,
).map("".join)
sections = st.fixed_dictionaries(
    {
        "level": st.sampled_from([2, 3]),
        "kind": st.sampled_from(Section.Kind.values),
        "heading": text,
        "body": html,
        "more": html,
        "picture": st.booleans(),
        "web_only": st.booleans(),
    }
)
sources = st.fixed_dictionaries(
    {
        "organization": text,
        "title": text,
        "year": st.text("0123456789-", max_size=10),
        "url": st.sampled_from(
            ["", "https://x.example/a?b=c&d=\"e'", "http://x.example", "javascript:alert(1)", "ftp://x"]
        ),
    }
)
dates = st.sampled_from([(None, None), ("2026-01-31", None), (None, "2027-02-28"), ("2024-02-29", "2026-03-01")])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=words,
    summary=text,
    written_by=text,
    reviewed_by=text,
    dates=dates,
    is_sample=st.booleans(),
    with_service=st.booleans(),
    parts=st.lists(sections, max_size=4),
    named=st.lists(sources, max_size=3),
)
def test_any_draft_returns_exactly(
    title, summary, written_by, reviewed_by, dates, is_sample, with_service, parts, named
):
    picture, _ = Picture.objects.get_or_create(
        folder="pictures/00000000000000ff",
        defaults={"title": "P", "alt": "It shows", "width": 9, "height": 9, "widths": [9]},
    )
    guide = Guide.objects.create(
        title=title[:120],
        slug="a-draft",
        topic=a_topic(),
        service=a_service() if with_service else None,
        summary=summary,
        picture=picture if is_sample else None,
        written_by=written_by,
        reviewed_by=reviewed_by,
        is_sample=is_sample,
    )
    Guide.objects.filter(pk=guide.pk).update(last_reviewed=dates[0], next_review=dates[1])
    guide.refresh_from_db()
    for position, part in enumerate(parts):
        Section.objects.create(
            guide=guide, position=position, **{**part, "picture": picture if part["picture"] else None}
        )
    for position, source in enumerate(named):
        Source.objects.create(guide=guide, position=position, **source)

    before, exported = taken_out(guide)
    after, _ = brought_back(exported)
    try:
        assert after.as_data() == before
    finally:
        after.delete()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_cleaning_what_is_clean_changes_nothing(payload):
    once = str(clean_html(payload))

    assert str(clean_html(once)) == once


def test_the_import_knows_every_field_of_the_export():
    picture = a_picture()
    guide = a_guide(sections=[{"heading": "A", "picture": picture, "web_only": True}], picture=picture)
    guide.sources.create(organization="A", title="B")
    data = guide.as_data()

    assert set(data) | {"related"} == KNOWN  # which stands there when guides are chosen
    assert set(data["sections"][0]) == KNOWN_OF_SECTION
    assert set(data["picture"]) == PICTURE


def test_what_this_site_does_not_have_is_said():
    data = a_guide(
        "Knee scan", service=a_service("Imaging"), picture=a_picture("P", alt="A knee"), topic=a_topic("Knees")
    ).as_data()
    Guide.objects.all().delete()
    Service.objects.all().delete()
    Picture.objects.all().delete()

    guide, report = brought_back(export(data, "json"))

    assert (guide.service, guide.picture, guide.topic.slug) == (None, None, "knees")
    assert report == [
        "The service “imaging” does not exist here: choose one in the form.",
        "The picture at the top (“A knee”) is not in this library: add it there, then choose it in the form.",
    ]


def test_a_picture_of_another_library_with_the_same_number_is_not_taken():
    data = a_guide(picture=a_picture("Ours", alt="Ours")).as_data()
    data["picture"]["folder"] = "pictures/0123456789abcdef"
    data["slug"] = ""

    guide, report = brought_back(json.dumps(data))

    assert guide.picture is None
    assert "is not in this library" in report[0]


def test_what_the_file_claims_of_a_review_is_pointed_at():
    data = a_guide(reviewed_by="Dr. Nobody", last_reviewed=date(2026, 1, 1)).as_data() | {"extra": 1, "slug": ""}

    guide, report = brought_back(json.dumps(data))

    assert guide.reviewed_by == "Dr. Nobody"
    assert "Make sure that it is so." in "".join(report)
    assert "something this site does not know: “extra”" in "".join(report)


def test_unclean_html_is_cleaned_and_said():
    data = a_guide().as_data() | {"slug": ""}
    data["sections"][0]["body"] = "<p onclick=x()>a</p><script>b</script>"

    guide, report = brought_back(json.dumps(data))

    assert guide.sections.get().body == "<p>a</p>"
    assert report == ["The text of section 1 was cleaned: it held what a guide may not hold."]


def test_no_field_is_taken_for_granted():
    """Whatever stands in place of a field: a refusal, or a draft that can be made; never another error."""
    whole = a_guide(sections=[{"heading": "A"}]).as_data()
    odd = [None, True, -1, 10**30, 1.5, float("nan"), "", "x" * 500_001, [], [[]], {}, {"a": []}, "\ud800", "\x00"]
    for name in whole:
        for value in odd:
            tried(whole | {name: value})
    for name in whole["sections"][0]:
        for value in odd:
            tried(whole | {"sections": [whole["sections"][0] | {name: value}]})
    for name in ("organization", "title", "year", "url"):
        for value in odd:
            tried(whole | {"sources": [{"organization": "A", "title": "B", "year": "", "url": "", name: value}]})


def tried(data):
    try:
        found = read_exported(data, Report())
    except Refused as refused:
        assert str(refused).endswith(".")
        return
    guide, _ = make_draft(found, topic=Topic.objects.first())
    guide.delete()


# Markdown --------------------------------------------------------------------------------------------------------------


def squeezed(html):
    return "".join(html.split())


def test_each_sample_guide_returns_from_markdown_but_for_its_pictures(samples):
    for guide in samples:
        data = guide.as_data()
        _, found = read_document(as_markdown(data).encode(), "", Report())
        assert (found["title"], found["summary"], found["sources"]) == (data["title"], data["summary"], data["sources"])
        for section, returned in zip(data["sections"], found["sections"], strict=True):
            for name in ("level", "kind", "heading"):
                assert returned[name] == section[name]
            for name in ("body", "more"):
                assert squeezed(returned[name]) == squeezed(section[name]), section["heading"]


def test_markdown_reads_as_a_person_would_write_it():
    guide = a_guide(
        "Knee *scan*",
        sections=[
            {
                "heading": "What it is",
                "body": "<p>A <strong>scan</strong> of the <em>knee</em>: <a href='/guides/x/'>more</a>.<br>1. Not a list</p>"
                "<ul><li>one<ol><li>deep</li></ol></li><li>two</li></ul><ul><li>another list</li></ul>"
                "<blockquote><p>Said.</p></blockquote>"
                "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1 | 2</td><td>3</td></tr></tbody></table>",
                "more": "<p># Detail</p>",
            },
            {"heading": "Call us if", "kind": "urgent", "level": 3, "body": "<p>It hurts.</p>"},
        ],
    )
    guide.sources.create(organization="FDA", title="Scans", year="2023", url="https://x.example/a_(b)")

    assert as_markdown(guide.as_data()) == (
        "# Knee \\*scan\\*\n\nIn short.\n\n## What it is\n\n"
        "A **scan** of the *knee*: [more](/guides/x/).  \n1\\. Not a list\n\n"
        "- one\n  1. deep\n- two\n\n* another list\n\n> Said.\n\n| a | b |\n| --- | --- |\n| 1 \\| 2 | 3 |\n\n"
        "<details><summary>Read more</summary>\n\n\\# Detail\n\n</details>\n\n"
        "### Call us if\n\n*Care card: urgent*\n\nIt hurts.\n\n"
        "## Sources\n\n- FDA: Scans (2023) <https://x.example/a_%28b%29>\n"
    )


# The buttons and the command -------------------------------------------------------------------------------------------


def test_the_form_offers_both_files(staff_client, clinic):
    guide = a_guide("Knee scan")

    form = staff_client.get(reverse("admin:education_guide_change", args=[guide.pk])).content.decode()
    for name, ending, kind in (("markdown", "md", "text/markdown"), ("json", "json", "application/json")):
        address = reverse("admin:education_guide_export", args=[guide.pk, name])
        assert f'href="{address}"' in form
        response = staff_client.get(address)
        assert response["Content-Type"] == f"{kind}; charset=utf-8"
        assert response["Content-Disposition"] == f'attachment; filename="knee-scan.{ending}"'
        assert response.content.decode() == export(guide.as_data(), name)
    assert staff_client.get(reverse("admin:education_guide_export", args=[guide.pk, "pdf"])).status_code == 404


def test_the_command_writes_what_the_buttons_give():
    guide = a_guide("Knee scan")
    out = StringIO()

    call_command("export_guide", "knee-scan", "--format", "json", stdout=out)

    assert json.loads(out.getvalue()) == guide.as_data()
    with pytest.raises(CommandError, match="no guide with the address nothing"):
        call_command("export_guide", "nothing")
