"""What patients read: the list of guides and each guide, from its live revision alone."""

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import http_date
from django.views.decorators.cache import cache_control
from django.views.generic import DetailView, TemplateView

from .models import Guide, OldAddress

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
        return super().get_context_data(revision=self.object.live_revision, preview=False, **kwargs)

    def render_to_response(self, context, **response_kwargs):
        published = http_date(self.object.live_revision.published_at.timestamp())
        return super().render_to_response(context, headers={"Last-Modified": published}, **response_kwargs)
