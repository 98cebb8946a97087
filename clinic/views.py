from django.views.generic import TemplateView


class Home(TemplateView):
    template_name = "home.html"


class Privacy(TemplateView):
    template_name = "privacy.html"


class Robots(TemplateView):
    template_name = "robots.txt"


def picture_file(request, path): ...
def health(request): ...
def favicon(request): ...
