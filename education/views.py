"""What patients read: each guide, from its live revision alone, and the ways to find one."""

from itertools import groupby
from operator import attrgetter

from django.db.models import F
from django.http import Http404, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.http import http_date
from django.utils.text import slugify
from django.views.decorators.cache import cache_control
from django.views.generic import DetailView, TemplateView

from clinic.languages import now, offered, with_words

from .models import Guide, OldAddress, OldTopicAddress, ShelfEntry, Topic
from .models.glossary import words as glossary
from .models.related import related_guides
from .models.translation import addresses_of
from .offline import ALLOWED
from .search import LONGEST_QUESTION, find

# With the few seconds of held_pages.py, a proxy that keeps a page for 50 shows what is published within a minute. A
# browser that has the page asks each time whether it is still the same, else its time came on top of the proxy's.
AS_FRESH_AS_CAN_BE = {"public": True, "max_age": 0, "s_maxage": 50, "must_revalidate": True}
for_everyone = method_decorator(cache_control(**AS_FRESH_AS_CAN_BE), "dispatch")
ON_ONE_PAGE = 100  # titles


class Held:
    """A page that depends on its address alone: held_pages.py answers with it again."""

    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        response.held = not request.GET
        return response


@for_everyone
class GuideList(Held, TemplateView):
    template_name = "education/guide_list.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(topics=Guide.objects.by_topic(), **kwargs)


def moved_to(request, page, slug, kind=HttpResponsePermanentRedirect):
    query = request.META.get("QUERY_STRING", "")
    address = reverse(page, args=[slug])
    return kind(f"{address}?{query}" if query else address)


@for_everyone
class GuideDetail(Held, DetailView):
    """A guide in the page's language; in ours, and saying so, where there is none in it."""

    queryset = Guide.objects.published()
    address_name = "education:guide"
    reading = False

    def get(self, request, *args, **kwargs):
        try:
            self.object = self.get_object()
        except Http404:
            if slug := OldAddress.objects.slug_now(kwargs["slug"]):
                return moved_to(request, self.address_name, slug)
            raise
        if self.object.language != now():
            if slug := OldAddress.objects.slug_now(kwargs["slug"], now()):  # the guide that was here in this language
                return moved_to(request, self.address_name, slug)
            for other in self.family:
                if other["language"] == now():
                    # Not for ever: it may be withdrawn.
                    return moved_to(request, self.address_name, other["slug"], HttpResponseRedirect)
        return self.render_to_response(self.get_context_data(object=self.object))

    def get_object(self, queryset=None):
        if guide := self.get_queryset().at(self.kwargs["slug"]):
            return guide
        raise Http404

    @cached_property
    def family(self):
        return self.object.family() if len(offered()) > 1 else []

    def get_context_data(self, **kwargs):
        guide, revision = self.object, self.object.live_revision
        numbers = {row["pk"]: row["number"] for row in self.family}
        known = {row["language"] for row in self.family}
        addresses = addresses_of(guide, self.family) if self.family else {}
        return super().get_context_data(
            revision=revision,
            related=related_guides(revision),
            preview=False,
            reading=self.reading,
            in_our_language=guide.language != now(),
            is_behind=numbers.get(guide.original_id, 0) > guide.follows,
            addresses_by_language=addresses,
            alternates=[(code, addresses[code]) for code in addresses if code in known] if len(known) > 1 else [],
            **kwargs,
        )

    def render_to_response(self, context, **response_kwargs):
        published = http_date(self.object.live_revision.published_at.timestamp())
        headers = {"Last-Modified": published, **ALLOWED}
        return super().render_to_response(context, headers=headers, **response_kwargs)


class GuideReading(GuideDetail):
    """The same guide in large letters, under an address of its own: it needs neither cookie nor script, and caches keep it."""

    template_name = "education/guide_reading.html"
    address_name = "education:reading"
    reading = True


class Search(TemplateView):
    """What a reader looks for may speak of their health: no cache keeps the page, no log the question."""

    template_name = "education/guide_search.html"

    def get_context_data(self, **kwargs):
        question = " ".join(self.request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST_QUESTION]
        found = find(question, now())
        topics = (
            () if found.hits else with_words(Topic.objects.filter(pk__in=ShelfEntry.objects.first_of_each_topic(1)))
        )
        return super().get_context_data(question=question, found=found, topics=topics, **kwargs)

    def render_to_response(self, context, **response_kwargs):
        return super().render_to_response(context, headers={"X-Robots-Tag": "noindex"}, **response_kwargs)


class Paged(Held):
    """Titles in the order of the alphabet, page by page from the key that ended the last one."""

    def page(self, entries):
        after = self.request.GET.get("after", "").replace("\x00", "")[:130]
        ids, next_page = entries.page(after, ON_ONE_PAGE)
        guides = Guide.objects.published().without_pages().annotate(letter=F("entry__letter")).in_bulk(ids)
        return [guides[pk] for pk in ids if pk in guides], next_page


@for_everyone
class AToZ(Paged, TemplateView):
    """All guides where one page holds them, else the letters to choose from."""

    template_name = "education/guide_a_to_z.html"

    def get_context_data(self, **kwargs):
        guides, next_page = self.page(ShelfEntry.objects.shown())
        groups = [] if next_page or self.request.GET else by_letter(guides)
        return super().get_context_data(letters=ShelfEntry.objects.letters(), groups=groups, **kwargs)


@for_everyone
class Letter(Paged, TemplateView):
    template_name = "education/guide_a_to_z.html"

    def get_context_data(self, letter, **kwargs):
        if len(letter) > 1 or letter == "\x00":
            raise Http404
        guides, next_page = self.page(ShelfEntry.objects.shown().of_letter(letter))
        if not guides:
            raise Http404
        groups = [{"letter": letter, "guides": guides}]
        letters = ShelfEntry.objects.letters()
        return super().get_context_data(letter=letter, letters=letters, groups=groups, next_page=next_page, **kwargs)


@for_everyone
class TopicPage(Paged, TemplateView):
    template_name = "education/guide_topic.html"

    def get(self, request, *args, **kwargs):
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            if slug := OldTopicAddress.objects.slug_now(kwargs["slug"]):
                return moved_to(request, "education:topic", slug)
            raise

    def get_context_data(self, slug, **kwargs):
        topic = get_object_or_404(Topic, slug=slug)
        guides, next_page = self.page(ShelfEntry.objects.shown().of_topic(slug))
        if not guides:
            raise Http404
        return super().get_context_data(topic=topic, guides=guides, next_page=next_page, **kwargs)


def by_letter(guides):
    grouped = groupby(guides, key=attrgetter("letter"))
    return [{"letter": letter, "guides": list(members)} for letter, members in grouped]


@for_everyone
class Glossary(Held, TemplateView):
    template_name = "education/glossary.html"

    def get_context_data(self, **kwargs):
        letters = {}
        for word in glossary(now()):
            first = word.term[0].upper()
            letters.setdefault(first if first.isalpha() else "0–9", []).append(word)
        rows = [
            {"name": name, "anchor": slugify(name) or f"{ord(name[0]):x}", "words": of_it}
            for name, of_it in letters.items()
        ]
        return super().get_context_data(letters=rows, **kwargs)
