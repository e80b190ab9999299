"""The sweeper function: puts right what is overdue."""
