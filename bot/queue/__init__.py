"""The way of a job, behind `bot.studio`. Nothing outside imports what is inside."""

import os

# Docket brings a store that checks the types of its own calls; that takes a tenth of a second of every start.
os.environ.setdefault("PY_KEY_VALUE_DISABLE_BEARTYPE", "true")
