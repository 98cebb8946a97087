"""The house rules for a guide: what stands in the way of publishing, and what would make it better. Pure, no models.

A rule is a function that takes a Draft and yields a Finding for each thing to mend, in words that say what to do. It
counts once it stands in BLOCKING or ADVISING, at the end of this file; the words to leave alone are right below.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from html import escape

from . import clinical, readability
from .chances import chance_of
from .claims import myths_in
from .content import links, plain_text
from .readability import HIGHEST_AGE, LONGEST_SENTENCE, TARGET_AGE, Sentence, sentences
from .safety import has_list, heads_safety, speaks_of_safety

# Words we do not write: pattern to what to do.
BANNED = {
    r"harmless": "Nothing in medicine is. Say how rare harm is, and which source says so.",
    r"safe for everyone": "Say for whom it is not, and what they should tell us.",
    r"no risks?(?! of your own)": "Everything has some. Say how small it is.",
    r"must not have (?:this|it) if (?:you are )?pregnant": "Ask the reader to tell us; we plan the test for them.",
    r"(?<!contrast )(?<!hair )dyes?": "Write “contrast liquid (some people say contrast dye)”.",
    r"prior to": "Write “before”.",
    r"in the event (?:of|that)": "Write “if”.",
    r"utili[sz]e[sd]?": "Write “use”.",
    r"commence[sd]?": "Write “start”.",
    r"approximately": "Write “about”.",
    r"due to the fact that": "Write “because”.",
    r"(?:the|all) patients? (?:should|must|will|may)": "Speak to the reader: “you”.",
    r"do not worry|don['’]t worry": "Worry is not a choice. Say what will happen instead.",
}
# Medical words, each with the plain words for it. One that stands beside its plain words, or beside a pair of
# parentheses, is explained; from then on the reader knows it.
JARGON = {
    "adverse": "unwanted, harmful",
    "analgesic": "painkiller, relief of the pain",
    "anaphylaxis": "severe allergic reaction",
    "angiogram": "picture of the blood vessels, picture of blood vessels",
    "angioplasty": "opening a vessel, opening a heart vessel, opening one",
    "anticoagulant": "blood thinner, thins the blood",
    "arthrogram": "picture of the joint, into the joint",
    "benign": "not cancer",
    "cardiac": "heart",
    "catheter": "thin tube, hollow tube",
    "contraindicated": "should not be used",
    "edema": "swelling",
    "endoscopy": "tube with a camera, thin tube",
    "esophagus": "food pipe",
    "extravasation": "leak, leaks",
    "fluoroscopy": "moving X-ray, moving X-rays, moving",
    "hematoma": "bruise",
    "hepatic": "liver",
    "hypertension": "high blood pressure",
    "intradermal": "into the skin, the skin itself",
    "intramuscular": "into a muscle, into the muscle",
    "intraosseous": "into a bone, into the bone, bone marrow",
    "intravenous": "into a vein, a vein, into the blood",
    "ionizing": "X-rays",
    "lesion": "spot, change, sore",
    "lumbar puncture": "takes a little fluid, fluid from the back",
    "malignant": "cancer",
    "modality": "kind of test",
    "pruritus": "itch",
    "pulmonary": "lung",
    "radiographer": "X-ray worker, runs the machine",
    "radiologist": "doctor who reads X-rays, reads the pictures, reads X-rays",
    "renal": "kidney, kidneys",
    "stent": "small support, keeps a passage open",
    "subcutaneous": "under the skin, into the fat",
    "syncope": "fainting, faint",
    "ventrogluteal": "side of the hip, hip",
}
CARE = ("warning", "emergency", "urgent", "non_urgent")
WORDS_OF_A_LEAFLET = 1_600
SOME = r"(?:\d[\d.,]{0,9}|[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine)"
MANY = (
    r"(?:(?:a |one )?(?:hundred|thousand|million)|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|"
    r"forty|fifty|sixty|eighty|\d[\d,]{0,9})"
)
FIGURE = re.compile(
    rf"\b(?:{SOME}|[Uu]n[oa]?) (?:in|out of|in every|out of every|of every|for every|de cada) {MANY}\b|"
    rf"\b{SOME} of \d[\d,]{{1,9}} (?:people|persons|patients|women|men|adults|children|babies|tests)\b|"
    rf"\b{SOME} per (?:hundred|thousand|million|\d[\d,]{{2,9}})\b|\b\d{{1,3}}:\d[\d,]{{2,9}}\b|"
    r"\b\d[\d.,]{0,9} parts? in [\d,]{1,9}|"
    r"\b\d[\d.,]{0,9}(?: to [\d.,]{1,9})? ?(?:%|percent\b|per cent\b|mSv\b|mGy\b|millisieverts?\b|milligrays?\b)"
)
PERCENTAGE = re.compile(r"\b(\d+(?:[.,]\d+)?) ?(?:%|percent\b|per cent\b)(?! (?:alcohol|solution|cream|gel|saline))")
STANDS_OUT = {"do": "a list of what to do", "do_not": "a list of what not to do", "number": "a number to see at once"}
SAYS_NOTHING = re.compile(
    r"\W*|[\w-]+\.(?:jpe?g|png|webp|avif|gif|heic)|(?:an? |the )?(?:image|picture|photo|photograph|figure|drawing|graphic)"
    r"[\s\d.]*|(?:img|dsc|screenshot)[\W\d_]*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """What to do, and the field it speaks of: `section` is its place among the sections, None for the guide itself."""

    says: str
    field: str
    section: int | None = None
    quotes: tuple[str, ...] = ()

    @property
    def field_id(self):
        """The id that the field has in the guide's form."""
        if self.field in ("sections", "sources"):
            return f"{self.field}-group"
        return f"id_{self.field}" if self.section is None else f"id_sections-{self.section}-{self.field}"


