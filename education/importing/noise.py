"""What a page says around its text: toggles, cookie banners, navigation, sharing, calls to action. Pure."""

import re

from ..safety import SAFETY_WORDS

ARROWS = r"[\s.…:>»›→▼▾▲▴+–—\[\]()-]*"
TOGGLE = re.compile(
    rf"{ARROWS}(?:(?:read|show|see|view|hide|tell me)\s+(?:more|less|all|full text|details)|(?:expand|collapse|open|close|unfold|"
    rf"fold)\s*(?:all|section|details|text)?(?:\s+sections)?|more|less|continue reading|click (?:here )?to (?:expand|collapse|read more))"
    rf"{ARROWS}",
    re.IGNORECASE,
)
ENDS = re.compile(r"\b(?:less|hide|collapse|close|fold)\b", re.IGNORECASE)
OPENS = re.compile(
    r"^\W*(?:(?:read|show|see|view)\s+(?:more|full text|details)|more|continue reading)\b", re.IGNORECASE
)

COOKIES = re.compile(
    r"\b(?:accept|reject|allow|decline|manage|refuse)\b.{0,30}\bcookies?\b|\bcookies?\b.{0,20}\b(?:policy|settings|preferences|"
    r"consent|banner|notice)\b|\b(?:we|this (?:web)?site|our (?:web)?site|our partners)\b.{0,40}\buses?\b.{0,40}\bcookies\b|"
    r"^(?:accept|reject|allow|decline) all$|^manage (?:preferences|choices|consent)$|^(?:i agree|got it!?|only necessary)$|"
    r"^cookies?$|^(?:strictly )?necessary cookies|^by continuing to (?:use|browse)\b",
    re.IGNORECASE,
)
AROUND = {
    "Navigation": re.compile(
        r"skip (?:to|navigation)\b.{0,40}|jump to (?:content|navigation|section)|(?:back|return) to (?:the )?top|(?:main )?menu|"
        r"toggle (?:navigation|menu)|(?:open|close) (?:the )?menu|search(?: (?:this site|for):?)?|site ?map|breadcrumbs?|you are here:?.{0,80}|"
        r"home(?: ?page)?\s*(?:[>›»/|→].{0,150})|previous(?: (?:page|article|post))?|next(?: (?:page|article|post))?|"
        r"(?:log|sign) (?:in|out|up)|my account|register|language:?|select (?:your )?language|loading…?\.*|close|advertisement|"
        r"sponsored|privacy (?:policy|notice)|terms (?:of (?:use|service)|(?:and|&) conditions)|accessibility(?: statement)?|"
        r"all rights reserved\.?|(?:©|\(c\)|copyright\b).{0,150}|powered by .{0,40}|listen to this page|text size.{0,20}",
        re.IGNORECASE,
    ),
    "Sharing": re.compile(
        r"share(?: (?:this|it)(?: (?:page|article|post))?)?(?: (?:on|with|via|to) .{0,40})?:?|(?:print|e-?mail|save|bookmark|tweet|pin) "
        r"(?:this )?(?:page|article)|print|tweet|facebook|twitter|linkedin|whatsapp|pinterest|instagram|youtube|"
        r"copy (?:the )?link|follow us(?: on .{0,40})?:?|(?:subscribe|sign up) (?:to|for) .{0,60}|like us on .{0,30}|(?:rate|was) this (?:page|article).{0,40}\??",
        re.IGNORECASE,
    ),
}
MENU = re.compile(
    r"home|about(?: us)?|our (?:team|services|doctors|clinic|locations)|services|locations?|careers?|jobs|news|blog|events|"
    r"contact(?: us)?|patients?(?: (?:info(?:rmation)?|portal|resources))?|appointments?|departments?|specialties|doctors?|faqs?|"
    r"insurance|billing|donate|shop|login|portal|resources|guides?|health topics?|for (?:patients|professionals|visitors)|"
    r"find a (?:doctor|location)|pay (?:my |your )?bill|procedures|treatments",
    re.IGNORECASE,
)
CONTENTS = re.compile(
    r"(?:table of )?contents|(?:on|in) this (?:page|article|guide|section)|page contents|jump to|quick links|overview of contents",
    re.IGNORECASE,
)
WE = r"(?:an?|your|my|our|the)"
CALL = re.compile(
    rf"\b(?:book|request|schedule|make|arrange|set up|get|reserve)\b(?: (?:{WE}|online|now|today|next|free|first))*"
    r" (?:appointments?|visits?|consultations?|call-?back|slot|exam|scan)\b|"
    r"\bappointments?\b.{0,30}\b(?:online|request form)\b|\b(?:book|schedule|request|enquire|inquire) (?:online|now|today|yours?)\b|"
    r"\b(?:contact|call|phone|reach|e-?mail|get in touch with) (?:us|our (?:team|office|clinic|staff))\b.{0,60}\b(?:today|now|to (?:book|"
    r"schedule|make|request|arrange|learn more|find out more)|for (?:an appointment|more information))\b|"
    r"\bwe(?:['’]ll| will)\b.{0,40}\b(?:contact|call|get back to) you\b|\bready to (?:take|book|schedule|get started)\b|"
    r"\bfill (?:in|out) (?:the|our|this) form\b",
    re.IGNORECASE,
)
CALL_BUTTON = re.compile(
    rf"\W*(?:book|request|schedule|make)(?: {WE})?(?: (?:online|new))? (?:appointments?|visit|consultation)(?: (?:online|now|today|here))?\W*|"
    r"\W*(?:book|schedule|call|enquire|apply|order) (?:now|today|online)\W*|\W*(?:get started|contact us today)\W*",
    re.IGNORECASE,
)
LONGEST_CALL = 400  # characters


def ends_toggle(text):
    return bool(ENDS.search(text))


def opens_toggle(text):
    return bool(OPENS.search(text))


def around_the_text(text):
    """Why a line is none of the text, or None."""
    text = " ".join(text.split())
    why = looks_like(text)
    return None if why and SAFETY_WORDS.search(text) else why


def looks_like(text):
    if len(text) <= 600 and COOKIES.search(text) and not re.search(r"\b(?:eat|food|snack|bake)", text, re.IGNORECASE):
        return "Cookie banner"
    for why, pattern in AROUND.items():
        if pattern.fullmatch(text):
            return why
    if CALL_BUTTON.fullmatch(text):
        return "A button to make an appointment (the page has its own)"
    return None


def calls_to_action(text):
    """Whether this is nothing but an invitation to make an appointment."""
    return len(text) <= LONGEST_CALL and bool(CALL.search(text)) and not SAFETY_WORDS.search(text)
