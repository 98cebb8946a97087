"""The guide form as a browser posts it."""


def guide_post(*, sections=(), sources=(), initial=(0, 0), **facts):
    """Field values of the guide form. A saved section is a dict with "id"; `initial` counts the saved ones."""
    post = {
        "title": "A guide",
        "slug": "a-guide",
        "service": "",
        "summary": "In short.",
        "picture": "",
        "written_by": "",
        "reviewed_by": "",
        "last_reviewed": "",
        "next_review": "",
        "is_sample": "on",
        "language": "en",  # asked for a new guide alone
        **facts,
    }
    blank = {"position": "0", "level": "2", "kind": "text", "body": "", "more": "", "picture": ""}
    post |= formset("sections", [{**blank, **section} for section in sections], initial[0])
    post |= formset("sources", [{"position": "0", "year": "", "url": "", **source} for source in sources], initial[1])
    return post


def topic_post(**facts):
    """Field values of the topic form, with no words in other languages."""
    return {"description": "", "position": "0", **facts, **formset("words", [], 0)}


def formset(prefix, rows, initial):
    post = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        post |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return post


def saved(guide):
    """The sections of a guide as its form would post them unchanged."""
    names = ["id", "position", "level", "kind", "heading", "body", "more"]
    return [{**row, "guide": guide.pk} for row in guide.sections.values(*names)]
