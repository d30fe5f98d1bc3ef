"""The bodies a bot sends, with Discord's limits as their types, and Discord's error tree when one is broken."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sandbox.discord.model.components import Link, Media, MessageComponent, ModalComponent
from sandbox.discord.model.entities import AnswerType
from sandbox.discord.model.errors import ApiError, Json, invalid_form

Snowflake = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v), Field(pattern=r"^\d{1,20}$")]
ArchiveMinutes = Literal[60, 1440, 4320, 10080]
ThreadName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Body(BaseModel):
    """Fields Discord does not know are dropped, as it drops them."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class EmbedFooter(Body):
    """The small line under an embed."""

    text: str = Field(max_length=2048)
    icon_url: Link | None = None


class EmbedAuthor(Body):
    """The small line above an embed."""

    name: str = Field(max_length=256)
    url: Link | None = None
    icon_url: Link | None = None


class EmbedField(Body):
    """A titled paragraph of an embed."""

    name: str = Field(min_length=1, max_length=256)
    value: str = Field(min_length=1, max_length=1024)
    inline: bool = False


class Embed(Body):
    """One embed; an app cannot set its video or provider."""

    title: str | None = Field(None, max_length=256)
    description: str | None = Field(None, max_length=4096)
    url: Link | None = None
    timestamp: str | None = None
    color: int | None = Field(None, ge=0, le=0xFFFFFF)
    footer: EmbedFooter | None = None
    image: Media | None = None
    thumbnail: Media | None = None
    author: EmbedAuthor | None = None
    fields: list[EmbedField] = Field([], max_length=25)

    def length(self) -> int:
        """The characters that count against the 6000 of a message."""
        texts = [self.title, self.description, self.footer and self.footer.text, self.author and self.author.name]
        return sum(len(text) for text in texts if text) + sum(len(f.name) + len(f.value) for f in self.fields)


class AttachmentBody(Body):
    """A new file (`id` is the n of `files[n]`) or, in an edit, one to keep."""

    id: Snowflake
    filename: str | None = Field(None, max_length=1024)
    description: str | None = Field(None, max_length=1024)


class ReferenceBody(Body):
    """The message to reply to."""

    type: Literal[0] = 0
    message_id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    fail_if_not_exists: bool = True


class AllowedMentions(Body):
    """Whom the text may ping."""

    parse: list[Literal["roles", "users", "everyone"]] = []
    roles: list[Snowflake] = Field([], max_length=100)
    users: list[Snowflake] = Field([], max_length=100)
    replied_user: bool = False


class MessageBody(Body):
    """A new message, or (by the fields that are set) the change of one."""

    content: str | None = Field(None, max_length=2000)
    embeds: list[Embed] | None = Field(None, max_length=10)
    components: list[MessageComponent] | None = None
    attachments: list[AttachmentBody] | None = Field(None, max_length=10)
    allowed_mentions: AllowedMentions | None = None
    message_reference: ReferenceBody | None = None
    nonce: Annotated[str, StringConstraints(max_length=25)] | int | None = None
    enforce_nonce: bool = False
    flags: int | None = 0


class CallbackBody(Body):
    """How the bot answers an interaction; what `data` must be follows from `type`."""

    type: AnswerType
    data: dict[str, Any] | None = None


class ModalBody(Body):
    """A form to open."""

    custom_id: str = Field(min_length=1, max_length=100)
    title: str = Field(min_length=1, max_length=45)
    components: list[ModalComponent] = Field(min_length=1, max_length=5)


class Choice(Body):
    """One suggested or fixed value of an option."""

    name: str = Field(min_length=1, max_length=100)
    name_localizations: dict[str, str] | None = None
    value: Annotated[str, StringConstraints(max_length=100)] | int | float


class ChoicesBody(Body):
    """The answer to an autocomplete."""

    choices: list[Choice] = Field(max_length=25)


class ThreadFromMessageBody(Body):
    """A thread under a message."""

    name: ThreadName
    auto_archive_duration: ArchiveMinutes | None = None


class ThreadBody(ThreadFromMessageBody):
    """A thread without a message, or (with `message`) a forum post."""

    type: Literal[10, 11, 12] = 12
    message: MessageBody | None = None
    applied_tags: list[Snowflake] = Field([], max_length=5)


