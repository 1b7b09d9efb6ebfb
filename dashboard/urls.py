from allauth.account import views as allauth
from django.urls import URLPattern, URLResolver, path, re_path

from .views import health, sign_in

# One list a page group; the first part of a URL name is what it shows: job_list, project_edit, person_add.
job_urls: list[URLPattern | URLResolver] = []
project_urls: list[URLPattern | URLResolver] = []
people_urls: list[URLPattern | URLResolver] = []
# Only these pages of allauth exist here: nobody signs up, and e-mail addresses are kept under People.
account_urls: list[URLPattern | URLResolver] = [
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/password/change/", allauth.password_change, name="account_change_password"),
    path("accounts/password/reset/", sign_in.reset_password, name="account_reset_password"),
    path("accounts/password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

health_urls: list[URLPattern | URLResolver] = [
    path("health", health.health, name="health"),
    path("ready", health.ready, name="ready"),
]

urlpatterns = health_urls + job_urls + project_urls + people_urls + account_urls
