"""Each published myth: how drafts put it, and the sentences close by that are right."""

import pytest

from education.claims import PUBLISHED_MYTHS, myths_in
from education.readability import sentences

HELD = {
    "an injection into a muscle goes into fat": [
        "An intramuscular injection is given into the fatty tissue.",
        "With an IM injection the medicine goes into the fat under the skin.",
        "The muscle injection is placed in the layer of fat.",
    ],
    "insulin goes into a muscle": [
        "Insulin is injected into the muscle.",
        "Inject your insulin straight into a muscle.",
        "Insulin is an intramuscular injection.",
    ],
    "into a muscle is the fastest route": [
        "An IM injection is the fastest way to give medicine.",
        "The fastest route is intramuscular.",
        "Medicine into a muscle works faster than into a vein.",
    ],
    "into the skin is faster than under the skin": [
        "An intradermal injection works faster than a subcutaneous one.",
        "Under the skin is slower than into the skin.",
    ],
    "the buttock is safe because it has few nerves": [
        "The buttock is safe because it has few nerves.",
        "The buttock has few large nerves, so we like to use it.",
        "The safest place for this is the buttock.",
    ],
    "contrast is radioactive": [
        "Contrast is radioactive.",
        "The contrast liquid is slightly radioactive, so do not hug children.",
        "You drink a radioactive dye.",
        "The barium makes you radioactive for a day.",
    ],
    "contrast is harmless": [
        "Contrast is harmless.",
        "The contrast agent we use is completely safe.",
        "Barium is safe for everyone.",
    ],
    "a shellfish allergy means an allergy to contrast": [
        "A shellfish allergy means that you are allergic to contrast.",
        "If you are allergic to shrimp, you cannot have contrast.",
        "People with a seafood allergy may also react to contrast.",
        "A shellfish allergy raises your risk of a reaction to contrast.",
    ],
    "X-rays are forbidden in pregnancy": [
        "Fluoroscopy is forbidden in pregnancy.",
        "You must not have this if you are pregnant.",
        "If you are pregnant, you cannot have an X-ray.",
        "X-rays are strictly banned when you are pregnant.",
    ],
    "stop breast-feeding for a day or two after contrast": [
        "Stop breast-feeding for 24 hours after contrast.",
        "Do not breastfeed for 48 hours.",
        "Wait 24 hours before you breast-feed again.",
        "Pump and dump your milk for two days.",
    ],
    "every child needs a thyroid test after contrast": [
        "Every child needs a thyroid test after contrast.",
        "All babies should have their thyroid checked.",
        "A thyroid test is done for all children.",
    ],
    "1 mGy on the skin is 1 mSv": [
        "1 mGy on the skin is 1 mSv.",
        "A skin dose of 5 mGy equals 5 mSv.",
        "Milligrays and millisieverts are the same.",
    ],
    "stop metformin before any contrast": [
        "Stop metformin 48 hours before any contrast.",
        "Do not take your metformin on the day of the scan.",
        "Metformin must be stopped.",
    ],
    "you are radioactive after an X-ray": [
        "You are radioactive for some hours after an X-ray.",
        "Your child will be slightly radioactive.",
        "X-rays can make you radioactive.",
        "Patients stay radioactive until the evening.",
    ],
}

RIGHT = [
    "An intramuscular injection goes through the fat and into the muscle.",
    "An IM injection is given into the muscle, a subcutaneous one into the fat.",
    "An IM injection is not given into the fat.",
    "In one study the IM injection had ended up in the fat in 34 of 50 people.",
    "The needle goes through the skin and the fat, into the muscle below.",
    "Pages that say an IM injection goes into fatty tissue are wrong.",
    "Insulin goes into the fat under the skin, never into a muscle.",
    "Never inject your insulin into a muscle.",
    "Insulin is not injected into a muscle.",
    "Vaccines go into a muscle, and insulin goes into the fat.",
    "Medicine into a muscle works fast, but a vein is the fastest.",
    "An IM injection is not the fastest route.",
    "An IM injection works faster than one under the skin.",
    "Into the skin is slower than under the skin.",
    "A subcutaneous injection works faster than an intradermal one.",
    "Into the skin (ID) is not faster than under the skin (SC).",
    "The buttock is not safe for vaccines.",
    "The hip is chosen because it has few nerves.",
    "A large nerve runs through the buttock.",
    "Contrast is not radioactive.",
    "Contrast isn’t radioactive, and neither are you.",
    "It is a myth that contrast is radioactive.",
    "Is contrast radioactive?",
    "Barium has never been radioactive.",
    "We use a non-radioactive contrast.",
    "You may have heard that contrast is radioactive.",
    "Contrast is not harmless.",
    "No contrast is completely safe.",
    "Contrast is safe for most people.",
    "Shellfish allergy is not a special risk.",
    "A shellfish allergy does not mean that you cannot have contrast.",
    "If you are allergic to shellfish, you can have contrast.",
    "If you are allergic to shellfish or once had a reaction to contrast, tell us.",
    "You may have been told that people who react to shrimp or crab cannot have contrast.",
    "Fluoroscopy is not forbidden in pregnancy.",
    "Fluoroscopy is never completely forbidden in pregnancy.",
    "Being pregnant does not always mean no X-ray.",
    "If you are pregnant, you can often have an X-ray that you need.",
    "A parent who is pregnant cannot stay in the room.",
    "You do not have to stop breast-feeding after contrast.",
    "Do not stop breast-feeding after contrast.",
    "You do not need to throw away milk.",
    "Breast-feeding goes on as usual after contrast.",
    "Not every child needs a thyroid test.",
    "For children of 3 years and younger, the doctor decides child by child if the thyroid should be checked.",
    "We ask all parents if the child has a thyroid disease.",
    "1 mGy on the skin is not 1 mSv.",
    "A skin dose of 5 mGy may mean 0.2 mSv for the whole body.",
    "Milligrays and millisieverts are not the same.",
    "Do not stop metformin before contrast on your own.",
    "If your kidneys are weak, you may have to stop metformin before the scan.",
    "Some people stop metformin before contrast, and others keep taking it.",
    "Keep taking metformin before a barium test.",
    "You are not radioactive after an X-ray.",
    "Nothing radioactive stays in you.",
    "Nor are you radioactive afterwards.",
    "You are radioactive for some hours after a bone scan with a tracer.",
    "X-rays do not make you radioactive.",
]


def found(text):
    return [claim.myth for claim, _ in myths_in(sentences(text))]


def test_every_claim_has_examples():
    assert set(HELD) == {claim.myth for claim in PUBLISHED_MYTHS}


@pytest.mark.parametrize(("myth", "text"), [(myth, text) for myth, texts in HELD.items() for text in texts])
def test_a_published_myth_is_found(myth, text):
    assert myth in found(text)
    assert myth in found(f"<p>Plain words first. {text.upper()}</p>")


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_left_alone(text):
    assert found(text) == []


@pytest.mark.parametrize(("myth", "text"), [(myth, texts[0]) for myth, texts in HELD.items()])
@pytest.mark.parametrize("frame", ["It is a myth that {}", "Some people say that {}", "It is not true that {}"])
def test_a_myth_that_is_set_right_is_left_alone(myth, text, frame):
    assert myth not in found(frame.format(text[0].lower() + text[1:]))


@pytest.mark.parametrize("text", [text for texts in HELD.values() for text in texts])
def test_a_question_claims_nothing(text):
    assert found(text[:-1] + "?") == []
