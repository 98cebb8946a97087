from django.urls import path

from . import views

app_name = "education"
urlpatterns = [
    path("", views.GuideList.as_view(), name="guides"),
    path("search/", views.Search.as_view(), name="search"),
    path("a-z/", views.AToZ.as_view(), name="a_to_z"),
    path("a-z/<str:letter>/", views.Letter.as_view(), name="letter"),
    path("topic/<slug:slug>/", views.TopicPage.as_view(), name="topic"),
    path("<slug:slug>/", views.GuideDetail.as_view(), name="guide"),
]
