"""The guides that come with the site keep to the rules that it sets for others, and read easily."""

from education import demo
from education.house_rules import advice, in_the_way
from education.models import Guide
from tests.factories import a_user

OLDEST = 12  # years; docs/measured/guide_page.md has the ages
HARD = "<p>Radiological examinations necessitate administration of intravenously introduced contrast agents.</p>" * 5


def hardest(draft):
    return max(row["age"] for row in draft.reading()["rows"])


def test_all_six_pass_every_check_and_no_part_reads_older_than_twelve(clinic):
    demo.load(by=a_user())

    guides = list(Guide.objects.published())

    assert len(guides) == 6
    for guide in guides:
        draft = guide.as_draft()
        assert (list(in_the_way(draft)), list(advice(draft))) == ([], []), guide
        assert hardest(draft) <= OLDEST, guide

    guide.sections.filter(pk=guide.sections.first().pk).update(body=HARD)
    assert hardest(Guide.objects.get(pk=guide.pk).as_draft()) > OLDEST  # it would be seen
