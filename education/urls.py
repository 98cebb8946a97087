from django.urls import path

from . import views

app_name = "education"
urlpatterns = [
    path("", views.GuideList.as_view(), name="guides"),
    path("<slug:slug>/", views.GuideDetail.as_view(), name="guide"),
]