@dataclass(frozen=True)
class Text:
    """One field of the draft and what it says."""

    name: str  # of the section, as an editor knows it
    field: str
    section: int | None
    html: str

    @cached_property
    def sentences(self) -> list[Sentence]:
        return sentences(self.html)

    def finding(self, says, *quotes):
        return Finding(says, self.field, self.section, quotes)


@dataclass(frozen=True)
class Draft:
    """What Guide.as_data() holds, with what a rule must know of the world around it."""

    data: dict
    today: date
    dead_links: frozenset[str] = field(default_factory=frozenset)
    glossary: frozenset[str] = field(default_factory=frozenset)  # words that the page explains by itself, in lower case
    untranslated: frozenset[int] = field(
        default_factory=frozenset
    )  # places of sections that still say what the original says
    may_fold: frozenset[int] = field(default_factory=frozenset)  # folded_well() of the original
    signed: dict | None = None  # what a clinician signed last: clinical.matter() of that draft

    @property
    def sections(self):
        return self.data["sections"]

    @property
    def language(self):
        return self.data.get("language", "en")

    @cached_property
    def texts(self) -> list[Text]:
        """All that patients read, in the order they read it."""
        found = [
            self.text("title"),
            self.text("summary"),
            *self.picture_texts(self.data["picture"], "The picture", None),
        ]
        for place, section in enumerate(self.sections):
            name = f"“{section['heading']}”"
            found += [Text(name, part, place, section[part]) for part in ("heading", "body")]
            found += self.picture_texts(section["picture"], name, place)
            found.append(Text(name, "more", place, section["more"]))
        return [text for text in found if text.sentences]

    def text(self, name):
        return Text("The title" if name == "title" else "The summary", name, None, self.data[name])

    def picture_texts(self, picture, name, place):
        return [Text(name, "picture", place, picture[part]) for part in ("alt", "caption")] if picture else []

    @cached_property
    def prose(self) -> list[tuple[Text, list[Sentence]]]:
        """The summary and each section as one text, long enough for its reading age to mean something."""
        whole = [(self.text("summary"), self.text("summary").sentences)]
        for place, section in enumerate(self.sections):
            parts = [
                Text(f"“{section['heading']}”", part, place, section[part]) for part in ("heading", "body", "more")
            ]
            whole.append((parts[1], [sentence for part in parts for sentence in part.sentences]))
        return [(text, words) for text, words in whole if words]

    def above(self, place):
        """The section that this one is a part of; itself when it is no part."""
        while place > 0 and self.sections[place]["level"] == 3:
            place -= 1
        return self.sections[place]

    def reading(self):
        """How it reads, for the editor: the page, then each part that the formula can judge, its hard sentences marked.

        The formula is for English, and says nothing of other languages."""
        if self.language != "en":
            return {"age": None, "rows": [], "not_for": self.language, "finds_safety": has_list(self.language)}
        everything = [sentence for _, words in self.prose for sentence in words]
        rows = []
        for text, words in self.prose:
            if readability.is_enough(words):
                hard = readability.hardest(words)
                marked = [(sentence.text, sentence in hard) for sentence in words]
                rows.append({"text": text, "age": readability.reading_age(words), "sentences": hard and marked})
        return {"age": readability.reading_age(everything) if readability.is_enough(everything) else None, "rows": rows}


