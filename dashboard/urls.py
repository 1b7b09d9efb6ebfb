from django.urls import URLPattern, URLResolver, include, path

# One list a page group; the first part of a URL name is what it shows: job_list, project_edit, person_add.
job_urls: list[URLPattern | URLResolver] = []
project_urls: list[URLPattern | URLResolver] = []
people_urls: list[URLPattern | URLResolver] = []
account_urls: list[URLPattern | URLResolver] = [path("accounts/", include("allauth.account.urls"))]

urlpatterns = job_urls + project_urls + people_urls + account_urls
