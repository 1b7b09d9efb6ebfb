"""Cancel, delete or archive all jobs that a filter lets in, in the foreground: the same plan, run and receipt."""

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.db.models import Count
from django.http import QueryDict
from django.utils import timezone

from jobs import operations
from jobs.filters import JobFilter
from jobs.management.base import BoardCommand
from jobs.models import Action, Operation, OperationItem, OperationStatus, User
from jobs.operations import OperationRefused, Selection
from jobs.projects import Actor
from jobs.providers.reading import line
from jobs.wording import many

LONGEST = 1000  # letters of a line; more than names may have
PLACES = ("sort", "dir", "after", "before")


class Command(BoardCommand):
    help = "Cancel, delete or archive all jobs that match a filter, and print the receipt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--filter", required=True, metavar="QUERY", help="as in the list's address: state=failed")
        parser.add_argument("--action", default="delete", choices=["delete", "cancel", "archive", "forget"])
        parser.add_argument("--dry-run", action="store_true", help="print the plan, do nothing")
        parser.add_argument("--reason", default="", metavar="TEXT", help="for the receipt and the audit")
        parser.add_argument("--yes", action="store_true", help="do not ask, and start at once")
        parser.add_argument("--json", action="store_true", help="a JSON object a line; the last one holds the totals")
        parser.add_argument("--as", dest="actor", metavar="USER", help="who does it; else the command line")
        parser.add_argument("--approved-by", metavar="USER", help="the second person, where one is needed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except OperationRefused as exc:
            raise CommandError(str(exc)) from exc

    def _handle(self, options: dict[str, Any]) -> None:
        user = find_user(options["actor"]) if options["actor"] else None
        selection, action = Selection(chosen=read_filter(options["filter"])), Action(options["action"])
        if options["dry_run"]:
            with transaction.atomic():
                self._say(operations.plan(selection, action, actor=Actor(user, timezone.now())), options)
                transaction.set_rollback(True)
            return
        refuse_unfounded(options)
        operation = operations.plan(selection, action, actor=Actor(user, timezone.now()))
        self._confirm(operation, user, options)
        self._run(operation, user)
        self._say(operation, options)
        if operation.items_failed or operation.items_stopped:
            raise CommandError(f"Not all went as planned: {operations.in_words(operation)}.")

    def _confirm(self, operation: Operation, user: User | None, options: dict[str, Any]) -> None:
        """What is not confirmed in the end is discarded."""
        try:
            typed = None if options["yes"] else self._ask(operation)
            now = Actor(user, timezone.now())
            operations.confirm(operation, actor=now, reason=options["reason"], typed=typed, at_once=options["yes"])
            if operation.status == OperationStatus.WAITING:
                self._approve(operation, options)
        except (OperationRefused, CommandError, KeyboardInterrupt):
            operations.discard(operation, actor=Actor(user, timezone.now()))
            raise

    def _ask(self, operation: Operation) -> str:
        self.stderr.write(operations.totals(operation).headline)
        typed = input(f"Type {operation.items_to_do} to go ahead: ").strip()
        if typed != str(operation.items_to_do):
            raise CommandError("Nothing was done.")
        return typed

    def _approve(self, operation: Operation, options: dict[str, Any]) -> None:
        if not options["approved_by"]:
            jobs = many(operation.items_to_do, "job")
            raise CommandError(f"A second person has to approve {jobs}: add --approved-by USER.")
        approver = Actor(find_user(options["approved_by"]), timezone.now())
        operations.approve(operation, actor=approver, at_once=options["yes"])

    def _run(self, operation: Operation, user: User | None) -> None:
        """Ctrl-C takes it back, or stops it and follows what was asked; a second one leaves it to the workers."""
        try:
            operations.run_to_end(operation, now=timezone.now)
        except KeyboardInterrupt:
            operation.refresh_from_db()
            if operation.status == OperationStatus.CONFIRMED:
                operations.undo(operation, actor=Actor(user, timezone.now()))
                raise CommandError("Undone: the provider was asked for nothing.") from None
            operations.stop(operation, actor=Actor(user, timezone.now()))
            operations.run_to_end(operation, now=timezone.now)

    def _say(self, operation: Operation, options: dict[str, Any]) -> None:
        for item in operation.items.order_by("pk").iterator(chunk_size=1000):
            if options["json"]:
                self.say_json(as_dict(item))
            else:
                said = f"{item.project_name}/{item.job_name}  {item.detail or item.verdict_reason}"
                self.stdout.write(f"{item.outcome or item.verdict:<13} {line(said, LONGEST)}")
        numbers = totals(operation)
        if options["json"]:
            self.say_json(numbers)
        else:
            said = operations.in_words(operation) if operation.ended_at else operations.totals(operation).headline
            self.stdout.write(line(said, LONGEST))


def read_filter(text: str) -> JobFilter:
    """Strict, unlike a page: what is not understood might let more jobs in than were meant."""
    params = QueryDict(text.removeprefix("?"))
    known = set(JobFilter().params()) - set(PLACES)
    if odd := sorted(set(params) - known):
        raise CommandError(f"The filter knows no “{line(odd[0], 40)}”; it knows: {', '.join(sorted(known))}.")
    chosen = JobFilter.parse(params)
    if chosen.notes:
        raise CommandError(f"The filter is not understood: {chosen.notes[0]}")
    if not chosen.is_set:
        raise CommandError("This filter lets every job in: say which are meant, such as state=failed.")
    return chosen


def refuse_unfounded(options: dict[str, Any]) -> None:
    if not options["reason"].strip():
        raise CommandError("Say why: --reason TEXT.")
    if not options["yes"] and not sys.stdin.isatty():
        raise CommandError("Add --yes to do it, or --dry-run to see the plan.")


def find_user(name: str) -> User:
    try:
        return User.objects.get(username=name, is_active=True)
    except User.DoesNotExist as exc:
        raise CommandError(f"There is no active user “{name}”.") from exc


def as_dict(item: OperationItem) -> dict[str, Any]:
    """The stable shape scripts read."""
    return {
        "job": item.job_name,
        "project": item.project_name,
        "planned": item.verdict,
        "outcome": item.outcome or None,
        "detail": item.detail or item.verdict_reason,
        "attempts": item.attempts,
    }


def totals(operation: Operation) -> dict[str, Any]:
    """Of all jobs of the plan, those included that it skipped or refused."""
    items = operation.items.order_by()
    return {
        "operation": operation.pk if operation.ended_at else None,
        "status": operation.status,
        "jobs": operation.items_total,
        "to_do": operation.items_to_do,
        "pinned": operation.pinned,
        "planned": dict(items.values_list("verdict").annotate(jobs=Count("pk"))),
        "outcomes": dict(items.exclude(outcome="").values_list("outcome").annotate(jobs=Count("pk"))),
    }
