"""The way of a job, behind `bot.studio`. Nothing outside imports what is inside."""
