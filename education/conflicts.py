"""Two editors on one guide: what the second typed is laid over what the first saved, and both are shown."""

import re

from django.forms.models import model_to_dict

from .content import plain_text
from .differences import same, side_by_side

OUT_OF_SIGHT = ("id", "guide", "position", "based_on", "note")


def laid_over(post, guide):
    """What was typed on an older draft, as the form of the draft that is saved now: sections that the other editor
    added stay as they are, and what the other editor removed is typed anew."""
    post = post.copy()
    for prefix, parts in (("sections", guide.sections.all()), ("sources", guide.sources.all())):
        saved = {str(part.pk): part for part in parts}
        kept, new = [], []
        for row in take_rows(post, prefix):
            if row.get("id") in saved:
                del saved[row["id"]]
                kept.append(row)
            elif not (row.get("id") and "DELETE" in row):
                new.append({**row, "id": ""})
        kept += [
            {name: "" if value is None else value for name, value in model_to_dict(p).items()} for p in saved.values()
        ]
        for number, row in enumerate(kept + new):
            for name, value in row.items():
                post[f"{prefix}-{number}-{name}"] = value
        post[f"{prefix}-INITIAL_FORMS"], post[f"{prefix}-TOTAL_FORMS"] = len(kept), len(kept + new)
    return post


def take_rows(post, prefix):
    """The rows of a formset, out of the post: a dict for each, in their order."""
    rows = {}
    for name in list(post):
        if match := re.fullmatch(rf"{prefix}-(\d{{1,4}})-(\w+)", name):
            rows.setdefault(int(match[1]), {})[match[2]] = post.pop(name)[-1]
    return [row for _, row in sorted(rows.items())]


def both_texts(form, formsets):
    """Where the typed text differs from the saved one: [{"where", "saved", "typed"}], the texts in runs of words."""
    found = differences(form, "The guide")
    for formset in formsets:
        for part in formset.forms:
            name = part.initial.get("heading") or part.initial.get("title") or "New"
            if "DELETE" in part.fields and part["DELETE"].value():
                if not part.instance.pk:
                    continue  # new and removed again: nobody has seen it
                saved = "\n".join(plain_text(str(value)) for value in part.initial.values() if isinstance(value, str))
                found.append(row(name, saved, ""))
            else:
                found += differences(part, name)
        saved, typed = orders(formset)
        if saved != typed:
            found.append(row(f"Order of the {formset.prefix}", "\n".join(saved), "\n".join(typed)))
    return found


def differences(form, name):
    found = []
    for field in form.changed_data:
        saved, typed = shown(form, field, form.initial.get(field)), shown(form, field, form[field].value())
        if field not in OUT_OF_SIGHT and not same(saved, typed):
            where = f"{name}: {form.fields[field].label}"
            found.append(row(where, plain_text(saved), plain_text(typed)))
    return found


def row(where, saved, typed):
    if saved == typed:
        typed += "\n(the same words, with other formatting or links)"
    left, right = side_by_side(saved, typed)
    return {"where": where, "saved": left, "typed": right}


def shown(form, name, value):
    field = form.fields[name]
    if hasattr(field, "choices"):
        return next((str(label) for key, label in field.choices if str(key) == str(value)), "") if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def orders(formset):
    """The parts that are saved, in their saved order and in the one that was typed."""
    parts = [part for part in formset.initial_forms if str(part["position"].value()).isdecimal()]
    title = "heading" if formset.prefix == "sections" else "title"
    saved = sorted(parts, key=lambda part: part.initial["position"])
    typed = sorted(saved, key=lambda part: int(part["position"].value()))
    return [part.initial[title] for part in saved], [part.initial[title] for part in typed]
