"""Rows and SQL; knows neither Discord nor MusicMint."""
