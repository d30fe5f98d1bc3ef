"""The MusicMint music API: what goes out, what comes back, and what its refusals mean.

What its docs leave open is decided in one place each, marked `docs disagree` or `docs are silent`.
"""
