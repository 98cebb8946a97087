from django.contrib.auth.views import LoginView
from django.urls import path

from clinic.urls import handler400, handler403, handler404, handler500, urlpatterns

from .bare import bare_page
from .plain import PlainPage
from .stock import stock

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("plain/", PlainPage.as_view()),
    path("bare-page/", bare_page),
    path("stock/login/", LoginView.as_view(template_name="admin/login.html")),
    path("stock/", stock.urls),
    *urlpatterns,
]