# What stands in the way -----------------------------------------------------------------------------------------------


def has_sections(draft):
    if not draft.sections:
        yield Finding("Add at least one section.", "sections")


def says_it_in_its_language(draft):
    for place in sorted(draft.untranslated):
        heading = draft.sections[place]["heading"]
        yield Finding(f"“{heading}” still has text of the original: translate it.", "body", place)


def nothing_is_blank(draft):
    """The form asks for them; a list action, an import or a program comes without a form."""
    blank = [("The title", "title", None, draft.data["title"]), ("The summary", "summary", None, draft.data["summary"])]
    for place, section in enumerate(draft.sections):
        blank.append((f"The heading of section {place + 1}", "heading", place, section["heading"]))
    for name, part, place, text in blank:
        if not re.search(r"\w", text):
            yield Finding(f"{name} is empty. Write it.", part, place)


def headings_in_order(draft):
    if draft.sections and draft.sections[0]["level"] != 2:
        heading = draft.sections[0]["heading"]
        yield Finding(f"“{heading}” is a sub-section and has no section above it. Make it a section.", "level", 0)


def no_empty_section(draft):
    for place, section in enumerate(draft.sections):
        following = draft.sections[place + 1 : place + 2]
        has_parts = section["level"] == 2 and following and following[0]["level"] == 3
        if not (section["body"] or section["more"] or section["picture"] or has_parts):
            yield Finding(f"“{section['heading']}” is empty. Write its text or remove it.", "body", place)


def pictures_speak(draft):
    """The database lets no picture be without words that is not decorative: these are words that say nothing."""
    pictures = [("The picture at the top", draft.data["picture"], None)]
    pictures += [(f"The picture of “{part['heading']}”", part["picture"], n) for n, part in enumerate(draft.sections)]
    for name, picture, place in pictures:
        if picture and picture["alt"] and SAYS_NOTHING.fullmatch(picture["alt"].strip()):
            yield Finding(
                f"{name} has “{picture['alt'].strip()}” as its text alternative, which says nothing. Write in the picture "
                "library what a reader who cannot see it must know, or tick “decorative” there.",
                "picture",
                place,
            )


def pictures_are_ready(draft):
    pictures = [("The picture at the top", draft.data["picture"], None)]
    pictures += [(f"The picture of “{part['heading']}”", part["picture"], n) for n, part in enumerate(draft.sections)]
    for name, picture, place in pictures:
        if picture and picture.get("is_pending"):
            yield Finding(
                f"{name} is still being prepared. Publish again in a minute. If it stays so, its page in the picture library "
                "says why.",
                "picture",
                place,
            )


