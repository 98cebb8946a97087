"""What may not be folded away, in each language that has a list, and in one that has none."""

from datetime import date

import pytest

from education.house_rules import Draft, folded_well, safety_in_plain_sight
from education.importing.outline import bring_safety_into_sight
from education.importing.report import Report
from education.models import NotPublishable
from tests.education.test_house_rules import a_draft, found, places
from tests.factories import a_published_guide, a_user

HIDDEN = {
    "en": [
        "Dial 911.",
        "Phone 911 at once if your lips swell.",
        "Ring 999 if your lips swell.",
        "Call 000.",
        "Go to the ER at once if you cannot speak.",
        "Go to A&amp;E if your chest hurts.",
        "Seek help at once if your face swells.",
        "Tell the radiographer if you might be expecting a baby.",
        "Tell the X-ray worker if you have a pump.",
        "Let us know if you feel faint.",
        "Tell someone at once if you itch.",
        "Do not have this test if you take blood thinners.",
        "If you take blood thinners, you must not have this test.",
        "Do not drive home if you had a sedative.",
        "The scan is not suitable if you have a pacemaker.",
        "Keep your breast milk for a day.",
    ],
    "es": [
        "Si está embarazada, avísenos antes de la prueba.",
        "Si esta embarazada, espere fuera.",
        "Llame al 911 si no puede respirar.",
        "Marque el 112.",
        "Llámenos.",
        "Llame a su médico.",
        "Pida ayuda enseguida.",
        "Busque atención médica.",
        "Vaya a urgencias.",
        "Hay un pequeño riesgo de sangrado.",
        "Los efectos secundarios son raros.",
        "Siga dando el pecho.",
        "Espera un bebé.",
        "Puede tener una reacción alérgica.",
        "Díganos si toma anticoagulantes.",
        "Acuda al hospital de inmediato.",
        "No se haga esta prueba si toma anticoagulantes.",
        "Tiene dificultad para respirar.",
        "Call 911.",
    ],
    "ar": [
        "أخبرينا إذا كنتِ حاملاً.",
        "قد تكونين حاملا.",
        "اتصل بالرقم 911.",
        "اتّصل على ٩١١.",
        "اتصل بنا.",
        "اذهب إلى الطوارئ.",
        "اطلب المساعدة.",
        "هناك خطر بسيط للنزيف.",
        "المخاطر قليلة.",
        "الآثار الجانبية نادرة.",
        "يمكنكِ الاستمرار في الرضاعة الطبيعية.",
        "قد تحدث حساسية.",
        "راجع الطبيب فورًا.",
        "لا تجرِ هذا الفحص إذا كنت تتناول مميعات الدم.",
        "إذا شعرت بصعوبة في التنفس.",
    ],
}
FINE = {
    "en": [
        "If you do not have a ride home, write it in your request.",
        "If you cannot come, choose another day.",
        "Ask us which laxative suits you if you are often constipated.",
        "Do not take off your socks if they have no metal.",
        "Tell us if you would like a blanket.",
        "The tests are done one after the other.",
        "We took 100 pictures.",
    ],
    "es": [
        "Si un brazo fue mejor otras veces, díganos cuál.",
        "Si necesita un intérprete, escríbalo en su solicitud.",
        "La prueba de alergia se lee después.",
        "Díganos si quiere una manta.",
        "Espere en la sala. Si hace frío, hay mantas.",
        "Las imágenes se pueden guardar.",
    ],
    "ar": [
        "نلتقط صورًا وأنت مستلقٍ.",
        "مشروب الباريوم أبيض وسميك.",
        "اخبرنا اذا اردت بطانية.",
        "يمكنك استعمال الهاتف المحمول.",
        "تتحمل الطاولة الوزن.",
        "إذا كان الجو باردًا فلدينا بطانيات.",
    ],
}
HEADINGS = {
    "en": ["Who should not have this test", "If you are expecting a baby", "Breast feeding"],
    "es": ["Riesgos y embarazo", "Cuándo pedir ayuda", "Seguridad", "Lactancia", "Llámenos si"],
    "ar": ["المخاطر والسلامة", "الحمل", "الرضاعة", "متى تطلب المساعدة", "الطوارئ"],
}


def each(sayings):
    return [(language, saying) for language, all_of_it in sayings.items() for saying in all_of_it]


def rule(section, **facts):
    return places(found(safety_in_plain_sight, section, **facts))


@pytest.mark.parametrize(("language", "sentence"), each(HIDDEN))
def test_what_is_about_safety_is_found_behind_read_more(language, sentence):
    assert rule({"more": f"<p>{sentence}</p>"}, language=language) == [(0, "more")]


@pytest.mark.parametrize(("language", "sentence"), each(FINE))
def test_harmless_detail_is_left_alone(language, sentence):
    assert not rule({"more": f"<p>{sentence}</p>"}, language=language)


@pytest.mark.parametrize(("language", "heading"), each(HEADINGS))
def test_what_stands_below_a_heading_on_safety_is_not_folded_away(language, heading):
    assert rule({"heading": heading, "more": "<p>…</p>"}, language=language) == [(0, "more")]


def test_in_a_language_without_a_list_only_that_is_folded_which_the_original_folds():
    more = {"more": "<p>Detail.</p>"}
    original = a_draft(more, {}, {"heading": "Risks", **more})
    of_it = {"language": "tr", "sections": [section | more for section in original.sections]}

    def refused(may_fold):
        draft = Draft({**original.data, **of_it}, today=date.min, may_fold=may_fold)
        return [finding.section for finding in safety_in_plain_sight(draft) if "original" in finding.says]

    assert folded_well(original) == {0}
    assert refused(folded_well(original)) == [1]  # the heading “Risks” is found without the original
    assert refused(frozenset()) == [0, 1]
    assert not rule(more, language="es")


def test_a_translation_that_hides_safety_does_not_go_live(clinic):
    original = a_published_guide("Barium", sections=[{"heading": "What", "body": "<p>A drink.</p>"}])
    more = "<p>Si está embarazada, avísenos.</p><p>Llame al 911 si no puede respirar.</p>"
    for language in ("es", "de"):
        guide = original.translate_into(language, by=a_user())
        guide.sections.update(heading="Teil", body="<p>…</p>", more=more)

        with pytest.raises(NotPublishable, match="Read more") as refused:
            guide.publish(by=None)

        assert ("Move this into the text" in str(refused.value)) == (language == "es")


def test_an_import_puts_safety_into_sight_whatever_its_language():
    sections = [
        {"level": 2, "kind": "text", "heading": "Parte", "body": "<p>Uno.</p>", "more": f"<p>{sayings[0]}</p>"}
        for sayings in HIDDEN.values()
    ]

    bring_safety_into_sight(sections, Report())

    assert [section["more"] for section in sections] == ["", "", ""]
