from __future__ import annotations

from bot.nonce import nonce


def test_a_nonce_is_the_same_for_ever() -> None:
    """Changing it would post again whatever was on its way during the update."""
    assert nonce(1, 0, "take", 20) == "NT7SMXHW42FFB5LB5YRSA3IOO"


def test_discord_takes_25_characters() -> None:
    assert {len(nonce(10**17, part, "take", 2**63)) for part in range(50)} == {25}


def test_another_task_part_kind_or_channel_is_another_message() -> None:
    asked = [(1, 0, "take", 20), (2, 0, "take", 20), (1, 1, "take", 20), (1, 0, "note", 20), (1, 0, "take", 21)]
    asked += [(11, 0, "take", 20), (1, 10, "take", 20)]
    assert len({nonce(*one) for one in asked}) == len(asked)
