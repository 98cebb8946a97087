"""Each house rule: what it finds, and the near miss that it leaves alone."""

import inspect
from datetime import date

import pytest

from education import house_rules
from education.demo import HERE, read
from education.house_rules import ADVISING, BLOCKING, Draft, Finding, one_in

PICTURE = {"alt": "A patient lies on a table.", "caption": ""}
SOURCES = [
    {"organization": "UK Health Security Agency", "title": "Patient dose information", "year": "2008", "url": ""},
    {
        "organization": "Mishra and Stringer, Journal of Practice",
        "title": "Sciatic nerve injury",
        "year": "",
        "url": "",
    },
    {
        "organization": "US Food and Drug Administration (FDA)",
        "title": "Fluoroscopy",
        "year": "",
        "url": "https://fda.example",
    },
    {"organization": "Image Gently", "title": "For parents", "year": "", "url": ""},
]


def a_draft(*sections, dead_links=(), **facts):
    blank = {
        "level": 2,
        "kind": "text",
        "heading": "What it is",
        "body": "<p>Plain words.</p>",
        "more": "",
        "picture": None,
    }
    data = {
        "title": "A guide",
        "summary": "Plain.",
        "picture": None,
        "last_reviewed": None,
        "is_sample": True,
        "sources": [],
        "sections": [{**blank, **section} for section in sections or [{}]],
        **facts,
    }
    return Draft(data, today=date(2026, 5, 4), dead_links=frozenset(dead_links))


def found(rule, *sections, **facts):
    return list(rule(a_draft(*sections, **facts)))


def places(findings):
    return [(finding.section, finding.field) for finding in findings]


def body(*texts, **facts):
    return {"body": "".join(f"<p>{text}</p>" for text in texts), **facts}


def test_every_rule_counts():
    functions = [thing for thing in vars(house_rules).values() if inspect.isgeneratorfunction(thing)]

    assert set(functions) == {*BLOCKING, *ADVISING}


def test_a_finding_knows_the_field_it_speaks_of():
    assert Finding("", "summary").field_id == "id_summary"
    assert Finding("", "more", 3).field_id == "id_sections-3-more"
    assert Finding("", "sections").field_id == "sections-group"


def test_a_plain_draft_is_left_alone():
    assert house_rules.in_the_way(a_draft()) == house_rules.advice(a_draft()) == []


# What stands in the way -----------------------------------------------------------------------------------------------


def test_a_guide_has_sections():
    assert places(found(house_rules.has_sections, sections=[])) == [(None, "sections")]
    assert not found(house_rules.has_sections)


@pytest.mark.parametrize("blank", ["", " ", "\u200b", "…"])
def test_title_summary_and_headings_say_something(blank):
    rule = house_rules.nothing_is_blank
    assert places(found(rule, {}, {"heading": blank}, title=blank, summary=blank)) == [
        (None, "title"),
        (None, "summary"),
        (1, "heading"),
    ]
    assert not found(rule, {"heading": "ما هو"}, title="¿Qué?")


def test_headings_are_in_order():
    assert places(found(house_rules.headings_in_order, {"level": 3}, {})) == [(0, "level")]
    assert not found(house_rules.headings_in_order, {}, {"level": 3}, {"level": 3})


def test_no_section_is_empty():
    rule = house_rules.no_empty_section
    assert places(found(rule, {"body": ""}, {})) == [(0, "body")]
    assert places(found(rule, {"body": ""}, {"body": "", "level": 3})) == [(1, "body")]
    assert not found(rule, {"body": ""}, {"level": 3})  # a heading above its parts
    assert not found(rule, {"body": "", "picture": PICTURE})
    assert not found(rule, {"body": "", "more": "<p>More.</p>"})


@pytest.mark.parametrize(
    "alt", [" ", "IMG_2031.JPG", "holiday-2.webp", "image", "A photo", "Picture 3", "DSC_0012", "…"]
)
def test_a_text_alternative_says_something(alt):
    assert places(found(house_rules.pictures_speak, {"picture": {**PICTURE, "alt": alt}})) == [(0, "picture")]
    assert places(found(house_rules.pictures_speak, picture={**PICTURE, "alt": alt})) == [(None, "picture")]


@pytest.mark.parametrize("alt", ["", "A photo of the front door", "Picture of a stent", "Needle"])
def test_a_decorative_picture_and_a_short_description_are_fine(alt):  # "" is what a decorative picture has
    assert not found(house_rules.pictures_speak, {"picture": {**PICTURE, "alt": alt}})


