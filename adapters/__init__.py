"""The platforms that Atelier speaks on. They import the bot's public face and never each other."""
