"""What the Telegram front-end says about finished pictures and the buttons under them."""

from __future__ import annotations

from typing import Final

from bot.languages import N_

CANCEL: Final = N_("Cancel")
PAGE_BEFORE: Final = N_("‹ Back")
NEXT_PAGE: Final = N_("More ›")
NO_OTHER_STYLE: Final = N_("✕ Keep this one")

ONCE_MORE: Final = N_("I paint it once more; the new picture comes below.")
ON_ITS_WAY: Final = N_("It is on its way.")
CHOOSE: Final = N_("Choose another style below the picture.")
NOT_YOUR_PICTURE: Final = N_(
    "This picture is somebody else's; reply to the photo with /stylize to get one of your own."
)
NOT_YOURS_TO_CANCEL: Final = N_("Only the person who asked for this picture, or an administrator, can cancel it.")
OTHER_CHAT: Final = N_("This picture was made in another chat; press the button there.")
NO_LONGER_KEPT: Final = N_("This picture is no longer kept; send the photo again for a new one.")
NOT_FINISHED: Final = N_("This picture is not finished yet; wait for it, then press the button again.")
NO_PICTURE: Final = N_("There is no picture to send for this one; ask for it again.")
NO_SUCH_STYLE: Final = N_("This style is no longer in the gallery; choose another one.")
STRONGEST: Final = N_("The style is as strong as it can be; press Softer, or choose another style.")
SOFTEST: Final = N_("The style is as soft as it can be; press Stronger, or choose another style.")
NO_FILM: Final = N_("There is no time-lapse of this picture; ask the bot's operator to turn them on, then press Again.")
FILE_TOO_LARGE: Final = N_(
    "The file has {size} MB, and Telegram takes {limit} MB from a bot; choose a smaller size and paint it again."
)
LOSSLESS_WEBP: Final = N_("The PNG is larger than Telegram takes from a bot, so here are the very same pixels as WebP.")
NOT_DELETED: Final = N_("Telegram lets me delete only what is younger than two days; please delete it yourself.")
CURVE: Final = N_("How the losses fell, step by step.")
PICTURE_FORBIDDEN: Final = N_(
    "The picture is done, but this chat does not let me send pictures; "
    "ask an administrator to allow it, then press As file or Again."
)
SHUT_OUT: Final = N_("Cancelled, as I was removed from this chat.")
FAULT: Final = N_("Something went wrong on my side and was written down; please try again in a moment.")
