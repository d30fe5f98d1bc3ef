from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.musicmint.callback import Callback, CallbackAddress, signature_is_right, without_tokens
from bot.musicmint.models import TaskStatus
from tests.bot.musicmint.api import EXAMPLES, TASK

OURS = CallbackAddress("https://bot.example.com/", "our own secret")
OTHERS = CallbackAddress("https://bot.example.com/", "another secret")
SIGNING = "whsec-of-the-appkey"
BODY = b'{"task_id": "a1", "status": "completed"}'


def part(submission_id: int, address: CallbackAddress = OURS) -> str:
    return address.url(submission_id).rpartition("/")[2]


def signed(raw: bytes, secret: str = SIGNING) -> str:
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def test_the_address_names_the_submission_and_proves_it() -> None:
    token = hmac.new(b"our own secret", b"callback|7", hashlib.sha256).hexdigest()
    assert OURS.url(7) == f"https://bot.example.com/musicmint/7.{token}"


@given(st.integers(1, 2**63 - 1))
def test_every_submission_is_found_again_by_its_own_address_alone(submission_id: int) -> None:
    assert OURS.submission_of(part(submission_id)) == submission_id
    assert OTHERS.submission_of(part(submission_id)) is None


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "7",
        "7.",
        part(8).replace("8.", "7.", 1),
        part(7)[:-1],
        part(7) + "0",
        part(7).upper(),
        "0" + part(7),
        "+" + part(7),
        " " + part(7),
        part(7) + "\n",
        part(7).replace("7.", "٧.", 1),
        part(7).replace(".", ":"),
        part(0),
        part(-7),
        part(2**63),
        "7." + "é" * 64,
        "7" * 5000 + part(7),
    ],
    ids=lambda forged: repr(forged[:12]),
)
def test_no_other_text_is_an_address(forged: str) -> None:
    assert OURS.submission_of(forged) is None


@given(st.text())
def test_no_text_breaks_the_look_at_an_address(text: str) -> None:
    assert OURS.submission_of(text) is None


def test_an_address_needs_a_secret_and_does_not_print_it() -> None:
    with pytest.raises(ValueError):
        CallbackAddress("https://bot.example.com", "")
    assert "our own secret" not in repr(OURS)


def test_a_signature_is_the_lowercase_hex_of_the_raw_bytes() -> None:
    assert signature_is_right(BODY, signed(BODY), [SIGNING])


def test_either_of_two_secrets_may_have_signed() -> None:
    assert signature_is_right(BODY, signed(BODY, "new"), ["old", "new"])
    assert signature_is_right(BODY, signed(BODY, "old"), ["old", "new"])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        signed(BODY).upper(),
        "sha256=" + signed(BODY),
        signed(BODY) + " ",
        signed(BODY)[:-1],
        signed(BODY + b" "),
        signed(BODY, "another"),
        "é" * 64,
        "0" * 64,
    ],
)
def test_every_other_signature_is_wrong(header: str | None) -> None:
    assert not signature_is_right(BODY, header, [SIGNING])


def test_without_a_secret_no_signature_is_right() -> None:
    assert not signature_is_right(BODY, signed(BODY), [])


@pytest.mark.parametrize("name", ["callback completed", "callback failed"])
def test_the_documented_callbacks_are_understood(name: str) -> None:
    callback = Callback.parse(json.dumps(EXAMPLES[name]).encode())
    assert callback == Callback(task_id=TASK, status=TaskStatus(name.split()[1]))


@pytest.mark.parametrize(
    "body",
    [
        {"id": "a1"},
        {"task_id": "a1", "status": None},
        {"task_id": "a1", "status": "moderating"},
        {"task_id": "a1", "status": ["x"], "results": "none"},
    ],
)
def test_the_task_s_id_is_all_a_hint_needs(body: dict[str, object]) -> None:
    assert Callback.parse(json.dumps(body).encode()) == Callback(task_id="a1")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"a1"',
        b"{}",
        b'{"status": "completed"}',
        b'{"task_id": 7}',
        b'{"task_id": ".."}',
        b'{"task_id": "a b"}',
        b'{"task_id": "a1"',
        b'{"task_id": "\xff"}',
        b"[" * 50_000,
        b"task_id=a1&status=completed",
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_every_other_body_is_no_callback(raw: bytes) -> None:
    assert Callback.parse(raw) is None


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reading_of_a_callback(raw: bytes) -> None:
    assert Callback.parse(raw) is None


@pytest.mark.parametrize(
    "write", [lambda url: url, lambda url: url.replace("/", "\\/")], ids=["plain", "strokes escaped"]
)
def test_an_address_that_is_quoted_loses_its_token_and_nothing_else(write: Callable[[str], str]) -> None:
    said = json.dumps({"message": "cannot reach URL", "code": 2002}).replace("URL", write(OURS.url(7)))
    clean = without_tokens(said.encode()).decode()
    assert OURS.url(7).rpartition(".")[2] not in clean
    assert json.loads(clean) == {"message": "cannot reach https://bot.example.com/musicmint/7.***", "code": 2002}


@given(st.binary(max_size=200))
def test_other_bytes_stay_as_they_are(raw: bytes) -> None:
    assert without_tokens(raw) == raw
