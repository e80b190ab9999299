"""The worker function: takes jobs from the queue."""
