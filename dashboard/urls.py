from allauth.account import views as allauth
from django.urls import URLPattern, URLResolver, path, re_path

from .views import (
    acting,
    attention,
    audit,
    cleanup,
    health,
    jobs,
    members,
    operations,
    people,
    policies,
    preferences,
    prices,
    project_forms,
    projects,
    reconcile,
    results,
    saved_views,
    sign_in,
    timeline,
)

# One list a page group; the first part of a URL name is what it shows: job_list, project_edit, person_add.
job_urls: list[URLPattern | URLResolver] = [
    path("", jobs.job_list, name="job_list"),
    path("timeline/", timeline.timeline, name="timeline"),
    path("jobs/<int:pk>/", jobs.job_detail, name="job_detail"),
    path("jobs/<int:pk>/raw/", jobs.job_raw, name="job_raw"),
    path("jobs/<int:pk>/menu/", acting.job_menu, name="job_menu"),
    path("jobs/zip/", acting.job_zip, name="job_zip"),
    path("jobs/keep/", acting.job_keep, name="job_keep"),
    path("jobs/unkeep/", acting.job_unkeep, name="job_unkeep"),
]
result_urls: list[URLPattern | URLResolver] = [
    path("jobs/<int:pk>/results/", results.job_results, name="job_results"),
    path("jobs/<int:pk>/results/first/", results.job_results_beginning, name="job_results_beginning"),
    path("jobs/<int:pk>/results/<int:line>/", results.job_results_row, name="job_results_row"),
    path("jobs/<int:pk>/results/<int:line>/line/", results.job_results_line, name="job_results_line"),
    path("jobs/<int:pk>/results/save/", results.job_results_save, name="job_results_save"),
    path("jobs/<int:pk>/results/parquet/", results.job_results_parquet, name="job_results_parquet"),
    path("jobs/<int:pk>/results/input/", results.job_results_input, name="job_results_input"),
    path("jobs/<int:pk>/results/input/forget/", results.job_results_detach, name="job_results_detach"),
    path("jobs/<int:pk>/results/requests/", results.job_results_requests, name="job_results_requests"),
]
attention_urls: list[URLPattern | URLResolver] = [
    path("attention/", attention.attention_list, name="attention_list"),
    path("attention/<int:pk>/", attention.attention_detail, name="attention_detail"),
    path("attention/<int:pk>/acknowledge/", attention.attention_acknowledge, name="attention_acknowledge"),
    path("attention/<int:pk>/assign/", attention.attention_assign, name="attention_assign"),
    path("attention/<int:pk>/comment/", attention.attention_comment, name="attention_comment"),
    path("attention/<int:pk>/snooze/", attention.attention_snooze, name="attention_snooze"),
    path("attention/<int:pk>/resolve/", attention.attention_resolve, name="attention_resolve"),
    path("attention/<int:pk>/reopen/", attention.attention_reopen, name="attention_reopen"),
]
price_urls: list[URLPattern | URLResolver] = [
    path("prices/", prices.price_list, name="price_list"),
    path("prices/add/", prices.price_add, name="price_add"),
    path("prices/<int:pk>/edit/", prices.price_edit, name="price_edit"),
    path("prices/<int:pk>/remove/", prices.price_remove, name="price_remove"),
]
project_urls: list[URLPattern | URLResolver] = [
    path("projects/", projects.project_list, name="project_list"),
    path("projects/add/", project_forms.project_add, name="project_add"),
    path("projects/add/environment/", project_forms.project_add_environment, name="project_add_environment"),
    path("projects/check/", project_forms.project_check, name="project_check"),
    path("projects/<int:pk>/", projects.project_detail, name="project_detail"),
    path("projects/<int:pk>/edit/", project_forms.project_edit, name="project_edit"),
    path("projects/<int:pk>/rotate/", project_forms.project_rotate, name="project_rotate"),
    path("projects/<int:pk>/switches/", project_forms.project_switches, name="project_switches"),
    path("projects/<int:pk>/remove/", project_forms.project_remove, name="project_remove"),
    path("projects/<int:pk>/test/", project_forms.project_test, name="project_test"),
    path("projects/<int:pk>/sync/", projects.project_sync, name="project_sync"),
    path("projects/<int:pk>/pause/", projects.project_pause, name="project_pause"),
    path("projects/<int:pk>/resume/", projects.project_resume, name="project_resume"),
    path("projects/<int:pk>/release/", projects.project_release, name="project_release"),
    path("projects/<int:pk>/members/", members.member_list, name="member_list"),
    path("projects/<int:pk>/members/add/", members.member_add, name="member_add"),
    path("projects/<int:pk>/members/<int:member_pk>/role/", members.member_role, name="member_role"),
    path("projects/<int:pk>/members/<int:member_pk>/remove/", members.member_remove, name="member_remove"),
]
operation_urls: list[URLPattern | URLResolver] = [
    path("cleanup/", cleanup.cleanup, name="cleanup"),
    path("reconcile/", reconcile.reconcile_page, name="reconcile"),
    path("reconcile/<slug:key>/", reconcile.reconcile_group, name="reconcile_group"),
    path("reconcile/<slug:key>/plan/", reconcile.reconcile_plan, name="reconcile_plan"),
    path("policies/", policies.policy_list, name="policy_list"),
    path("policies/add/", policies.policy_add, name="policy_add"),
    path("policies/<int:pk>/", policies.policy_detail, name="policy_detail"),
    path("policies/<int:pk>/edit/", policies.policy_edit, name="policy_edit"),
    path("policies/<int:pk>/rehearse/", policies.policy_rehearse, name="policy_rehearse"),
    path("policies/<int:pk>/enable/", policies.policy_enable, name="policy_enable"),
    path("policies/<int:pk>/disable/", policies.policy_disable, name="policy_disable"),
    path("policies/<int:pk>/remove/", policies.policy_remove, name="policy_remove"),
    path("operations/", operations.operation_list, name="operation_list"),
    path("operations/plan/<slug:action>/", acting.operation_plan, name="operation_plan"),
    path("operations/<int:pk>/", operations.operation_detail, name="operation_detail"),
    path("operations/<int:pk>/confirm/", operations.operation_confirm, name="operation_confirm"),
    path("operations/<int:pk>/approve/", operations.operation_approve, name="operation_approve"),
    path("operations/<int:pk>/discard/", operations.operation_discard, name="operation_discard"),
    path("operations/<int:pk>/undo/", operations.operation_undo, name="operation_undo"),
    path("operations/<int:pk>/stop/", operations.operation_stop, name="operation_stop"),
    path("operations/<int:pk>/receipt.csv", operations.operation_receipt, name="operation_receipt"),
]
audit_urls: list[URLPattern | URLResolver] = [
    path("audit/", audit.audit_list, name="audit_list"),
    path("audit.csv", audit.audit_csv, name="audit_csv"),
]
people_urls: list[URLPattern | URLResolver] = [
    path("people/", people.person_list, name="person_list"),
    path("people/add/", people.person_add, name="person_add"),
    path("people/<int:pk>/", people.person_detail, name="person_detail"),
    path("people/<int:pk>/edit/", people.person_edit, name="person_edit"),
    path("people/<int:pk>/link/", people.person_link, name="person_link"),
    path("people/<int:pk>/join/", people.person_join, name="person_join"),
    path("people/<int:pk>/deactivate/", people.person_deactivate, name="person_deactivate"),
    path("people/<int:pk>/reactivate/", people.person_reactivate, name="person_reactivate"),
    path("people/<int:pk>/promote/", people.person_promote, name="person_promote"),
    path("people/<int:pk>/demote/", people.person_demote, name="person_demote"),
]
view_urls: list[URLPattern | URLResolver] = [
    path("views/", saved_views.view_list, name="view_list"),
    path("views/add/", saved_views.view_add, name="view_add"),
    path("views/<int:pk>/edit/", saved_views.view_edit, name="view_edit"),
    path("views/<int:pk>/delete/", saved_views.view_delete, name="view_delete"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/list/", preferences.preferences_list, name="preferences_list"),
    path("preferences/zone/", preferences.preferences_zone, name="preferences_zone"),
    path("preferences/keys/", preferences.preferences_keys, name="preferences_keys"),
]
# Only these pages of allauth exist here: nobody signs up, and e-mail addresses are kept under People.
account_urls: list[URLPattern | URLResolver] = [
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/password/change/", allauth.password_change, name="account_change_password"),
    path("accounts/password/set/", allauth.password_set, name="account_set_password"),
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

urlpatterns = [
    *health_urls,
    *job_urls,
    *result_urls,
    *attention_urls,
    *price_urls,
    *project_urls,
    *operation_urls,
    *audit_urls,
    *people_urls,
    *view_urls,
    *account_urls,
]
