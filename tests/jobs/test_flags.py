"""What looks wrong with an active job: each rule at its line, and nothing for any job that is fine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.eta import Range
from jobs.flags import HOUR, Flag, Sight, judge

LEFT = Range(HOUR, 2 * HOUR, 3 * HOUR)
seconds = st.none() | st.floats(0, 1e7)


@pytest.mark.parametrize(
    ("job", "flag", "held"),
    [
        (Sight(), Flag.NONE, 0),
        (Sight(waited=23 * HOUR), Flag.NONE, 0),
        (Sight(waited=25 * HOUR), Flag.WAITING, HOUR),
        (Sight(waited=600, usual_wait=60), Flag.NONE, 0),
        (Sight(waited=3 * HOUR, usual_wait=HOUR), Flag.WAITING, 2 * HOUR),
        (Sight(idle=HOUR), Flag.NONE, 0),
        (Sight(idle=3 * HOUR), Flag.STALLED, HOUR),
        (Sight(idle=3 * HOUR, usual_run=HOUR), Flag.STALLED, 2.5 * HOUR),
        (Sight(idle=5 * HOUR, usual_run=100 * HOUR), Flag.NONE, 0),
        (Sight(ran=3 * HOUR, usual_run=HOUR), Flag.SLOW, 2 * HOUR),
        (Sight(ran=3 * HOUR, usual_run=HOUR, idle=0), Flag.NONE, 0),
        (Sight(left=LEFT, deadline=1.5 * HOUR), Flag.LATE, 0),
        (Sight(left=LEFT, deadline=2.5 * HOUR), Flag.NEAR, 1.5 * HOUR),
        (Sight(left=LEFT, deadline=3.5 * HOUR), Flag.NONE, 0),
        (Sight(deadline=3 * HOUR), Flag.NEAR, HOUR),
        (Sight(deadline=5 * HOUR), Flag.NONE, 0),
    ],
)
def test_each_flag_begins_at_its_line(job: Sight, flag: Flag, held: float) -> None:
    assert judge(job) == (flag, held)


def test_what_will_expire_outweighs_what_stands_still() -> None:
    assert judge(Sight(idle=9 * HOUR, left=LEFT, deadline=HOUR))[0] is Flag.LATE


@given(st.builds(Sight, waited=seconds, ran=seconds, idle=seconds, deadline=seconds, usual_wait=seconds))
def test_any_sight_is_judged(job: Sight) -> None:
    flag, held = judge(job)

    assert held >= 0 and (flag is not Flag.NONE or held == 0)