@pytest.mark.parametrize(
    "hidden",
    [
        {"kind": "emergency"},
        {"kind": "warning"},
        {"heading": "Risks and safety"},
        {"heading": "When to get help"},
        {"heading": "If you are pregnant"},
        {"more": "<p>Detail.</p><p>Call 911 if your face swells.</p>"},
        {"more": "<ul><li>trouble breathing</li></ul>"},
        {"more": "<p>There is a small risk of bleeding.</p>"},
        {"more": "<p>Side effects are rare.</p>"},
        {"more": "<p>Tell the nurse about a pregnancy.</p>"},
        {"more": "<p>Get medical help at once if you cannot breathe.</p>"},
        {"more": "<p>Go to the hospital straight away if your arm is weak.</p>"},
        {"more": "<p>If your face swells, go back to the nearest hospital.</p>"},
        {"more": "<p>See a doctor the same day if you have a fever.</p>"},
        {"more": "<p>Phone us at once if your face swells.</p>"},
        {"more": "<p>Call the clinic if it bleeds.</p>"},
        {"more": "<p>Tell us if you are breast-feeding.</p>"},
        {"more": "<p>Tell the nurse if you take blood thinners.</p>"},
        {"more": "<p>You may have an allergic reaction.</p>"},
    ],
)
def test_safety_is_not_behind_read_more(hidden):
    assert places(found(house_rules.safety_in_plain_sight, {"more": "<p>Detail.</p>", **hidden})) == [(0, "more")]


def test_what_stands_below_a_heading_on_safety_is_safety_too():
    above, below = {"heading": "Risks"}, {"level": 3, "heading": "Skin", "more": "<p>Detail.</p>"}

    assert places(found(house_rules.safety_in_plain_sight, above, below)) == [(1, "more")]
    assert not found(house_rules.safety_in_plain_sight, above, {"heading": "After"}, below)


@pytest.mark.parametrize("kind", ["emergency", "urgent", "non_urgent", "warning"])
def test_what_is_part_of_a_care_card_is_in_plain_sight_too(kind):
    card, below = {"kind": kind, "heading": "Swelling"}, {"level": 3, "heading": "Skin", "more": "<p>Detail.</p>"}

    assert places(found(house_rules.safety_in_plain_sight, card, below)) == [(1, "more")]
    assert not found(house_rules.safety_in_plain_sight, card, {**below, "level": 2})


@pytest.mark.parametrize(
    "fine",
    [
        {"more": "<p>Someone presses on the spot for some minutes to stop the bleeding.</p>"},
        {"more": "<p>A brisk walk helps. Call it a day early.</p>"},
        {"more": "<p>You go to the hospital in the morning. You can go home right away.</p>"},
        {"more": "<p>Go to the clinic on the second floor.</p>"},
        {"more": "<p>Tell us what music you like. Tell us if you would like a blanket.</p>"},
        {"more": "<p>See the nurse after lunch. We phone you if we are late.</p>"},
        {"more": "<p>The doctor sees the pictures the same day.</p>"},
        {"more": "<p>The sheets are hypoallergenic. It is a picture of the breast.</p>"},
        {"heading": "Asterisks and other signs", "more": "<p>Detail.</p>"},
        {"heading": "Risks", "body": "<p>Some.</p>"},
        {"kind": "urgent", "body": "<p>Fever.</p>"},
    ],
)
def test_harmless_detail_may_stand_behind_read_more(fine):
    assert not found(house_rules.safety_in_plain_sight, fine)


@pytest.mark.parametrize(
    "figure",
    [
        "It is 1.5 mSv.",
        "About 1 in 13,000 people.",
        "It helps 30% of people.",
        "8 out of 10 were well.",
        "One in three missed.",
        "It is 20 percent.",
        "Less than 1 part in 10,000.",
        "6 to 8 mSv.",
        "Far less than 50 mGy.",
        "It helps 1 in every 1,000.",
        "It helps 3 out of every 100.",
        "It helps 5 of 100 people.",
        "It harms 2 per 1,000.",
        "The odds are 1:1000.",
        "Two for every thousand.",
        "It is one in twenty.",
    ],
)
def test_a_figure_names_its_source(figure):
    rule = house_rules.figures_have_a_source
    assert places(found(rule, body(figure), sources=SOURCES)) == [(0, "body")]
    assert places(found(rule, {"more": f"<p>{figure}</p>"}, sources=SOURCES)) == [(0, "more")]
    assert places(found(rule, summary=figure, sources=SOURCES)) == [(None, "summary")]
    assert found(rule, body(figure, "So says the UKHSA."))  # and the source is listed

    for name in ("the UKHSA", "the UK Health Security Agency", "Mishra", "Stringer (2010)", "the FDA", "Image Gently"):
        assert not found(rule, body(figure, f"So says {name}."), sources=SOURCES), name
    assert not found(rule, body(f'{figure} <a href="https://fda.example">Read it there</a>'), sources=SOURCES)
    assert not found(rule, body("Numbers of the UKHSA."), body(figure, level=3), sources=SOURCES)


