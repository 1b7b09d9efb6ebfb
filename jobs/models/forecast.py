"""What finished jobs taught about durations, and when active ones are expected to end."""

from django.db import models
from django.db.models import Index

from .job import BatchJob


class Lesson(models.Model):
    """One finished job. Seconds: waiting, running (null where no start is known), both; ``taught``: errors of guesses.

    ``taught`` holds [part, drifted, error] of each guess at a moment of its run (jobs/eta.py); ``size`` is its class.
    """

    job = models.OneToOneField(BatchJob, models.CASCADE, related_name="lesson")
    provider = models.CharField(max_length=20)
    model = models.CharField(max_length=200, blank=True)
    size = models.SmallIntegerField()
    ended_at = models.DateTimeField()
    queue_seconds = models.FloatField(null=True)
    run_seconds = models.FloatField(null=True)
    whole_seconds = models.FloatField()
    taught = models.JSONField(default=list)

    class Meta:
        indexes = [Index("provider", "model", "ended_at", name="lesson_latest")]

    def __str__(self) -> str:
        return f"lesson of {self.job_id}"


class Forecast(models.Model):
    """Of an active job, as of ``at``: when it ends (80 % between low and high), and what looks wrong since when."""

    job = models.OneToOneField(BatchJob, models.CASCADE, related_name="forecast")
    at = models.DateTimeField()
    low_at = models.DateTimeField(null=True)
    expected_at = models.DateTimeField(null=True)
    high_at = models.DateTimeField(null=True)
    flag = models.CharField(max_length=10, blank=True)
    flag_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"forecast of {self.job_id}"
