"""The board over time: which jobs a window of time meets, how they lie in lanes, what their durations were."""
