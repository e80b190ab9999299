"""Jobs: how one is admitted, how it changes state, what is known about it.

The package knows nothing of documentation engines and nothing of HTTP. Clients, clocks and the
engine are arguments. `jobs` holds the words, `transitions` every change of a job's state,
`admission` the way in, `queries` every read, `worker` and `sweeper` the two procedures.
"""