class ChannelPatch(Body):
    """The change of a channel or thread."""

    name: ThreadName | None = None
    topic: str | None = Field(None, max_length=1024)
    archived: bool | None = None
    locked: bool | None = None
    auto_archive_duration: ArchiveMinutes | None = None
    applied_tags: list[Snowflake] | None = Field(None, max_length=5)


class DirectChannelBody(Body):
    """Whom to open a DM with."""

    recipient_id: Snowflake


class Option(Body):
    """A command's option; sub-commands (type 1) and groups (2) hold further ones."""

    type: int = Field(ge=1, le=11)
    name: str = Field(min_length=1, max_length=32)
    name_localizations: dict[str, str] | None = None
    description: str = Field(min_length=1, max_length=100)
    description_localizations: dict[str, str] | None = None
    required: bool = False
    choices: list[Choice] = Field([], max_length=25)
    options: list["Option"] = Field([], max_length=25)
    channel_types: list[int] = []
    min_value: int | float | None = None
    max_value: int | float | None = None
    min_length: int | None = Field(None, ge=0, le=6000)
    max_length: int | None = Field(None, ge=1, le=6000)
    autocomplete: bool = False


class CommandBody(Body):
    """An application command as a bot registers it."""

    type: Literal[1, 2, 3] = 1
    name: str = Field(min_length=1, max_length=32)
    name_localizations: dict[str, str] | None = None
    description: str = Field("", max_length=100)
    description_localizations: dict[str, str] | None = None
    options: list[Option] = Field([], max_length=25)
    default_member_permissions: Snowflake | None = None
    dm_permission: bool | None = None
    nsfw: bool = False
    integration_types: list[Literal[0, 1]] | None = None
    contexts: list[Literal[0, 1, 2]] | None = None


T = TypeVar("T")
REASONS = {
    "missing": ("BASE_TYPE_REQUIRED", "This field is required"),
    "string_too_long": ("BASE_TYPE_MAX_LENGTH", "Must be {max_length} or fewer in length."),
    "string_too_short": ("BASE_TYPE_MIN_LENGTH", "Must be {min_length} or more in length."),
    "too_long": ("BASE_TYPE_BAD_LENGTH", "Must be {max_length} or fewer in length."),
    "too_short": ("BASE_TYPE_BAD_LENGTH", "Must be {min_length} or more in length."),
    "less_than_equal": ("NUMBER_TYPE_MAX", "int value should be less than or equal to {le}."),
    "greater_than_equal": ("NUMBER_TYPE_MIN", "int value should be greater than or equal to {ge}."),
    "literal_error": ("BASE_TYPE_CHOICES", "Value must be one of {{{expected}}}."),
    "enum": ("BASE_TYPE_CHOICES", "Value must be one of {{{expected}}}."),
    "union_tag_invalid": ("BASE_TYPE_CHOICES", "Value must be one of {{{expected_tags}}}."),
}
"""pydantic's kinds of fault in Discord's words."""


def parse(kind: type[T], body: object) -> T:
    """A body as `kind`; raises the ApiError Discord would answer with."""
    try:
        return TypeAdapter(kind).validate_python(body)
    except ValidationError as fault:
        raise _invalid(body, fault) from fault


def _invalid(body: object, fault: ValidationError) -> ApiError:
    tree: Json = {}
    for detail in fault.errors():
        node = tree
        for name in _field_names(body, detail["loc"]):
            node = node.setdefault(name, {})
        node.setdefault("_errors", []).append(_reason(detail))
    return invalid_form(tree)


def _field_names(body: object, location: tuple[int | str, ...]) -> list[str]:
    """Where a fault lies. pydantic also names the member of a union it tried (`2`, `str`), Discord does not."""
    names = []
    for part in location:
        if isinstance(body, list) and isinstance(part, int):
            body = body[part] if part < len(body) else None
        elif isinstance(body, dict) and isinstance(part, str):
            body = body.get(part)
        else:
            continue
        names.append(str(part))
    return names


def _reason(detail: ErrorDetails) -> Json:
    kind = detail["type"]
    if kind not in REASONS:
        return {"code": kind if kind.isupper() else "BASE_TYPE_INVALID", "message": detail["msg"]}
    code, text = REASONS[kind]
    return {"code": code, "message": text.format_map(detail.get("ctx", {}))}