def safety_in_plain_sight(draft):
    for place, section in enumerate(draft.sections):
        if not section["more"]:
            continue
        name, whole = section["heading"], draft.above(place)
        above = whole["heading"]
        if section["kind"] == "text" and whole["kind"] in CARE:
            yield Finding(
                f"“{name}” is part of “{above}”, a care card: move its “Read more” into the text.", "more", place
            )
        elif section["kind"] != "text":
            what = STANDS_OUT.get(section["kind"], "a warning or care card")
            yield Finding(f"“{name}” is {what}: move its “Read more” into the text.", "more", place)
        elif heads_safety(name, draft.language) or heads_safety(above, draft.language):
            yield Finding(f"“{name}” is about safety: move its “Read more” into the text.", "more", place)
        elif hidden := [
            part.text for part in sentences(section["more"]) if speaks_of_safety(part.text, draft.language)
        ]:
            says = f"The “Read more” of “{name}” hides what readers must see. Move this into the text."
            yield Finding(says, "more", place, tuple(hidden))
        elif not has_list(draft.language) and place not in draft.may_fold:
            says = (
                f"“{name}” has a “Read more” that the same section of the original has not, and in this language we cannot "
                "look whether it hides what readers must see. Move it into the text."
            )
            yield Finding(says, "more", place)


def folded_well(original):
    """Places of the sections whose “Read more” a translation may have, too: those that the original has, and rightly."""
    wrong = {finding.section for finding in safety_in_plain_sight(original)}
    return frozenset(place for place, section in enumerate(original.sections) if section["more"]) - wrong


def leaflet_keeps_safety(draft):
    for place, section in enumerate(draft.sections):
        if section.get("web_only") and {section["kind"], draft.above(place)["kind"]} & {*CARE}:
            yield Finding(
                f"“{section['heading']}” is a warning or a care card, which patients need at home, too. Untick “On the web only”.",
                "web_only",
                place,
            )


def figures_have_a_source(draft):
    named = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names_of(draft.data["sources"])) or r"(?!)")
    urls = {source["url"] for source in draft.data["sources"]} - {""}
    for place, texts in together(draft):
        figures = [
            (text, match[0]) for text in texts for part in text.sentences for match in FIGURE.finditer(part.text)
        ]
        if not figures and place is not None and draft.sections[place]["kind"] == "number":
            figures = [(text, text.sentences[0].text) for text in texts if text.field == "body" and text.sentences]
        around = "" if place is None else draft.above(place)["body"]
        around += "".join(f"<p>{text.html}</p>" for text in texts)
        if figures and not named.search(plain_text(around)) and not urls & set(links(around)):
            says = f"{figures[0][0].name} gives a figure and does not say where it is from. Name the source in the text, and list it under Sources."
            yield figures[0][0].finding(says, *dict.fromkeys(figure for _, figure in figures[:3]))


def together(draft):
    """[(place, [Text])]: what is read as one and so names its source once, the running text before what stands around it."""
    top = [draft.text("summary"), draft.text("title"), *draft.picture_texts(draft.data["picture"], "The picture", None)]
    parts = [(None, top)]
    for place, section in enumerate(draft.sections):
        name = f"“{section['heading']}”"
        texts = [Text(name, part, place, section[part]) for part in ("body", "more", "heading")]
        parts.append((place, texts + draft.picture_texts(section["picture"], name, place)))
    return parts


