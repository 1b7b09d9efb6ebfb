"""Every URL × everybody: a page without a rule here fails, so that none is open by accident."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.urls import URLPattern, reverse

from dashboard.urls import urlpatterns
from jobs.models import Policy, Price, Project, SavedView, User
from tests.archives import answered, save_results
from tests.conftest import AT, ClientFor, MakeProject
from tests.factories import make_attention, make_job, make_operation

pytestmark = pytest.mark.usefixtures("redis_client")
CAST = ("anonymous", "stranger", "victor", "olga", "alice", "superuser")
REFUSED = {"anonymous": 302, "stranger": 404, "victor": 403, "olga": 403, "alice": 403}


@dataclass(frozen=True)
class Rule:
    """``allowed``: by method, what an empty request gets whom nothing refuses; ``refused``: what the others get."""

    allowed: dict[str, int]
    refused: dict[str, int]

    def expected(self, method: str) -> dict[str, int]:
        return {who: self.refused.get(who, self.allowed[method]) for who in CAST}


PAGE, FORM, BUTTON, CHECKED_BUTTON = {"GET": 200}, {"GET": 200, "POST": 422}, {"POST": 302}, {"POST": 422}


def public(allowed: dict[str, int]) -> dict[str, Any]:
    return {"allowed": allowed, "refused": {}}


def signed_in(allowed: dict[str, int]) -> dict[str, Any]:
    return {"allowed": allowed, "refused": {"anonymous": 302}}


def from_role(first: str, allowed: dict[str, int]) -> dict[str, Any]:
    """Members from ``first`` on, and superusers; for strangers the project does not exist."""
    return {"allowed": allowed, "refused": {who: REFUSED[who] for who in CAST[: CAST.index(first)]}}


def like_members(allowed: dict[str, int]) -> dict[str, Any]:
    """Whoever sees the project; what a button may not do is said on the page it leads back to."""
    return from_role("victor", allowed)


def superusers(allowed: dict[str, int]) -> dict[str, Any]:
    return {"allowed": allowed, "refused": REFUSED | {"stranger": 403}}


RULES = {
    "health": public(PAGE),
    "ready": public(PAGE),
    # allauth answers a form with mistakes with 200, and has nothing to sign in for those who are
    "account_login": public({"GET": 302, "POST": 302}) | {"refused": {"anonymous": 200}},
    "account_logout": signed_in({"GET": 200, "POST": 302}),
    "account_inactive": public(PAGE),
    "account_change_password": signed_in({"GET": 200, "POST": 200}),
    "account_set_password": signed_in({"GET": 302, "POST": 302}),
    "account_reset_password": public({"GET": 200, "POST": 200}),
    "account_reset_password_done": public(PAGE),
    "account_reset_password_from_key": public({"GET": 200, "POST": 200}),
    "account_reset_password_from_key_done": public(PAGE),
    "job_list": signed_in(PAGE),
    "timeline": signed_in(PAGE),
    "job_detail": from_role("victor", PAGE),
    "job_raw": from_role("victor", PAGE),
    "job_menu": from_role("victor", PAGE),
    "job_keep": signed_in(BUTTON),
    "job_unkeep": signed_in(BUTTON),
    "job_zip": signed_in(BUTTON),
    "cleanup": signed_in(PAGE),
    "reconcile": signed_in(PAGE),
    "reconcile_group": signed_in(PAGE),
    "reconcile_plan": signed_in(BUTTON),
    "policy_list": signed_in(PAGE),
    "policy_add": {"allowed": FORM, "refused": {"anonymous": 302, "stranger": 403, "victor": 403}},
    "policy_detail": like_members(PAGE),
    "policy_edit": superusers(FORM) | {"refused": REFUSED},
    "policy_rehearse": like_members(BUTTON),
    "policy_enable": like_members(BUTTON),
    "policy_disable": like_members(BUTTON),
    "policy_remove": like_members(BUTTON),
    "operation_list": signed_in(PAGE),
    "operation_plan": signed_in(BUTTON),
    "operation_detail": like_members(PAGE),
    "operation_confirm": like_members(CHECKED_BUTTON),
    "operation_approve": like_members(BUTTON),
    "operation_discard": like_members(BUTTON),
    "operation_undo": like_members(BUTTON),
    "operation_stop": like_members(BUTTON),
    "operation_receipt": like_members(PAGE),
    "job_results": from_role("victor", PAGE),
    "job_results_beginning": from_role("victor", {"GET": 302}),
    "job_results_row": from_role("victor", PAGE),
    "job_results_line": from_role("victor", PAGE),
    "job_results_save": from_role("olga", BUTTON),
    "job_results_parquet": from_role("victor", BUTTON),
    "job_results_input": from_role("olga", FORM),
    "job_results_detach": from_role("olga", BUTTON),
    "job_results_requests": from_role("olga", BUTTON),
    "attention_list": signed_in(PAGE),
    "attention_detail": from_role("victor", PAGE),
    "attention_acknowledge": from_role("olga", BUTTON),
    "attention_assign": from_role("olga", BUTTON),
    "attention_comment": from_role("olga", CHECKED_BUTTON),
    "attention_snooze": from_role("olga", CHECKED_BUTTON),
    "attention_resolve": from_role("olga", BUTTON),
    "attention_reopen": from_role("olga", BUTTON),
    "price_list": superusers(PAGE),
    "price_add": superusers(FORM),
    "price_edit": superusers(FORM),
    "price_remove": superusers(BUTTON),
    "project_list": signed_in(PAGE),
    "project_detail": from_role("victor", PAGE),
    "project_add": superusers(FORM),
    "project_add_environment": superusers(BUTTON),
    "project_check": superusers(CHECKED_BUTTON),
    "project_sync": from_role("olga", BUTTON),
    "project_test": from_role("alice", {"POST": 200}),
    "project_edit": from_role("alice", FORM),
    "project_rotate": from_role("alice", FORM),
    "project_switches": from_role("alice", FORM),
    "project_remove": from_role("alice", FORM),
    "project_pause": from_role("alice", BUTTON),
    "project_resume": from_role("alice", BUTTON),
    "project_release": from_role("alice", BUTTON),
    "audit_list": signed_in(PAGE),
    "audit_csv": signed_in(PAGE),
    "member_list": from_role("alice", PAGE),
    "member_add": from_role("alice", CHECKED_BUTTON),
    "member_role": from_role("alice", CHECKED_BUTTON),
    "member_remove": from_role("alice", BUTTON),
    "person_list": superusers(PAGE),
    "person_detail": superusers(PAGE),
    "person_add": superusers(FORM),
    "person_edit": superusers(FORM),
    "person_link": superusers(BUTTON),
    "person_join": superusers(CHECKED_BUTTON),
    "person_deactivate": superusers(BUTTON),
    "person_reactivate": superusers(BUTTON),
    "person_promote": superusers(BUTTON),
    "person_demote": superusers(BUTTON),
    "view_list": signed_in(PAGE),
    "view_add": signed_in(FORM),
    "view_edit": from_role("alice", FORM),
    "view_delete": from_role("alice", BUTTON),
    "preferences": signed_in(PAGE),
    "preferences_list": signed_in(CHECKED_BUTTON),
    "preferences_zone": signed_in(BUTTON),
    "preferences_keys": signed_in(BUTTON),
}
PATTERNS = {str(pattern.name): pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)}
NAMES = list(PATTERNS)
CASES = [(name, method) for name in NAMES if name in RULES for method in RULES[name]["allowed"]]


@pytest.fixture
def project(make_project: MakeProject, base_url: str) -> Project:
    """Its connection is tested against the simulator."""
    return make_project(base_url=base_url)


@pytest.fixture
def cast(stranger: User, victor: User, olga: User, alice: User, superuser: User) -> dict[str, User | None]:
    people = (stranger, victor, olga, alice, superuser)
    for person in people:
        person.password = "usable"
        person.save()
    return dict(zip(CAST, (None, *people), strict=True))


def address_of(name: str, project: Project, victor: User) -> str:
    """A URL of this name about ``project`` or what belongs to it, or the person ``victor``."""
    if name == "account_reset_password_from_key":
        return reverse(name, args=[user_pk_to_url_str(victor), "no-token"])
    member = victor.memberships.get().pk
    whose = {"pk": _whose(name, project, victor), "member_pk": member, "line": 1}
    values = whose | {"action": "cancel", "key": "vanished"}
    return reverse(name, kwargs={key: values[key] for key in PATTERNS[name].pattern.converters})


def _whose(name: str, project: Project, victor: User) -> int:
    kind = name.partition("_")[0]
    if kind == "person":
        return victor.pk
    if name.startswith("job_results"):
        save_results(job := make_job(project), answered("a"))
        return job.pk
    return THINGS[kind](project) if kind in THINGS else project.pk


def _policy(project: Project) -> int:
    values = {"name": "Weekly", "action": "delete", "older_than_days": 7, "created_at": AT}
    return Policy.objects.get_or_create(filter=f"project={project.pk}", defaults=values)[0].pk


def _view(project: Project) -> int:
    owner, _ = User.objects.get_or_create(username="left")
    return SavedView.objects.get_or_create(name="old", owner=owner, shared_with=project, created_at=AT)[0].pk


THINGS: dict[str, Callable[[Project], int]] = {
    "attention": lambda project: make_attention(project).pk,
    "job": lambda project: make_job(project).pk,
    "operation": lambda project: make_operation([make_job(project)]).pk,
    "policy": _policy,
    "price": lambda project: Price.objects.create(model="gemini-9", input=1, output=2).pk,
    "view": _view,
}


def test_every_url_has_a_rule() -> None:
    assert len(NAMES) == len(urlpatterns)
    assert set(NAMES) == set(RULES)


@pytest.mark.parametrize(("name", "method"), CASES)
def test_each_url_answers_each_person_by_its_rule(
    name: str, method: str, cast: dict[str, User | None], client_for: ClientFor, project: Project, victor: User
) -> None:
    address = address_of(name, project, victor)

    answers = {}
    for who, user in cast.items():
        with transaction.atomic():
            answers[who] = client_for(user).generic(method, address).status_code
            transaction.set_rollback(True)

    assert answers == Rule(**RULES[name]).expected(method)


@pytest.mark.parametrize("name", [name for name in NAMES if name in RULES])
def test_other_methods_are_refused(
    name: str, client_for: ClientFor, superuser: User, project: Project, victor: User
) -> None:
    browser, address = client_for(superuser), address_of(name, project, victor)

    for method in {"GET", "POST"} - RULES[name]["allowed"].keys():
        assert browser.generic(method, address).status_code == 405, method


@pytest.mark.parametrize("name", [name for name, method in CASES if method == "GET"])
def test_head_is_answered_as_get(
    name: str, client_for: ClientFor, superuser: User, project: Project, victor: User
) -> None:
    browser, address = client_for(superuser), address_of(name, project, victor)

    assert browser.head(address).status_code == browser.get(address).status_code
