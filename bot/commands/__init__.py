"""The command line's commands, one room each; each imports what it needs only when it runs."""
