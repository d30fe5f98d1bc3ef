"""Discord's limits on a message, and the tree of errors it names them with."""

from typing import Any

import pytest

from tests.sandbox.discord.conftest import Place


def button(custom_id: str = "b", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "x", "custom_id": custom_id} | more


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(parts)}


BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_BAD_LENGTH"),
    ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [{"name": "n"}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"description": "x" * 4000}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    ({"components": [row(button(str(n))) for n in range(6)]}, "components", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(*(button(str(n)) for n in range(6)))]}, "components.0.components", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(button("b" * 101))]}, "components.0.components.0.custom_id", "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(button(label="x" * 81))]}, "components.0.components.0.label", "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(button(), button())]}, "components", "COMPONENT_CUSTOM_ID_DUPLICATED"),
    ({"embeds": [{"image": {"url": "cover.png"}}]}, "embeds.0.image.url", "URL_TYPE_INVALID_URL"),
    (
        {"components": [row({"type": 2, "style": 5, "label": "x", "url": "javascript:x"})]},
        "components.0.components.0.url",
        "URL_TYPE_INVALID_URL",
    ),
    (
        {"components": [row({"type": 2, "style": 1})]},
        "components.0.components.0",
        "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
    ),
    ({"components": [{"type": 99}]}, "components.0", "BASE_TYPE_CHOICES"),
    ({"nonce": "n" * 26}, "nonce", "BASE_TYPE_MAX_LENGTH"),
    ({"flags": 1 << 15, "content": "x"}, "content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
]


@pytest.mark.parametrize(("body", "path", "code"), BROKEN)
async def test_a_broken_limit_is_named_in_discords_tree(
    place: Place, body: dict[str, Any], path: str, code: str
) -> None:
    status, error = await place.bot("POST", f"/channels/{place.channel('general')}/messages", json=body)
    assert (status, error["code"], error["message"]) == (400, 50035, "Invalid Form Body")
    node = error["errors"]
    for name in path.split("."):
        node = node[name]
    assert node["_errors"][0]["code"] == code


async def test_what_is_just_within_the_limits_is_taken(place: Place) -> None:
    body = {
        "content": "x" * 2000,
        "embeds": [{"description": "x" * 3000}] * 2,
        "components": [row(*(button(f"{r}.{n}") for n in range(5))) for r in range(5)],
        "nonce": "n" * 25,
    }
    status, message = await place.bot("POST", f"/channels/{place.channel('general')}/messages", json=body)
    assert status == 200
    assert [part["id"] for part in message["components"]] == [1, 7, 13, 19, 25]


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": "  "}, {"components": [row(button())]}])
async def test_an_empty_message_is_refused(place: Place, body: dict[str, Any]) -> None:
    status, error = await place.bot("POST", f"/channels/{place.channel('general')}/messages", json=body)
    assert (status, error["code"]) == (400, 50006)


@pytest.mark.parametrize("text", ["{", '{"content": "\\ud800"}', '{"nonce": NaN}'])
async def test_broken_json_is_refused(place: Place, text: str) -> None:
    path = f"/channels/{place.channel('general')}/messages"
    status, error = await place.bot("POST", path, data=text, skip_auto_headers=["Content-Type"])
    assert (status, error["code"]) == (400, 50109)
