"""“Was this page clear?”: two buttons on the page, and a page that says thank you and takes a sentence."""

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from clinic.our_page import sent_by_our_page

from . import feedback
from .models import Guide

SEE_OTHER = 303


def live_guide(slug):
    if guide := Guide.objects.published().at(slug):
        return guide
    raise Http404


def page(request, guide, status=200, **context):
    return render(request, "education/clear.html", {"guide": guide, **context}, status=status)


@never_cache
@csrf_exempt  # the page is the same for all and sets no cookie; sent_by_our_page() stands in for the token
@require_POST
def clear(request, slug):
    guide = live_guide(slug)
    answer = {"yes": True, "no": False}.get(request.POST.get("clear"))
    if not sent_by_our_page(request):
        return page(request, guide, 403, problem="elsewhere")
    if answer is None:
        return page(request, guide, 422, problem="unanswered")
    number = request.POST.get("revision", "")
    read = guide.revisions.filter(number=number).first() if number.isdecimal() and len(number) < 6 else None
    try:
        token = feedback.take(request, read or guide.live_revision, clear=answer)
    except feedback.TooMany:
        return page(request, guide, 429, problem="many")
    address = reverse("education:tell_more", args=[slug, token])
    return HttpResponseRedirect(address, status=SEE_OTHER)


@never_cache
@csrf_exempt  # the signed address opens one answer, for an hour
@require_http_methods(["GET", "HEAD", "POST"])
def tell_more(request, slug, token):
    guide = live_guide(slug)
    answer = feedback.find(token, guide)
    if answer is None:
        raise Http404
    if answer.section or answer.words:
        return page(request, guide, told=True)
    if request.method != "POST":
        return page(request, guide, answer=answer, form=feedback.WordsForm(revision=answer.revision))
    if not sent_by_our_page(request):
        return page(request, guide, 403, problem="elsewhere")
    form = feedback.WordsForm(request.POST, revision=answer.revision)
    if not form.is_valid():
        return page(request, guide, 422, answer=answer, form=form)
    feedback.add_words(answer, section=form.cleaned_data["section"], words=form.cleaned_data["words"])
    return HttpResponseRedirect(request.path, status=SEE_OTHER)
