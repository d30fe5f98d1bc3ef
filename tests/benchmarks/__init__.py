"""Benchmarks: Minstrel beside a bare discord.py bot, in the same run, on the same machine. `make bench` runs them."""
