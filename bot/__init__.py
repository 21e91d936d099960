"""The bot: requests in, jobs through the queue, answers out. Knows no platform and no algorithm."""
