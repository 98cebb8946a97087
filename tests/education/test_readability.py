import pytest

from education.readability import hardest, is_enough, reading_age, sentences, syllables

EASY = "We take a picture of your leg. It does not hurt. You sit still. Then you can go home."
HARD = (
    "Radiological examinations of the gastrointestinal tract necessitate considerable preparation, including dietary "
    "modification and the administration of laxatives, in accordance with institutional recommendations."
)


def texts(html):
    return [sentence.text for sentence in sentences(html)]


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("leg", 1),
        ("used", 1),
        ("needed", 2),
        ("takes", 1),
        ("places", 2),
        ("table", 2),
        ("medicine", 3),
        ("patient", 2),
        ("radiation", 4),
        ("allergies", 3),
        ("reaction", 3),
        ("create", 2),
        ("science", 2),
        ("X-ray", 2),
        ("didn’t", 2),
        ("1,506", 1),
        ("UKHSA", 5),
        ("breathe", 1),
        ("sometimes", 2),
        ("doing", 2),
        ("vessels", 2),
        ("angioplasty", 5),
    ],
)
def test_syllables_are_counted_as_a_voice_would_say_them(word, count):
    assert syllables(word) == count


def test_a_sentence_ends_where_a_reader_would_breathe():
    assert texts("<p>It is 1.5 mSv. That is little, e.g. Less than a flight?</p><p>Yes</p>") == [
        "It is 1.5 mSv.",
        "That is little, e.g. Less than a flight?",
        "Yes",
    ]
    assert texts("<ul><li>you faint</li><li>you <em>bleed</em></li></ul>") == ["you faint", "you bleed"]
    assert texts("<table><tr><th>Test</th><td>3 mSv</td></tr></table>") == ["Test", "3 mSv"]
    assert texts("<p>… — !</p>") == []


def test_the_formula_is_the_published_one():
    ten_words_of_one_syllable = sentences("The cat sat on the mat and had a nap.")
    grade = 0.39 * 10 + 11.8 * 1 - 15.59  # below the first grade

    assert reading_age(ten_words_of_one_syllable) == max(5, round(grade + 5))
    assert reading_age(sentences("The patient can eat and drink at home before dinner.")) == round(
        0.39 * 10 + 11.8 * 13 / 10 - 15.59 + 5
    )


def test_hard_text_reads_older_than_easy_text():
    assert reading_age(sentences(EASY)) < 9
    assert reading_age(sentences(HARD)) == 20  # the most we say
    assert reading_age([]) == 5


def test_the_hardest_sentences_are_the_ones_to_mend():
    assert [sentence.text for sentence in hardest(sentences(f"{EASY} {HARD}"))] == [HARD]
    assert hardest(sentences(EASY)) == []
    assert hardest(sentences("Gastrointestinal radiology.")) == []  # one long word weighs too much in a short one


def test_a_few_words_are_not_enough_to_judge():
    assert not is_enough(sentences(HARD))
    assert is_enough(sentences(f"{HARD} {EASY}"))
