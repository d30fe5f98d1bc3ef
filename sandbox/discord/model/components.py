"""Message and modal components with Discord's limits, classic and "Components V2"."""

import re
from enum import IntEnum
from itertools import count
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sandbox.discord.model.errors import Json


class ComponentType(IntEnum):
    """Discord's numbers of the components that are told apart here."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


def _is_link(url: str) -> str:
    if not re.match(r"(https?|discord|attachment)://[^\s/]", url):
        raise PydanticCustomError("URL_TYPE_INVALID_URL", "Not a well formed URL.")
    return url


Link = Annotated[str, Field(max_length=2048), AfterValidator(_is_link)]
CustomId = Annotated[str, Field(min_length=1, max_length=100)]


class Component(BaseModel):
    """What all components share: frozen, unknown fields dropped, an optional number."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int | None = None


class Emoji(BaseModel):
    """A Unicode emoji by its name, or a custom one by its id."""

    id: str | int | None = None
    name: str | None = None
    animated: bool = False


class Button(Component):
    """Styles 1-4 carry a custom_id, 5 a link."""

    type: Literal[2]
    style: int = Field(ge=1, le=6)
    label: str | None = Field(None, max_length=80)
    emoji: Emoji | None = None
    custom_id: CustomId | None = None
    url: Annotated[Link, Field(max_length=512)] | None = None
    disabled: bool = False

    @model_validator(mode="after")
    def _has_its_target(self) -> Self:
        if self.style == 5 and (self.url is None or self.custom_id is not None):
            raise PydanticCustomError("BUTTON_COMPONENT_INVALID_URL", "A link button needs a url and no custom_id")
        if self.style < 5 and (self.custom_id is None or self.url is not None):
            raise PydanticCustomError("BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id and no url is required")
        return self


class SelectOption(BaseModel):
    """One value of a string select."""

    label: str = Field(min_length=1, max_length=100)
    value: str = Field(min_length=1, max_length=100)
    description: str | None = Field(None, max_length=100)
    emoji: Emoji | None = None
    default: bool = False


class Picker(Component):
    """What every select has."""

    custom_id: CustomId
    placeholder: str | None = Field(None, max_length=150)
    min_values: int = Field(1, ge=0, le=25)
    max_values: int = Field(1, ge=1, le=25)
    disabled: bool = False
    required: bool | None = None


class StringSelect(Picker):
    """A select with values of its own."""

    type: Literal[3]
    options: list[SelectOption] = Field(min_length=1, max_length=25)


class DefaultValue(BaseModel):
    """What an entity select has picked at first."""

    id: str | int
    type: Literal["user", "role", "channel"]


class EntitySelect(Picker):
    """A select of users (5), roles (6), both (7) or channels (8)."""

    type: Literal[5, 6, 7, 8]
    channel_types: list[int] = []
    default_values: list[DefaultValue] = Field([], max_length=25)


class TextInput(Component):
    """A field of a form. Alone in a row it needs a `label`; inside a Label it has none."""

    type: Literal[4]
    custom_id: CustomId
    style: Literal[1, 2]
    label: str | None = Field(None, min_length=1, max_length=45)
    min_length: int | None = Field(None, ge=0, le=4000)
    max_length: int | None = Field(None, ge=1, le=4000)
    required: bool = True
    value: str | None = Field(None, max_length=4000)
    placeholder: str | None = Field(None, max_length=100)


class TextDisplay(Component):
    """Text in Markdown."""

    type: Literal[10]
    content: str = Field(min_length=1, max_length=4000)


class Media(BaseModel):
    """A file by its URL, or `attachment://` and a file name."""

    url: Link


class Thumbnail(Component):
    """A small picture beside a section."""

    type: Literal[11]
    media: Media
    description: str | None = Field(None, max_length=1024)
    spoiler: bool = False


class Section(Component):
    """One to three texts beside a button or picture."""

    type: Literal[9]
    components: list[TextDisplay] = Field(min_length=1, max_length=3)
    accessory: Annotated[Button | Thumbnail, Field(discriminator="type")]


