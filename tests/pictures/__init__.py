"""``make screenshots``: every page there is, of a made-up team's board; same seed, same pictures."""