def names_of(sources):
    """How a text may name its sources: the organization, its initials, or the authors that stand before a comma."""
    names = set()
    for source in sources:
        organization = re.sub(r"\s*\([^)]*\)", "", source["organization"]).strip()
        authors, comma, journal = organization.partition(", ")
        parts = [organization, *organization.split(" and ")]
        if comma:
            parts += [journal, *(name for name in re.split(r", | and ", authors) if name != "others")]
        else:
            parts = [part for part in parts if " " in part or part == organization]
        names |= set(parts) | {initials(part) for part in parts}
        names |= set(
            re.findall(r"\b[A-Z]{3,}\b", source["organization"])
        )  # in its title they may be any: “MRI in pregnancy”
    return {name for name in names if len(name) > 2}


def initials(name):
    """“UK Health Security Agency” is the UKHSA."""
    return "".join(word if word.isupper() else word[0] for word in name.split() if word[0].isupper())


def links_lead_somewhere(draft):
    for text in draft.texts:
        for link in dict.fromkeys(links(text.html)):
            if link in draft.dead_links:
                says = f"{text.name} links to {link}, which leads patients nowhere. Mend the link or remove it."
                yield text.finding(says)


def reviewed_in_the_past(draft):
    if draft.data["last_reviewed"] and date.fromisoformat(draft.data["last_reviewed"]) > draft.today:
        yield Finding("The last review cannot be in the future.", "last_reviewed")


def signed_off(draft):
    """Samples say to every reader that no clinician has reviewed them, so they need no signature. What was signed once
    is no sample any more, whatever its field says."""
    if draft.signed is None and draft.data.get("is_sample"):
        return
    if draft.signed is None:
        yield Finding("No clinician has signed it off. Ask for a review.", "review")
    elif places := [row["where"] for row in clinical.changes(draft.signed, draft.data)]:
        changed = ", ".join(places[:4]) + (f" and {len(places) - 4} more" if len(places) > 4 else "")
        yield Finding(f"It was changed after a clinician signed it: {changed}. Ask for a review again.", "review")


# What would make it better --------------------------------------------------------------------------------------------


def no_published_myth(draft):
    for text in draft.texts:
        for claim, sentence in myths_in(text.sentences):
            says = f"{text.name} repeats a claim that is published often and wrong, that {claim.myth}. {claim.truth}"
            yield text.finding(says, sentence.text)


def reads_easily(draft):
    page = draft.reading()
    if page["age"] and page["age"] > TARGET_AGE:
        yield Finding(f"The page {too_hard(page['age'])} Begin with the sections named here.", "sections")
    for row in page["rows"]:
        if row["age"] > TARGET_AGE:
            hard = [sentence for sentence, is_hard in row["sentences"] or () if is_hard]
            says = f"{row['text'].name} {too_hard(row['age'])} Shorten its sentences and take shorter words."
            yield row["text"].finding(says, *hard)


def too_hard(age):
    over = f", over the limit of {HIGHEST_AGE}" if age > HIGHEST_AGE else ""
    return f"reads at age {age}{over}. The aim is 9 to {TARGET_AGE}."


def no_long_sentence(draft):
    for text in draft.texts:
        if text.field != "picture" and (long := [sentence.text for sentence in text.sentences if sentence.is_long]):
            yield text.finding(
                f"{text.name} has sentences of more than {LONGEST_SENTENCE} words. Make two of one.", *long
            )


def no_jargon(draft):
    everything = [(text, sentence) for text in draft.texts for sentence in text.sentences]
    for word, plain in JARGON.items():
        if word in draft.glossary:
            continue  # marked on the page, with its meaning
        pattern = re.compile(rf"\b{word}s?\b", re.IGNORECASE)
        said = [(text, sentence) for text, sentence in everything if pattern.search(sentence.text)]
        if said and not any(explains(sentence.text, word, plain) for _, sentence in said):
            text, _ = said[0]
            best = plain.partition(",")[0]
            yield text.finding(
                f"{text.name} says “{word}”: write “{best}”, explain it there, or add it to the glossary."
            )


def explains(sentence, word, plain):
    beside = rf"\([^()]*\b{word}|\b{word}s?[\"”’]?,? \(|" + "|".join(rf"\b{words}\b" for words in plain.split(", "))
    return bool(re.search(beside, sentence, re.IGNORECASE))


