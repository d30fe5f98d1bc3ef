"""No secret survives in a text, whoever wrote it and however it was quoted."""

from __future__ import annotations

import json
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import HIDDEN, SHORTEST, Redaction

HEX = "0123456789abcdef" * 4
BOT_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"
INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTp4eXo="

SHAPED = [
    ("the key sk-mm-AbC_9.x-y was refused", "AbC_9"),
    ("signed with whsec_Zm9vYmFyCg==", "Zm9v"),
    ("signed with whsec-of-the-key", "of-the-key"),
    (f"login with {BOT_TOKEN} failed", "GaBcDe"),
    (f"headers={{'Authorization': 'Bot {BOT_TOKEN[:20]}'}}", BOT_TOKEN[:20]),
    ("'Authorization': 'Bot short-token'", "short-token"),
    ("Authorization: Bearer abc.def", "abc.def"),
    (f"POST /webhooks/12345/{INTERACTION}/messages/@original", INTERACTION),
    ("POST /api/v10/webhooks/12345/canarytoken?wait=true", "canarytoken"),
    ("https://discord.com/api/v10/interactions/99/canarytoken/callback", "canarytoken"),
    (f"token={INTERACTION}", INTERACTION),
    (f"POST /musicmint/7.{HEX} HTTP/1.1", HEX),
    ("GET https://cdn.test/a.mp3?ex=1&is=2&hm=canary", "canary"),
    ("url=URL('https://cdn.test/a.mp3?Signature=canary%2Fx&Expires=9')", "canary"),
    ("wss://gateway.discord.gg/?v=10&token=canary", "canary"),
]


@pytest.mark.parametrize(("text", "secret"), SHAPED, ids=[text[:30] for text, _ in SHAPED])
def test_what_has_the_shape_of_a_secret_is_hidden(text: str, secret: str) -> None:
    assert secret in text
    said = Redaction()(text)
    assert secret not in said
    assert HIDDEN in said


@pytest.mark.parametrize(
    "text",
    [
        "submitted task=7 api_task=64f3a1b2c8d9e0f1a2b3c4d5",
        "callback submission=7 api_task=clip-abc123 status=completed new=True",
        "Bot is ready, what now? yes=no",
        "2026-11-24T15:05:28.123456Z [info     ] delivered              channel=1234567890123456789 take=v1a",
        'File "/app/bot/musicmint/client.py", line 7, in _call',
        "minstrel: DISCORD_TOKEN is not accepted by Discord; copy it anew from the developer portal",
    ],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert Redaction(["a-configured-secret"])(text) == text


@pytest.mark.parametrize("write", [str, repr, json.dumps, lambda text: quote(text, safe="")])
def test_a_configured_secret_is_hidden_however_it_is_written(write: object) -> None:
    secret = 'it\'s \\a/ "canary"&more+1'
    assert callable(write)
    assert Redaction([secret])(f"before {write(secret)} after").startswith("before ")
    assert "canary" not in Redaction([secret])(f"before {write(secret)} after")


def test_a_secret_that_holds_another_is_hidden_whole() -> None:
    assert Redaction(["word", "word-and-more"])("said word-and-more") == f"said {HIDDEN}"


@given(
    secret=st.text(string.ascii_letters + string.digits + string.punctuation, min_size=SHORTEST, max_size=40),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_no_neighbours_let_a_configured_secret_through(secret: str, before: str, after: str) -> None:
    assert secret not in Redaction([secret])(before + secret + after).replace(HIDDEN, "\n")


def test_a_secret_too_short_to_hide_does_not_blacken_the_log() -> None:
    assert Redaction(["abc"])("abc of everything") == "abc of everything"


def test_it_prints_none_of_them() -> None:
    assert "canary" not in repr(Redaction(["canary-secret"]))