@pytest.mark.parametrize(
    "text",
    [
        "Nothing to eat for 6 hours.",
        "Ages 4 to 7.",
        "It takes 20 minutes.",
        "Call 911.",
        "One in the morning.",
        "Come at 10:30.",
        "Step 2 of 5.",
        "One per day, 2 per 24 hours.",
        "One of the people here helps you.",
    ],
)
def test_times_and_ages_are_no_figures(text):
    assert not found(house_rules.figures_have_a_source, body(text))


def test_a_figure_outside_the_running_text_names_its_source_too():
    rule, figure = house_rules.figures_have_a_source, "It helps 1 in 10 people."
    caption = {"alt": "A patient lies on a table.", "caption": figure}

    assert places(found(rule, {"heading": figure})) == [(0, "heading")]
    assert places(found(rule, {"picture": caption})) == places(found(rule, {"picture": {**PICTURE, "alt": figure}}))
    assert places(found(rule, {"picture": caption})) == [(0, "picture")]
    assert places(found(rule, title=figure)) == [(None, "title")]
    assert places(found(rule, picture=caption)) == [(None, "picture")]
    assert not found(rule, body("So says the FDA.", heading=figure, picture=caption), sources=SOURCES)


def test_what_is_shown_as_a_number_names_its_source_whatever_its_words():
    rule, words = house_rules.figures_have_a_source, "Hardly anybody in a whole town."

    assert places(found(rule, body(words, kind="number"))) == [(0, "body")]
    assert not found(rule, body(words))
    assert not found(rule, body(words, "So says the FDA.", kind="number"), sources=SOURCES)


def test_capitals_of_a_title_are_no_name_of_its_source():
    sources = [{"organization": "Town Library", "title": "MRI at a glance", "year": "", "url": ""}]

    assert found(house_rules.figures_have_a_source, body("An MRI finds 1 in 10."), sources=sources)


def test_links_lead_somewhere():
    link = '<p><a href="/guides/gone/">there</a> and <a href="https://example.org/">elsewhere</a></p>'

    assert places(found(house_rules.links_lead_somewhere, {"more": link}, dead_links=["/guides/gone/"])) == [
        (0, "more")
    ]
    assert not found(house_rules.links_lead_somewhere, {"more": link}, dead_links=["/guides/other/"])


def test_the_review_is_not_in_the_future():
    rule = house_rules.reviewed_in_the_past
    assert places(found(rule, last_reviewed="2026-05-05")) == [(None, "last_reviewed")]
    assert not found(rule, last_reviewed="2026-05-04")


# What would make it better --------------------------------------------------------------------------------------------

LONG_WORDS = (
    "Radiological examinations of the gastrointestinal tract necessitate considerable preparation. "
    "Institutional recommendations concerning dietary modification accompany every communication. "
    "Individual circumstances occasionally necessitate alternative arrangements, particularly regarding medication. "
    "Representatives of the department communicate these arrangements beforehand, preferably in written documentation."
)
SHORT_WORDS = "We take a picture of your leg. You sit still. It does not hurt. Then you go home and rest. " * 3


def test_a_section_that_is_hard_to_read_is_named_with_its_hardest_sentences():
    findings = found(house_rules.reads_easily, body(SHORT_WORDS), body(LONG_WORDS, heading="Preparation"))

    section = findings[-1]
    assert section.says.startswith("“Preparation” reads at age 20, over the limit of 14.")
    assert len(section.quotes) == 3
    assert all(quote in LONG_WORDS for quote in section.quotes)
    assert not found(house_rules.reads_easily, body(SHORT_WORDS))
    assert not found(house_rules.reads_easily, body("Gastrointestinal radiology."))  # too little to judge


def test_the_editor_sees_how_each_section_reads():
    page = a_draft(body(SHORT_WORDS), body(LONG_WORDS), body("Short.")).reading()

    easy, hard = page["rows"]
    assert easy["age"] < 9 < page["age"] < hard["age"]
    assert not easy["sentences"]
    assert sum(is_hard for _, is_hard in hard["sentences"]) == 3
    assert len(hard["sentences"]) == 5  # with the heading


def test_long_sentences_are_named():
    long, fine = "very " * 25 + "long.", "very " * 24 + "long."

    finding = found(house_rules.no_long_sentence, body(fine, long))
    assert places(finding) == [(0, "body")]
    assert finding[0].quotes == (long,)
    assert not found(house_rules.no_long_sentence, body(fine))


