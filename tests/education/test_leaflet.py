"""The PDF leaflet, as far as what draws it is installed."""

import logging
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest

from education import leaflet
from education.models import Revision
from tests.factories import a_clinic, a_guide, a_picture, a_published_guide

needs_pango = pytest.mark.skipif(not leaflet.available(), reason="WeasyPrint or Pango is not installed here")
ADDRESS = "/guides/back-pain/leaflet.pdf"


@pytest.fixture(autouse=True)
def site(settings, monkeypatch):
    settings.SITE_URL = "https://clinic.example.org"
    monkeypatch.setattr(
        leaflet, "SECONDS", 300
    )  # a busy test machine is not what is tested; the limit itself is, below


@pytest.fixture
def guide(clinic):
    parts = [
        {
            "heading": "What it is",
            "body": "<p>Plain words.</p>",
            "more": "<p>The folded detail.</p>",
            "picture": a_picture(),
        },
        {"heading": "For a day", "kind": "do_not", "body": "<ul><li>drive</li></ul>"},
        {
            "heading": "Doses",
            "body": "<table><tr><th>Test</th><th>Dose</th></tr><tr><th>Barium</th><td>low</td></tr></table>",
        },
    ]
    return a_published_guide("Back pain", sections=parts)


def read(content):
    from pypdf import PdfReader

    return PdfReader(BytesIO(content))


@needs_pango
def test_the_leaflet_is_tagged_named_and_holds_all_that_is_folded(client, guide):
    response = client.get(ADDRESS)

    pdf = read(response.content)
    root = pdf.trailer["/Root"]
    words = "\n".join(page.extract_text() for page in pdf.pages)
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en"
    assert pdf.metadata.title == "Back pain – Test Clinic"
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    for said in ("The folded detail.", "drive", "Do not", "Barium", "(212) 555-0142", "911"):
        assert said in words, said
    assert "https://clinic.example.org/guides/back-pain/" in "".join(words.split())
    assert words.index("For a day") < words.index("drive") < words.index("Doses")
    assert "Read more" not in words
    assert not response.cookies


SENTENCE = "You lie on a table, and the machine moves around you while we watch a screen together. "


def a_long_guide(**facts):
    """Whose visible text fills some three pages, and whose folded text as many again."""
    parts = [
        {"heading": f"Part {n}", "body": f"<p>{SENTENCE * 15}</p>", "more": f"<p>Folded {n}. {SENTENCE * 15}</p>"}
        for n in range(5)
    ]
    at_home = {"heading": "Tell us if", "kind": "warning", "body": "<ul><li>you are pregnant</li></ul>"}
    elsewhere = {"heading": "A long history", "body": f"<p>Röntgen. {SENTENCE * 90}</p>", "web_only": True}
    guide = a_guide("Back pain", sections=[*parts, at_home, elsewhere], **facts)
    guide.sources.create(organization="WHO", title="On backs", url="https://example.org/")
    guide.publish(by=None)
    return guide


@needs_pango
def test_a_long_guide_has_a_leaflet_of_four_pages_that_says_what_it_left_out(client, clinic):
    a_long_guide()

    pdf = read(client.get(ADDRESS).content)
    words = " ".join("\n".join(page.extract_text() for page in pdf.pages).split())

    assert len(pdf.pages) <= 4
    for said in ("Part 4", "you are pregnant", "The web page has more detail", "A long history"):
        assert said in words, said
    for left_out in ("Folded 0", "Röntgen"):
        assert left_out not in words, left_out


@needs_pango
def test_without_a_limit_the_long_guide_has_more_pages(client, clinic, monkeypatch):
    monkeypatch.setattr(leaflet, "MOST_PAGES", 100)
    a_long_guide()

    pdf = read(client.get(ADDRESS).content)

    assert len(pdf.pages) > 4
    assert "Folded 0" in "".join(page.extract_text() for page in pdf.pages)


@needs_pango
@pytest.mark.parametrize(("region", "width"), [("US", 612), ("ES", 595)])
def test_it_is_on_the_country_s_paper_and_in_letters_of_12_points_at_least(client, guide, settings, region, width):
    settings.PHONENUMBER_DEFAULT_REGION = region
    sizes = set()

    for page in read(client.get(ADDRESS).content).pages:
        assert round(page.mediabox.width) == width
        page.extract_text(
            visitor_text=lambda text, matrix, line, font, size: text.strip() and sizes.add(round(size * line[0]))
        )

    assert min(sizes) >= 12


@needs_pango
def test_its_pictures_have_their_words_and_its_headings_their_rank(client, guide):
    kinds, alternatives = set(), []

    def walk(node):
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, dict):
            kinds.add(node.get("/S"))
            alternatives.append(node.get("/Alt"))
            walk(node.get("/K", []))

    walk(read(client.get(ADDRESS).content).trailer["/Root"]["/StructTreeRoot"])

    assert {"/H1", "/H2", "/Figure", "/Table", "/TH", "/TD", "/L", "/LI"} <= kinds
    assert {"What it shows", "QR code that opens this page on the web"} <= set(alternatives)


