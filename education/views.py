"""What patients read: the list of guides and each guide, from its live revision alone."""

from django.utils.decorators import method_decorator
from django.utils.http import http_date
from django.views.decorators.cache import cache_control
from django.views.generic import DetailView, TemplateView

from .models import Guide

# With the few seconds of held_pages.py, a proxy that keeps a page for 50 shows what is published within a minute.
for_everyone = method_decorator(cache_control(public=True, max_age=60, s_maxage=50), "dispatch")


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


@for_everyone
class GuideDetail(Held, DetailView):
    queryset = Guide.objects.published()

    def get_context_data(self, **kwargs):
        return super().get_context_data(revision=self.object.live_revision, preview=False, **kwargs)

    def render_to_response(self, context, **response_kwargs):
        published = http_date(self.object.live_revision.published_at.timestamp())
        return super().render_to_response(context, headers={"Last-Modified": published}, **response_kwargs)