@pytest.mark.parametrize(("word", "plain"), house_rules.JARGON.items())
def test_jargon_is_explained(word, plain):
    finding = found(house_rules.no_jargon, body("Plain."), body(f"This is {word} for you."))
    assert places(finding) == [(1, "body")]
    assert f"write “{plain.partition(',')[0]}”" in finding[0].says

    for way in (
        f"It is {plain.partition(',')[0]}, called {word}.",
        f"It is like that ({word}).",
        f"{word} (it is like that)",
    ):
        assert not found(house_rules.no_jargon, body(way)), way
        assert not found(house_rules.no_jargon, body(way), body(f"This is {word} for you."))
    assert not found(house_rules.no_jargon, body(f"This is {word}ology for you."))


@pytest.mark.parametrize(
    ("percent", "better"),
    [
        ("5%", "“1 in 20”"),
        ("0.02 %", "“1 in 5,000”"),
        ("15 percent", "“about 1 in 7”"),
        ("70%", "“7 in 10”"),
        ("62 per cent", "“about 6 in 10”"),
        ("99.5%", "“all but 1 in 200”"),
    ],
)
def test_percentages_are_put_as_people(percent, better):
    finding = found(house_rules.no_percentage, body(f"It happens to {percent} of people."))

    assert places(finding) == [(0, "body")]
    assert better in finding[0].says


@pytest.mark.parametrize("text", ["100% sure", "0% fat", "wiped with 70% alcohol", "1 in 20 people", "20 people"])
def test_what_is_no_share_of_people_stays(text):
    assert not found(house_rules.no_percentage, body(text))


def test_shares_in_our_words():
    assert [one_in(percent) for percent in (0, 100, 50, 33)] == [None, None, "1 in 2", "about 1 in 3"]


@pytest.mark.parametrize(
    "words",
    [
        "It is harmless.",
        "It is safe for everyone.",
        "There is no risk.",
        "You must not have this if you are pregnant.",
        "The dye makes you warm.",
        "Ask us prior to the test.",
        "We utilize X-rays.",
        "It takes approximately an hour.",
        "The patient should lie down.",
        "Don’t worry.",
        "We commence at nine.",
        "In the event of a fever, call.",
        "This is due to the fact that it moves.",
    ],
)
def test_banned_words_are_named(words):
    assert places(found(house_rules.no_banned_word, body("Plain.", words))) == [(0, "body")]


@pytest.mark.parametrize(
    "words",
    [
        "Every test has some risk.",
        "It is safe for most people.",
        "Some say contrast dye.",
        "You dyed your hair with hair dye.",
        "A patient lies on a table.",
        "Tell us if you are pregnant.",
        "It takes about an hour.",
        "The utility room.",
    ],
)
def test_words_close_to_banned_ones_are_fine(words):
    assert not found(house_rules.no_banned_word, body(words))


def test_a_published_myth_is_named_wherever_it_stands():
    rule, myth = house_rules.no_published_myth, "Contrast is radioactive."
    finding = found(rule, {"more": f"<p>{myth}</p>"})
    assert places(finding) == [(0, "more")]
    assert "Contrast is not radioactive." in finding[0].says
    assert finding[0].quotes == (myth,)
    assert places(found(rule, {"heading": myth}, title=myth)) == [(None, "title"), (0, "heading")]
    assert places(found(rule, {"picture": {**PICTURE, "caption": myth}})) == [(0, "picture")]

    assert not found(rule, body("Contrast is not radioactive."), title="Is contrast radioactive?")


@pytest.mark.parametrize("kind", house_rules.CARE)
def test_a_warning_and_a_care_card_stay_on_the_leaflet(kind):
    rule = house_rules.leaflet_keeps_safety
    card, part = {"kind": kind, "heading": "Tell us if"}, {"level": 3, "web_only": True}

    assert places(found(rule, {**card, "web_only": True})) == [(0, "web_only")]
    assert places(found(rule, card, part)) == [(1, "web_only")]
    assert not found(rule, card, {"web_only": True})


def test_a_leaflet_of_more_than_four_pages_is_named():
    rule = house_rules.leaflet_is_short
    long = {"body": f"<p>{'word ' * 1_000}</p>"}

    assert places(found(rule, long, long)) == [(None, "sections")]
    assert not found(rule, long, {**long, "web_only": True})
    assert not found(rule, long, {"more": long["body"]})  # what is folded away is left out before all else


# The guides that ship -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((HERE / "guides").glob("*.toml")), ids=lambda path: path.stem)
def test_the_sample_guides_keep_the_house_rules(path):
    pictures = read(HERE / "pictures" / "pictures.toml")
    entry = read(path)
    sections = [{**section, "picture": pictures.get(section.get("picture"))} for section in entry.pop("sections")]
    draft = a_draft(*sections, **{**entry, "picture": pictures[entry["picture"]]})

    assert house_rules.in_the_way(draft) == []
    assert house_rules.advice(draft) == []
    assert (
        draft.reading()["age"] <= 12
    )  # the aim “9 to 12” means at most 12: three of the guides read at 8, so much the better
