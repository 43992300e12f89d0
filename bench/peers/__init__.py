"""Other people's checkouts, run beside ours only when asked for, in an environment of their own."""
