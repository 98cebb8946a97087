"""What patients read: the list of guides and each guide, from its live revision alone."""

from django.db.models import F
from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import http_date
from django.utils.text import slugify
from django.views.decorators.cache import cache_control
from django.views.generic import DetailView, ListView, TemplateView

from .models import Guide, OldAddress, Revision, Topic
from .models.glossary import words as glossary
from .models.related import related_guides

for_everyone = method_decorator(cache_control(public=True, max_age=60), "dispatch")


@for_everyone
class GuideList(TemplateView):
    template_name = "education/guide_list.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(topics=Guide.objects.by_topic(), **kwargs)


@for_everyone
class GuideDetail(DetailView):
    queryset = Guide.objects.published()

    def get(self, request, *args, **kwargs):
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            if slug := OldAddress.objects.slug_now(kwargs["slug"]):
                query = request.META.get("QUERY_STRING", "")
                address = reverse("education:guide", args=[slug])
                return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
            raise

    def get_context_data(self, **kwargs):
        revision = self.object.live_revision
        return super().get_context_data(revision=revision, related=related_guides(revision), preview=False, **kwargs)

    def render_to_response(self, context, **response_kwargs):
        published = http_date(self.object.live_revision.published_at.timestamp())
        return super().render_to_response(context, headers={"Last-Modified": published}, **response_kwargs)


@for_everyone
class Glossary(TemplateView):
    template_name = "education/glossary.html"

    def get_context_data(self, **kwargs):
        letters = {}
        for word in glossary():
            first = word.term[0].upper()
            letters.setdefault(first if first.isalpha() else "0–9", []).append(word)
        rows = [
            {"name": name, "anchor": slugify(name) or f"{ord(name[0]):x}", "words": of_it}
            for name, of_it in letters.items()
        ]
        return super().get_context_data(letters=rows, **kwargs)


@for_everyone
class TopicDetail(ListView):
    template_name = "education/topic_detail.html"
    context_object_name = "revisions"
    paginate_by = 60

    def get_queryset(self):
        self.topic = get_object_or_404(Topic, slug=self.kwargs["slug"])
        live = Revision.objects.filter(topic=self.topic, guide__live_revision=F("pk"))
        return live.select_related("guide").defer("html", "text", "data").order_by("title", "pk")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(topic=self.topic, **kwargs)
        if not context["revisions"]:
            raise Http404  # a topic without guides is none to readers
        return context
