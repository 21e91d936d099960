"""What Discord allows, and the margins that we keep to it. Sizes are in bytes, times in seconds."""

from __future__ import annotations

from typing import Final

MIB: Final = 1024 * 1024

ATTACHMENT_CAP: Final = 25 * MIB
"""The largest picture that is downloaded."""
DOWNLOAD_TIMEOUT: Final = 60.0
DOWNLOADS_AT_ONCE: Final = 8

FILE_LIMIT: Final = 10 * MIB
"""The largest file of a message where nothing better is known."""
REQUEST_LIMIT: Final = 25 * MIB
"""All files of one message together."""
REQUEST_OVERHEAD: Final = 64 * 1024
"""What the words and the multipart framing of one message take at most."""

FILES_LIMIT: Final = REQUEST_LIMIT - REQUEST_OVERHEAD
"""What the files of one message may have together, whatever the place takes as one file."""

TOKEN_LIFE: Final = 15 * 60.0
TOKEN_MARGIN: Final = 30.0
"""How long before its end an interaction token is no longer relied on."""

CHOICES: Final = 25
CHOICE_CHARS: Final = 100
LABEL_CHARS: Final = 80
CONTENT_CHARS: Final = 2000
EMBED_TITLE_CHARS: Final = 256
EMBED_DESCRIPTION_CHARS: Final = 4096

HISTORY: Final = 50
"""How many messages are looked through for a person's last picture."""
PICTURES: Final = 10
"""Embeds, and files, that a message holds at most."""
FOLLOW_UPS: Final = 4
"""Messages that may follow the answer to an interaction where the bot is no member."""
PAGE_STYLES: Final = 6
"""Styles on a page of the gallery."""

EDIT_PAUSE: Final = 3.0
"""The least time between two status edits of one job."""
EDIT_GRACE: Final = 5.0
"""How long an answer waits for a status edit that is under way."""

CANCEL_AGAIN: Final = 2.0
"""After so long, what was cancelled and does not end is cancelled again."""
LOGIN_PAUSE_FIRST: Final = 2.0
LOGIN_PAUSE_LONGEST: Final = 300.0

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MESSAGE: Final = 10008
UNKNOWN_INTERACTION: Final = 10062
ALREADY_ACKNOWLEDGED: Final = 40060
FILE_TOO_LARGE: Final = 40005
THREAD_ARCHIVED: Final = 50083
MISSING_PERMISSIONS: Final = 50013
OLD_MESSAGE_EDITS: Final = 30046
"""Too many edits of a message that is older than an hour."""
EDITS_UNTIL: Final = 55 * 60.0
"""The age at which a status message is left alone, so that the edit which brings the answer is allowed."""
PLACE_LOST: Final = frozenset({UNKNOWN_CHANNEL, 10004, 50001, 50007, MISSING_PERMISSIONS})
"""Error codes of a place that is no more or does not let the bot write; a 403 without one may be an outage."""
TOKEN_LOST: Final = frozenset({UNKNOWN_MESSAGE, 10015, UNKNOWN_INTERACTION, 50027})
"""Error codes that an interaction token answers with when it no longer works."""

GATEWAY_REFUSED_TOKEN: Final = 4004
GATEWAY_REFUSED: Final = frozenset({GATEWAY_REFUSED_TOKEN, 4010, 4011, 4012, 4013, 4014})
"""Close codes after which it is no use to connect again."""
