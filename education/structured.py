"""A published guide in the words of schema.org, for search engines and other machines. Pure, on a revision's frozen data."""

from .content import plain_text


def structured_data(revision, *, address, clinic, site):
    """What a <script type="application/ld+json"> of the page holds; `address` is the whole address of the page."""
    graph = [medical_page(revision, address, clinic, site)]
    if questions := questions_in(revision.data["sections"]):
        graph.append({"@type": "FAQPage", "@id": f"{address}#faq", "mainEntity": questions})
    return {"@context": "https://schema.org", "@graph": graph}


def medical_page(revision, address, clinic, site):
    data = revision.data
    page = {
        "@type": "MedicalWebPage",
        "@id": address,
        "url": address,
        "name": data["title"],
        "description": data["summary"],
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "audience": {"@type": "MedicalAudience", "audienceType": "Patient"},
        "dateModified": revision.published_at.isoformat(timespec="seconds"),
        "publisher": {"@type": "MedicalClinic", "name": clinic.name, "url": f"{site}/"},
        "image": f"{address}card.png?v={revision.number}",
        "author": person(data["written_by"]),
        "reviewedBy": revision.review and person(revision.review["by"]),
        "lastReviewed": revision.review and revision.review["on"],
        "citation": [source(entry) for entry in data["sources"]],
    }
    return {name: value for name, value in page.items() if value}


def person(name):
    return name and {"@type": "Person", "name": name}


def source(entry):
    facts = {"@type": "CreativeWork", "name": entry["title"], "url": entry["url"], "datePublished": entry["year"]}
    facts["publisher"] = entry["organization"] and {"@type": "Organization", "name": entry["organization"]}
    return {name: value for name, value in facts.items() if value}


def questions_in(sections):
    """Headings that ask, with what stands in plain sight below them."""
    return [
        {"@type": "Question", "name": section["heading"], "acceptedAnswer": {"@type": "Answer", "text": answer}}
        for section in sections
        if section["heading"].rstrip().endswith("?") and (answer := plain_text(section["body"]))
    ]
