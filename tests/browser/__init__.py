"""The page of the local Discord, driven by a real Chromium against the real bot."""
