"""Results of jobs: read from wherever the provider keeps them, saved, looked into, handed out (DESIGN 7)."""
