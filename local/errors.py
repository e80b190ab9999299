"""What can go wrong with the local stack? One error, whose message says what to do."""


class StackError(Exception):
    """The local stack cannot do what was asked."""