def no_percentage(draft):
    for text in draft.texts:
        for match in PERCENTAGE.finditer(plain_text(text.html)):
            if better := one_in(float(match[1].replace(",", "."))):
                yield text.finding(f"{text.name} says “{match[0]}”: “{better}” is easier to picture.")


def one_in(percent):
    """The share in the words of our house; None where it is no share to picture."""
    if not 0 < percent < 100:
        return None
    if percent <= 50:
        return f"{'' if (100 / percent).is_integer() else 'about '}1 in {round(100 / percent):,}"
    if percent > 95:
        return f"all but {one_in(round(100 - percent, 6))}"
    return f"{'' if percent % 10 == 0 else 'about '}{round(percent / 10)} in 10"


def kinds_keep_their_word(draft):
    for place, section in enumerate(draft.sections):
        name = section["heading"]
        if section["kind"] in ("do", "do_not") and "<li>" not in section["body"]:
            says = f"“{name}” is shown with ticks or crosses and holds no list. Make its text a list with bullets."
            yield Finding(says, "body", place)
        if section["kind"] == "number" and not chance_of(section["body"]):
            says = (
                f"“{name}” is shown as a number. Write one chance in its text, and only one, such as “1 in 100”. A range or a "
                "limit (“1 in 100 to 200”, “fewer than 1 in 100”, “none in 100”) is not shown large."
            )
            yield Finding(says, "body", place)


def leaflet_is_short(draft):
    """What is folded away is left out before all else, see leaflet.py."""
    on_it = [section for section in draft.sections if not section.get("web_only")]
    words = sum(len(plain_text(f"{part['heading']} {part['body']}").split()) for part in on_it)
    if words > WORDS_OF_A_LEAFLET:
        yield Finding(
            f"The leaflet that patients take home holds some {round(words, -2):,} words; four pages hold {WORDS_OF_A_LEAFLET:,}. "
            "Tick “On the web only” at parts that nobody needs at home.",
            "sections",
        )


def no_banned_word(draft):
    for text in draft.texts:
        for word, instead in BANNED.items():
            for sentence in text.sentences:
                if match := re.search(rf"\b(?:{word})\b", sentence.text, re.IGNORECASE):
                    yield text.finding(f"{text.name} says “{match[0]}”. {instead}")
                    break


BLOCKING = (
    has_sections,
    says_it_in_its_language,
    nothing_is_blank,
    headings_in_order,
    no_empty_section,
    pictures_speak,
    pictures_are_ready,
    safety_in_plain_sight,
    leaflet_keeps_safety,
    figures_have_a_source,
    links_lead_somewhere,
    reviewed_in_the_past,
    signed_off,
)
ADVISING = (
    no_published_myth,
    reads_easily,
    no_long_sentence,
    no_jargon,
    no_percentage,
    kinds_keep_their_word,
    leaflet_is_short,
    no_banned_word,
)


IN_ANY_LANGUAGE = (no_long_sentence, no_percentage, kinds_keep_their_word, leaflet_is_short)


@dataclass(frozen=True)
class Words:
    """A text that is no guide, for the rules that judge words alone."""

    texts: list[Text]


def advice_on_meaning(meaning) -> list[Finding]:
    """What would make the meaning of a word of the glossary better."""
    words = Words([Text("The meaning", "meaning", None, escape(meaning))])
    return [finding for rule in (no_published_myth, no_banned_word) for finding in rule(words)]


def in_the_way(draft: Draft) -> list[Finding]:
    return [finding for rule in BLOCKING for finding in rule(draft)]


def advice(draft: Draft) -> list[Finding]:
    """In other languages than English only what speaks of no words."""
    rules = ADVISING if draft.language == "en" else IN_ANY_LANGUAGE
    return [finding for rule in rules for finding in rule(draft)]
