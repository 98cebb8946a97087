from django.urls import path

from clinic.urls import handler400, handler403, handler404, handler500, urlpatterns

from .plain import PlainPage

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("plain/", PlainPage.as_view()), *urlpatterns]
