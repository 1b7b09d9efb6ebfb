"""One command on one machine: the processes of an installation under one supervisor (DESIGN 9)."""
