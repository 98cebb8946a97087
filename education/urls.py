from django.urls import path

from . import views

app_name = "education"
urlpatterns = [
    path("", views.GuideList.as_view(), name="guides"),
    path("words/", views.Glossary.as_view(), name="words"),
    path("topic/<slug:slug>/", views.TopicDetail.as_view(), name="topic"),
    path("<slug:slug>/", views.GuideDetail.as_view(), name="guide"),
]
