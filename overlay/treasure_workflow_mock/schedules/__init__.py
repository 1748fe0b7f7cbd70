"""Schedule rules, cron patterns and session times."""
