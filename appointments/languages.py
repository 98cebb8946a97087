"""The language that a patient prefers, from what they wrote: “Spanish”, “español, por favor” and “es” are one. Pure."""

from django.conf.locale import LANG_INFO

from .warnings import folded

NAMES = {code: info["name"] for code, info in LANG_INFO.items() if "name" in info}
ALSO = {"castellano": "es", "mandarin": "zh-hans", "chinese": "zh-hans", "cantonese": "zh-hant", "farsi": "fa"}
KNOWN = {
    **{folded(NAMES[code]): code for code in NAMES},
    **{folded(info["name_local"]): code for code, info in LANG_INFO.items() if "name_local" in info},
    **{folded(code): code for code in NAMES},
    **ALSO,
}


def code_of(text):
    """The code of the first language that the text names, such as 'es'; '' when it names none that we know.

    >>> code_of("Español, por favor")
    'es'
    """
    words = folded(text)
    return KNOWN.get(words) or next((KNOWN[word] for word in words.split() if len(word) > 2 and word in KNOWN), "")


def name_of(code):
    return NAMES.get(code, code)
