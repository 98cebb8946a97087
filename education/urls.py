from django.urls import path

from . import feedback_views, machine_views, offline, views

app_name = "education"
urlpatterns = [
    path("", views.GuideList.as_view(), name="guides"),
    path("feed.atom", machine_views.feed, name="feed"),
    path("worker.js", offline.worker, name="worker"),
    path("<slug:slug>/read/", views.GuideReading.as_view(), name="reading"),
    path("<slug:slug>/card.png", machine_views.card, name="card"),
    path("<slug:slug>/clear/", feedback_views.clear, name="clear"),
    path("<slug:slug>/clear/<str:token>/", feedback_views.tell_more, name="tell_more"),
    path("search/", views.Search.as_view(), name="search"),
    path("a-z/", views.AToZ.as_view(), name="a_to_z"),
    path("a-z/<str:letter>/", views.Letter.as_view(), name="letter"),
    path("topic/<slug:slug>/", views.TopicPage.as_view(), name="topic"),
    path("words/", views.Glossary.as_view(), name="words"),
    path("<slug:slug>/leaflet.pdf", machine_views.leaflet_file, name="leaflet"),
    path("<slug:slug>/", views.GuideDetail.as_view(), name="guide"),
]
