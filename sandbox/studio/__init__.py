"""A stand-in of the MusicMint music API: the same calls on a local port, with music composed and rendered here."""
