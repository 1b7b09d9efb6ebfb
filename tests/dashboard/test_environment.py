"""What is not understood stops the start, and tells no secret."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.environment import checked_redis_url


def test_a_wrong_address_of_redis_is_refused_without_its_password() -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        checked_redis_url("http://:hunter2@redis:6379")

    assert str(refused.value) == "REDIS_URL must begin with redis://, rediss:// or unix://."
