"""What the access log calls a step or a list, in the words of the pages where it was taken: an auditor reads no code."""

from .steps import STEPS

WORDS = {
    **{slug: step.title for slug, step in STEPS.items()},
    "same": "Closed as a duplicate, side by side",
    "claim": "Claim",
    "release": "Release the claim",
    "desk": "the desk",
    "requests": "the list of requests",
    "deliveries": "the list of deliveries",
    "same person": "earlier requests of the same phone or e-mail",
    "removals": "what is due for removal by age",
    "person": "a person’s data",
    "printout": "a person’s data, for printing",
    "erase": "Erased",
    "send again": "A message, to be sent again",
    "dismiss": "A message, dismissed",
}
MANY = "many: "


def in_words(step):
    """What has no words here, such as the number of an export, stands as it was written."""
    if step.startswith(MANY):
        slug = step.removeprefix(MANY)
        return f"several at once, {WORDS.get(slug, slug)}"
    return WORDS.get(step, step)
