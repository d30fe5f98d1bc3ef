"""Every error a member or an operator may read; each carries the id and arguments of a sentence in `bot/locales`.

MinstrelError
├── InvalidRequest      the member's input breaks a rule: the sentence names the option to change
├── NotAllowed          this member may not do this
├── OverBudget          the member's or the server's budget of the day is used up
├── NotFound            what was named does not exist here
├── Busy                our database did not take the row in time: nothing was stored, nothing will be charged
├── SettingsError       the operator's settings: names the variable
├── Offline             Discord cannot be reached at the start
├── StageEnded          one of the loops over rows has ended by itself, and with it the process
├── ServiceError        MusicMint
│   ├── KeyRejected     401, 402, 403, codes 1003, 1004: wait, the operator must act; nothing was created
│   ├── RequestRejected the API's own words say no to this very request; nothing was created
│   ├── ResultExpired   code 4005: the result is gone for good
│   ├── RateLimited     429: wait `retry_after_s`; nothing was created
│   ├── Unreachable     the connection never stood: nothing was sent
│   └── Unclear         5xx, a break after connect, a body that is not the API's: it may have taken effect
├── MediaError          a file could not be fetched
│   ├── MediaRefused    address, size or type breaks a rule: trying again cannot help
│   ├── MediaGone       403, 404, 410: the link is dead, a fresh one may live
│   └── MediaUnclear    the transfer broke: try again
└── MessengerError      Discord
    ├── PlaceGone       channel, thread or card is gone or closed to us (10003, 10008, 50001, 50013, 160005)
    ├── HistoryClosed   we may not read what was posted there
    │   └── HistoryTooLong  too much was posted there to read it all
    ├── NoThreadHere    a thread cannot grow at this place
    ├── AlreadyDeleted  the message was delivered under this nonce and then deleted
    ├── TooLarge        413, 40005: the place does not take a file of this size
    ├── Rejected        any other 4xx: the same request would be refused again
    └── MessengerUnclear 5xx, resets, timeouts: it may have been posted
        └── NotPosted   429, or no connection stood: it surely was not posted, and may be later
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

Argument = str | int | float


class MinstrelError(Exception):
    """Base of the tree. `message_id` names a Fluent message; `arguments` fill it. `str()` never holds a secret."""

    message_id: ClassVar[str] = "error-unexpected"

    def __init__(self, message_id: str | None = None, **arguments: Argument) -> None:
        self.sentence_id: str = message_id or self.message_id
        self.arguments: Mapping[str, Argument] = arguments
        super().__init__(f"{self.sentence_id} {dict(arguments)}" if arguments else self.sentence_id)


class InvalidRequest(MinstrelError):
    """The member's input breaks a rule."""


class NotAllowed(MinstrelError):
    """This member may not do this."""


class OverBudget(MinstrelError):
    """Nothing more can be paid for today."""


class NotFound(MinstrelError):
    """What was named does not exist, or not for this member."""


class Busy(MinstrelError):
    """Our own database did not take the row in time."""

    message_id = "error-busy"


class SettingsError(MinstrelError):
    """The operator's settings; `str()` is one line that names the variable."""

    def __init__(self, line: str) -> None:
        super().__init__("error-settings")
        self.line = line

    def __str__(self) -> str:
        return self.line


class Offline(MinstrelError):
    """Discord cannot be reached at the start; `str()` is one line."""

    def __init__(self, cause: str) -> None:
        super().__init__("error-discord", cause=cause)
        self.cause = cause

    def __str__(self) -> str:
        return f"Discord cannot be reached ({self.cause})"


class StageEnded(MinstrelError):
    """A loop of ours died; `str()` is one line that names it and what to do, and the cause tells the programmer."""

    def __init__(self, line: str) -> None:
        super().__init__("error-unexpected", reference=line)
        self.line = line

    def __str__(self) -> str:
        return self.line


class ServiceError(MinstrelError):
    """MusicMint. `request_id` is the API's own, for its support; None where it sent none."""

    message_id = "error-service-unclear"

    def __init__(self, message_id: str | None = None, *, request_id: str | None = None, **arguments: Argument) -> None:
        super().__init__(message_id, **arguments)
        self.request_id = request_id


class KeyRejected(ServiceError):
    """The API does not accept the operator's key or account."""

    message_id = "error-key-rejected"


class RequestRejected(ServiceError):
    """The API's own envelope refuses this very request; argument `reason` holds its words."""

    message_id = "error-request-rejected"


class ResultExpired(ServiceError):
    """Code 4005: the result is past its `expire_at`."""

    message_id = "error-result-expired"


class RateLimited(ServiceError):
    """429. `retry_after_s` is None where the API names no time."""

    message_id = "error-rate-limited"

    def __init__(self, *, retry_after_s: float | None = None, request_id: str | None = None) -> None:
        super().__init__(request_id=request_id)
        self.retry_after_s = retry_after_s


class Unreachable(ServiceError):
    """The connection never stood, so nothing was sent."""

    message_id = "error-service-unreachable"


class Unclear(ServiceError):
    """The request may or may not have taken effect."""


class MediaError(MinstrelError):
    """A file could not be fetched."""

    message_id = "error-media"


class MediaRefused(MediaError):
    """The address, size or type breaks a rule; trying again cannot help."""


class MediaGone(MediaError):
    """The link is dead (403, 404, 410)."""


class MediaUnclear(MediaError):
    """The transfer broke; the same link may work again."""


class MessengerError(MinstrelError):
    """Discord did not take what we wanted to post."""

    message_id = "error-discord"


class PlaceGone(MessengerError):
    """The channel, thread or message is gone or closed to the bot."""


class HistoryClosed(MessengerError):
    """The permission to read the channel's history is missing; Discord would answer with an empty list."""


class HistoryTooLong(HistoryClosed):
    """More was posted there in that time than one look reads."""


class NoThreadHere(MessengerError):
    """A thread cannot grow at this place."""


class AlreadyDeleted(MessengerError):
    """The message stood under this nonce and was deleted since."""


class TooLarge(MessengerError):
    """The place does not take a file of this size."""

    message_id = "error-too-large"


class Rejected(MessengerError):
    """Discord refuses this very request."""


class MessengerUnclear(MessengerError):
    """It may or may not have been posted. `retry_after_s` where Discord named a time."""

    def __init__(self, *, retry_after_s: float | None = None, cause: str | None = None) -> None:
        super().__init__(**({} if cause is None else {"cause": cause}))
        self.retry_after_s = retry_after_s


class NotPosted(MessengerUnclear):
    """It surely was not posted: put off by a rate limit, or no connection ever stood."""
