"""What happened, for people: timeline, report, figures."""
