from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path


def page(request: HttpRequest) -> HttpResponse:
    collected = sorted(file.name for file in settings.STATIC_ROOT.iterdir())
    return HttpResponse(" ".join(collected))


urlpatterns = [path("", page)]
