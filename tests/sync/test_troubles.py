"""What syncs say somebody must look at; from their changes, in the same transaction."""

import pytest

from jobs.models import Attention

from .conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


def open_kinds() -> dict[str, int]:
    return dict(Attention.objects.unresolved().values_list("kind", "jobs"))


def test_a_job_that_fails_raises_attention_once(watched: Watched) -> None:
    watched.account.add_job(outcome="fail")
    watched.account.add_job()
    watched.sync()
    assert open_kinds() == {}

    watched.pass_time(3600)
    watched.sync()
    watched.sync(full=True)

    assert open_kinds() == {"failed": 1}
    assert Attention.objects.get().times == 1


def test_a_success_without_one_good_request_is_all_failed(watched: Watched) -> None:
    watched.account.add_job(outcome="all_failed")
    watched.pass_time(3600)
    watched.sync()

    assert open_kinds() == {"all_failed": 1}


def test_an_unknown_word_raises_attention(watched: Watched) -> None:
    watched.account.add_job(outcome="unknown")
    watched.pass_time(120)
    watched.sync()

    assert open_kinds() == {"unknown_state": 1}


def test_a_failed_job_deleted_at_the_provider_settles_it(gemini: Watched) -> None:
    job = gemini.account.add_job(outcome="fail")
    gemini.pass_time(3600)
    gemini.sync()
    gemini.account.forget(job.name)
    gemini.pass_time(60)

    gemini.sync(full=True)

    assert open_kinds() == {}


def test_a_revoked_key_makes_the_project_unreachable_until_it_works_again(watched: Watched) -> None:
    watched.sync()
    watched.account.revoke()
    watched.sync()
    assert open_kinds() == {"unreachable": 1}

    watched.account.revoked = False
    watched.sync()
    assert open_kinds() == {}


def test_one_hiccup_is_nothing_to_look_at(watched: Watched) -> None:
    watched.account.faults.set(status=503)
    watched.sync()

    assert open_kinds() == {}
