"""The MusicMint music API: what goes out, what comes back, and what its refusals mean."""