@needs_pango
def test_it_is_made_once_for_a_revision_and_anew_when_its_facts_change(client, guide, settings):
    client.get(ADDRESS)
    [first] = Path(settings.MEDIA_ROOT).glob("made/*/leaflet-*.pdf")
    written = first.stat().st_mtime_ns
    client.get(ADDRESS)
    assert first.stat().st_mtime_ns == written
    a_clinic(phone="212-555-0199")

    words = read(client.get(ADDRESS).content).pages[0].extract_text()

    assert "555-0199" in words
    assert len(list(Path(settings.MEDIA_ROOT).glob("made/*/leaflet-*.pdf"))) == 1


@needs_pango
def test_it_opens_nothing_but_what_it_was_given(client, guide, caplog):
    for source in ("http://127.0.0.1:9/x.webp", "file:///etc/hostname", "/media/other.webp", "//elsewhere.example/x"):
        Revision.objects.update(html=f'<p>a</p><img src="{source}" alt="x">')
        with caplog.at_level(logging.ERROR, "clinic.leaflet"):
            response = client.get(ADDRESS)
        assert response.status_code == 503, source
        assert "may not open" in caplog.text
        caplog.clear()


@needs_pango
def test_what_takes_too_long_is_given_up_and_says_what_to_do(client, guide, monkeypatch):
    monkeypatch.setattr(leaflet, "SECONDS", 0.05)

    response = client.get(ADDRESS)

    assert response.status_code == 503
    assert "print the page itself" in response.text
    assert response["Retry-After"]
    assert not response.cookies
    assert not leaflet.one_at_a_time.locked()


@needs_pango
def test_who_comes_while_another_is_made_does_not_wait_for_long(client, guide, monkeypatch):
    monkeypatch.setattr(leaflet, "WAIT", 0.05)

    with leaflet.one_at_a_time:
        assert client.get(ADDRESS).status_code == 503
    assert client.get(ADDRESS).status_code == 200


@needs_pango
def test_hostile_words_do_not_break_it(client, clinic):
    bad = '</title><script>alert(1)</script>"&\x07'
    guide = a_guide(bad, slug="back-pain", written_by=bad, sections=[{"heading": bad, "body": "<p>a</p>"}])
    guide.publish(by=None)

    assert read(client.get(ADDRESS).content).metadata.title.startswith("</title><script>alert(1)</script>")


@pytest.mark.skipif(
    not (leaflet.available() and shutil.which("zbarimg") and shutil.which("pdftoppm")), reason="no decoder"
)
def test_a_camera_reads_the_address(client, guide, tmp_path):
    (tmp_path / "leaflet.pdf").write_bytes(client.get(ADDRESS).content)
    subprocess.run(["pdftoppm", "-r", "150", "-png", tmp_path / "leaflet.pdf", tmp_path / "page"], check=True)

    read = [
        subprocess.run(["zbarimg", "-q", page], capture_output=True, text=True).stdout
        for page in tmp_path.glob("*.png")
    ]

    assert "QR-Code:https://clinic.example.org/guides/back-pain/\n" in "".join(read)


@needs_pango
def test_the_page_offers_the_leaflet(client, guide):
    assert 'href="/guides/back-pain/leaflet.pdf"' in client.get(guide.get_absolute_url()).text


def test_without_what_draws_it_the_site_offers_none(client, guide, monkeypatch):
    monkeypatch.setattr(leaflet, "available", lambda: False)

    assert client.get(ADDRESS).status_code == 404
    assert "leaflet.pdf" not in client.get(guide.get_absolute_url()).text


def test_a_guide_that_is_not_live_has_no_leaflet(client, guide):
    guide.withdraw(by=None)

    assert client.get(ADDRESS).status_code == 404


def test_the_picture_at_the_top_is_in_the_leaflet(clinic):
    picture = a_picture(alt="A patient lies on a table.")
    live = a_published_guide("Back pain", picture=picture).live_revision

    html = leaflet.as_html(live, "https://clinic.example.org/guides/back-pain/", clinic)

    assert 'alt="A patient lies on a table."' in html
    assert any(picture.folder in name for name in leaflet.files_for(html, "https://clinic.example.org/"))


@pytest.fixture
def many_pictures(clinic, monkeypatch):
    monkeypatch.setattr(leaflet, "MOST_PICTURES", 2)
    pictures = [a_picture(alt=f"What picture {number} shows", caption=f"Caption {number}") for number in range(3)]
    parts = [{"heading": f"Part {n}", "picture": picture} for n, picture in enumerate([pictures[0], *pictures])]
    return a_published_guide("Back pain", sections=parts)


def test_a_picture_too_many_is_told_in_words_and_one_that_comes_twice_counts_once(many_pictures, clinic):
    html = leaflet.as_html(many_pictures.live_revision, "https://clinic.example.org/", clinic)

    assert '<p class="left-out">What picture 2 shows</p>' in html
    assert 'alt="What picture 1 shows"' in html
    assert html.count('alt="What picture 0 shows"') == 2
    assert "Caption 2" in html
    shown = {source for source, _ in leaflet.pictures_of(html)}
    assert len(shown) == 2  # and so nothing is shown that the process was not given


@needs_pango
def test_a_leaflet_with_too_many_pictures_is_drawn(client, many_pictures):
    response = client.get(ADDRESS)

    assert response.status_code == 200
    assert "What picture 2 shows" in " ".join(page.extract_text() for page in read(response.content).pages)
