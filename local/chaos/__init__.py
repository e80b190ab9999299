"""Fault injection: does every job survive whatever dies on its way?

`proxy` stands between the functions and the emulator and makes AWS calls fail, answer late, answer
after having done the work, or kill whoever made them. `site` is what the jobs crawl. `workload`
submits, cancels, repeats and disturbs; `checker` reads what is left and judges. `python -m
local.chaos` runs it all against a stack of its own, on loopback, bounded in count and time.
"""
