"""Stand-ins to run Minstrel without accounts: a local Discord with a web page, a local MusicMint with real audio."""