class GalleryItem(BaseModel):
    """One picture or video of a gallery."""

    media: Media
    description: str | None = Field(None, max_length=1024)
    spoiler: bool = False


class MediaGallery(Component):
    """Pictures and videos in a grid."""

    type: Literal[12]
    items: list[GalleryItem] = Field(min_length=1, max_length=10)


class FileDisplay(Component):
    """A file to download; audio in it cannot be played."""

    type: Literal[13]
    file: Media
    spoiler: bool = False


class Separator(Component):
    """Space, with a line or without."""

    type: Literal[14]
    divider: bool = True
    spacing: Literal[1, 2] = 1


class ActionRow(Component):
    """Up to five buttons, or one select."""

    type: Literal[1]
    components: list[Annotated[Button | StringSelect | EntitySelect, Field(discriminator="type")]] = Field(
        min_length=1, max_length=5
    )

    @model_validator(mode="after")
    def _holds_one_select_alone(self) -> Self:
        if len(self.components) > 1 and any(item.type != 2 for item in self.components):
            raise PydanticCustomError("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "A select fills its row")
        return self


class Container(Component):
    """A framed group of components."""

    type: Literal[17]
    components: list[
        Annotated[
            ActionRow | Section | TextDisplay | MediaGallery | FileDisplay | Separator, Field(discriminator="type")
        ]
    ] = Field(min_length=1)
    accent_color: int | None = Field(None, ge=0, le=0xFFFFFF)
    spoiler: bool = False


class FileUpload(Component):
    """A field of a form that takes files."""

    type: Literal[19]
    custom_id: CustomId
    min_values: int = Field(1, ge=0, le=10)
    max_values: int = Field(1, ge=1, le=10)
    required: bool = True


class GroupOption(BaseModel):
    """One value of a group of radio buttons or checkboxes."""

    value: str = Field(min_length=1, max_length=100)
    label: str = Field(min_length=1, max_length=100)
    description: str | None = Field(None, max_length=100)
    default: bool = False


class ChoiceGroup(Component):
    """Radio buttons (21) or checkboxes (22)."""

    type: Literal[21, 22]
    custom_id: CustomId
    options: list[GroupOption] = Field(min_length=1, max_length=10)
    min_values: int | None = Field(None, ge=0, le=10)
    max_values: int | None = Field(None, ge=1, le=10)
    required: bool = True


class Checkbox(Component):
    """A field of a form to tick."""

    type: Literal[23]
    custom_id: CustomId
    default: bool = False


class Label(Component):
    """A field of a form under its name."""

    type: Literal[18]
    label: str = Field(min_length=1, max_length=45)
    description: str | None = Field(None, max_length=100)
    component: Annotated[
        TextInput | StringSelect | EntitySelect | FileUpload | ChoiceGroup | Checkbox, Field(discriminator="type")
    ]


class TextInputRow(Component):
    """The older way to put a text field into a form."""

    type: Literal[1]
    components: list[TextInput] = Field(min_length=1, max_length=1)

    @model_validator(mode="after")
    def _has_a_label(self) -> Self:
        if self.components[0].label is None:
            raise PydanticCustomError("BASE_TYPE_REQUIRED", "This field is required")
        return self


MessageComponent = Annotated[
    ActionRow | Section | TextDisplay | MediaGallery | FileDisplay | Separator | Container, Field(discriminator="type")
]
ModalComponent = Annotated[TextInputRow | Label | TextDisplay, Field(discriminator="type")]


def numbered(components: list[Json]) -> list[Json]:
    """Components as Discord keeps them: each without an `id` gets the next free number, outer ones first."""
    taken = {part["id"] for part in flat(components) if "id" in part}
    free = (number for number in count(1) if number not in taken)
    for part in flat(components):
        if "id" not in part:
            part["id"] = next(free)
    return components


def flat(node: object) -> list[Json]:
    """Every component inside a component or list of them, outer ones first."""
    if isinstance(node, list):
        return [part for item in node for part in flat(item)]
    if not isinstance(node, dict):
        return []
    inner = [part for key in ("components", "component", "accessory") for part in flat(node.get(key))]
    return [node, *inner]
