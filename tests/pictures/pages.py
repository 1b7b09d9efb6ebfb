"""The pictures: which page, of what, and what it shows, in the order of the documentation."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Page

from .world import World

Step = Callable[[Page], object]


def stand(page: Page) -> None:
    """Nothing to do."""


@dataclass(frozen=True)
class Picture:
    """``page`` is a URL's name, ``of`` what it is about, ``who`` looks, and does ``then`` before it is taken.

    ``stage``: how far the story is: nothing yet ("empty"), "first" sync, or a "full" board.
    ``kept``: in which looks it is part of the documentation.
    """

    name: str
    page: str
    says: str
    of: str = ""
    query: str = ""
    who: str = "dana"
    stage: str = "full"
    kept: tuple[str, ...] = ("light",)
    then: Step = stand
    more: tuple[object, ...] = ()

    def path(self, world: World) -> str:
        about = [world.known[self.of]] if self.of else []
        return reverse(self.page, args=[*about, *self.more]) + self.query


def tick_three(page: Page) -> None:
    for number in range(3):
        page.locator("tbody .tick").nth(number).check()


def open_menu(page: Page) -> None:
    page.locator("tbody .more").nth(2).click()
    page.get_by_role("link", name="Open").or_(page.locator("#job-menu li")).first.wait_for()


def tab_on(page: Page) -> None:
    for _ in range(16):
        page.keyboard.press("Tab")


def show_keys(page: Page) -> None:
    page.keyboard.press("?")


EVERY = ("light", "dark", "narrow")
NONE: tuple[str, ...] = ()
PICTURES = [
    Picture(
        "jobs",
        "job_list",
        "All jobs of all projects in one list, live; filters, sorts and pages are in the URL.",
        kept=EVERY,
    ),
    Picture("jobs-selected", "job_list", "Ticked jobs, and what can be done to them.", then=tick_three, kept=NONE),
    Picture(
        "jobs-menu", "job_list", "What can be done to one job, and why the rest cannot.", then=open_menu, kept=NONE
    ),
    Picture("jobs-focus", "job_list", "Where the keyboard is.", then=tab_on, kept=NONE),
    Picture("jobs-keys", "job_list", "Every key there is.", then=show_keys, kept=NONE),
    Picture("jobs-failed", "job_list", "One state, a week.", query="?state=failed&range=7d", kept=NONE),
    Picture("jobs-search", "job_list", "A search.", query="?q=week-47", kept=NONE),
    Picture(
        "jobs-nothing", "job_list", "A filter that nothing matches says how to widen it.", query="?q=zebra", kept=NONE
    ),
    Picture("jobs-wrong", "job_list", "A filter that is not understood.", query="?state=sleeping&page=x", kept=NONE),
    Picture(
        "job",
        "job_detail",
        "One job: progress with the expected finish, its way in time, what was said about it.",
        of="catalog-rewrite-week-47",
        kept=EVERY,
    ),
    Picture("job-failed", "job_detail", "A failed job says why.", of="invoice-extraction-week-47", kept=NONE),
    Picture("job-finished", "job_detail", "A job with saved results.", of="support-triage-week-47", kept=NONE),
    Picture(
        "job-unsaved",
        "job_detail",
        "Results that only the provider has, and until when.",
        of="eval-helpfulness-week-47",
        kept=NONE,
    ),
    Picture(
        "results",
        "job_results",
        "Results by outcome, with failures grouped by what was said.",
        of="support-triage-week-47",
    ),
    Picture(
        "results-failed",
        "job_results",
        "The failed rows alone.",
        of="support-triage-week-47",
        query="?outcome=failed",
        kept=NONE,
    ),
    Picture(
        "results-embeddings",
        "job_results",
        "Embeddings, with their dimension and length.",
        of="embeddings-backfill-week-47",
        kept=NONE,
    ),
    Picture(
        "results-unsaved", "job_results", "Results that are not saved yet.", of="eval-helpfulness-week-47", kept=NONE
    ),
    Picture(
        "results-first",
        "job_results_beginning",
        "The first rows, before all are saved.",
        of="eval-helpfulness-week-47",
        kept=NONE,
    ),
    Picture(
        "results-row",
        "job_results_row",
        "One row in full, the request beside the answer.",
        of="product-tags-week-47",
        more=(3,),
    ),
    Picture(
        "results-input", "job_results_input", "Attaching the requests of a job.", of="support-triage-week-47", kept=NONE
    ),
    Picture(
        "timeline",
        "timeline",
        "Every job as a bar: thin while queued, thick while running, pale for what is expected.",
        kept=EVERY,
    ),
    Picture("timeline-week", "timeline", "A week.", query="?range=7d", kept=NONE),
    Picture("timeline-models", "timeline", "Lanes by model.", query="?group=model", kept=NONE),
    Picture(
        "attention",
        "attention_list",
        "What a person should look at: why, since when, what to do.",
        kept=("light", "narrow"),
    ),
    Picture("attention-one", "attention_detail", "One of them, with its story.", of="attention failed", kept=NONE),
    Picture("cleanup", "cleanup", "What may be tidied up, and what stays."),
    Picture(
        "plan",
        "operation_detail",
        "A plan: every job, what will happen to it and why; nothing has been asked yet.",
        of="plan",
    ),
    Picture("plan-waiting", "operation_detail", "A large one waits for a second person.", of="waiting", kept=NONE),
    Picture("undo", "operation_detail", "Confirmed: ten seconds to undo.", of="confirmed", kept=NONE),
    Picture("running", "operation_detail", "A run, job by job.", of="running"),
    Picture(
        "receipt",
        "operation_detail",
        "The receipt: what happened to each job, when, and what the provider said.",
        of="receipt",
    ),
    Picture("undone", "operation_detail", "One that was undone.", of="undone", kept=NONE),
    Picture("operations", "operation_list", "Every operation, with its outcome.", kept=NONE),
    Picture("policies", "policy_list", "Policies tidy up by the clock, once they were rehearsed."),
    Picture("policy", "policy_detail", "One policy with its rehearsal.", of="Failed after 7 days", kept=NONE),
    Picture("policy-add", "policy_add", "A new policy.", kept=NONE),
    Picture("policy-edit", "policy_edit", "Changing one.", of="Failed after 7 days", kept=NONE),
    Picture("reconcile", "reconcile", "Where board and providers disagree, and how full each project's slots are."),
    Picture("reconcile-group", "reconcile_group", "The jobs of one group.", more=("uncollected",), kept=NONE),
    Picture("audit", "audit_list", "Who did what, when, from where."),
    Picture("prices", "price_list", "What tokens cost.", kept=NONE),
    Picture("price-add", "price_add", "A new price.", kept=NONE),
    Picture("price-edit", "price_edit", "Changing one.", of="gemini-2.5-flash", kept=NONE),
    Picture("projects", "project_list", "All projects with their health.", kept=("light", "narrow")),
    Picture("project", "project_detail", "One project: its sync, its credential, its switches.", of="Search prod"),
    Picture(
        "project-unreachable",
        "project_detail",
        "A key that is accepted no more: nothing is shown as gone.",
        of="Trust & Safety",
        kept=NONE,
    ),
    Picture("project-vertex", "project_detail", "A Vertex AI project.", of="Catalog EU", kept=NONE),
    Picture("project-edit", "project_edit", "Its places.", of="Catalog EU", kept=NONE),
    Picture("project-rotate", "project_rotate", "Another key.", of="Search prod", kept=NONE),
    Picture("project-switches", "project_switches", "Its switches.", of="Search prod", kept=NONE),
    Picture("project-remove", "project_remove", "Taking it off the board.", of="Search prod", kept=NONE),
    Picture("project-add", "project_add", "Adding a project: where the key comes from stands beside the field."),
    Picture("members", "member_list", "Who may see and do what in a project.", of="Search prod", kept=NONE),
    Picture("people", "person_list", "Everybody, and how they get in.", kept=NONE),
    Picture("person", "person_detail", "One person.", of="olga", kept=NONE),
    Picture("person-add", "person_add", "Inviting a person.", kept=NONE),
    Picture("person-edit", "person_edit", "Changing one.", of="olga", kept=NONE),
    Picture("views", "view_list", "Saved views: one's own, and a project's.", kept=NONE),
    Picture("view-add", "view_add", "Keeping a filter.", query="?state=failed", kept=NONE),
    Picture("view-edit", "view_edit", "Renaming one.", of="Triage", kept=NONE),
    Picture("preferences", "preferences", "Columns, rows a page, time zone, theme.", kept=NONE),
    Picture("viewer-jobs", "job_list", "A viewer's list.", who="victor", kept=NONE),
    Picture(
        "viewer-job",
        "job_detail",
        "A viewer is told whom to ask.",
        of="catalog-rewrite-week-47",
        who="victor",
        kept=NONE,
    ),
    Picture("viewer-refused", "project_edit", "A page one may not open.", of="Search prod", who="victor", kept=NONE),
    Picture("viewer-people", "person_list", "A page for superusers.", who="victor", kept=NONE),
    Picture(
        "not-found",
        "job_detail",
        "What one may not see is not there.",
        of="eval-helpfulness-week-47",
        who="victor",
        kept=NONE,
    ),
    Picture("sign-in", "account_login", "Signing in.", who=""),
    Picture("reset", "account_reset_password", "A forgotten password.", who="", kept=NONE),
    Picture("reset-done", "account_reset_password_done", "What happens then.", who="", kept=NONE),
    Picture(
        "reset-old",
        "account_reset_password_from_key",
        "A link that is too old.",
        who="",
        more=("1", "no-token"),
        kept=NONE,
    ),
    Picture("reset-set", "account_reset_password_from_key_done", "It is set.", who="", kept=NONE),
    Picture("inactive", "account_inactive", "Somebody who left.", who="", kept=NONE),
    Picture("password", "account_change_password", "Changing one's password.", kept=NONE),
    Picture("sign-out", "account_logout", "Signing out.", kept=NONE),
    Picture("empty", "job_list", "An empty board says how to begin.", stage="empty"),
    Picture("empty-timeline", "timeline", "An empty timeline.", stage="empty", kept=NONE),
    Picture("empty-attention", "attention_list", "Nothing to look at.", stage="empty", kept=NONE),
    Picture("empty-cleanup", "cleanup", "Nothing to tidy up.", stage="empty", kept=NONE),
    Picture("empty-operations", "operation_list", "No operations.", stage="empty", kept=NONE),
    Picture("empty-policies", "policy_list", "No policies.", stage="empty", kept=NONE),
    Picture("empty-reconcile", "reconcile", "Nothing to reconcile.", stage="empty", kept=NONE),
    Picture("empty-projects", "project_list", "No projects.", stage="empty", kept=NONE),
    Picture("empty-audit", "audit_list", "An audit that has just begun.", stage="empty", kept=NONE),
    Picture("empty-views", "view_list", "No views.", stage="empty", kept=NONE),
    Picture("nobody-jobs", "job_list", "Somebody who is member of nothing.", who="victor", stage="empty", kept=NONE),
    Picture("first-jobs", "job_list", "The first sync is under way.", stage="first", kept=NONE),
    Picture(
        "first-project",
        "project_detail",
        "A project before its first sync.",
        of="Search prod",
        stage="first",
        kept=NONE,
    ),
]
