"""What starts a run by itself: a delivery in the inbox, each morning, and the 5th of each month."""

import dagster as dg

from tznr_platform.assets.partitions import TIMEZONE, feed_months, whole_range_tags
from tznr_platform.intake import inbox_fingerprint
from tznr_platform.orchestration.jobs import FULL_JOB, INGEST_JOB, PROTECTION_JOB
from tznr_platform.resources import Platform


@dg.sensor(job=INGEST_JOB, minimum_interval_seconds=60,
           description="Lance une réception quand le contenu de la boîte a changé et ne bouge plus.")
def inbox_sensor(context: dg.SensorEvaluationContext, platform: Platform) -> dg.RunRequest | dg.SkipReason:
    """One run for each state of the inbox.

    The key is made of names, sizes, times and the exclusion list's version, so that a file sent again after an
    objection is read again: Dagster never forgets a run key.
    """
    fingerprint = inbox_fingerprint(platform.settings)
    if fingerprint is None:
        return dg.SkipReason("Boîte de réception absente ou vide.")
    if fingerprint != context.cursor:
        context.update_cursor(fingerprint)
        return dg.SkipReason("La boîte vient de changer : lecture au prochain passage si elle ne bouge plus.")
    return dg.RunRequest(run_key=fingerprint, tags=whole_range_tags(feed_months()))


@dg.schedule(job=FULL_JOB, cron_schedule="0 6 5 * *", execution_timezone=TIMEZONE,
             description="Le 5 de chaque mois à 6 h (Paris) : réception, entrepôt, portes, rapports.")
def monthly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Every month of the feeds in one run."""
    moment = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(run_key=moment, tags=whole_range_tags(feed_months()))


@dg.schedule(job=PROTECTION_JOB, cron_schedule="0 7 * * *", execution_timezone=TIMEZONE,
             description="Chaque jour à 7 h (Paris) : échéances des demandes et durées de conservation.")
def daily_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The clocks that protect people, looked at every day."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.date().isoformat())
