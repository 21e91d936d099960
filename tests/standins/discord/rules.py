"""The platform's rules for what a message and a command may hold."""

from __future__ import annotations

import unicodedata
from typing import Any

from tests.standins.discord.world import MIB, ApiError, Message, StoredFile

REQUEST_LIMIT = 25 * MIB
COMMAND_CHARS = 8000
LOCALES = frozenset(
    {"id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR"}
    | {"ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko"}
)


def check_message(payload: dict[str, Any], files: list[StoredFile], file_limit: int) -> None:
    """Refuse what Discord would refuse."""
    if any(len(file.data) > file_limit for file in files) or sum(len(f.data) for f in files) > REQUEST_LIMIT:
        raise ApiError(413, 40005, "Request entity too large")
    if len(files) > 10:
        raise _invalid("at most 10 files")
    if len(payload.get("content") or "") > 2000:
        raise _invalid("content must be 2000 or fewer in length")
    check_embeds(payload.get("embeds") or [])
    check_components(payload.get("components") or [])


def check_embeds(embeds: list[dict[str, Any]]) -> None:
    if len(embeds) > 10:
        raise _invalid("at most 10 embeds")
    total = 0
    for embed in embeds:
        fields = embed.get("fields", [])
        texts = [
            (embed.get("title", ""), 256),
            (embed.get("description", ""), 4096),
            (embed.get("footer", {}).get("text", ""), 2048),
            (embed.get("author", {}).get("name", ""), 256),
            *[(entry["name"], 256) for entry in fields],
            *[(entry["value"], 1024) for entry in fields],
        ]
        if len(fields) > 25 or any(len(text) > most for text, most in texts):
            raise _invalid("embed too long")
        if not all(entry["name"] and entry["value"] for entry in fields):
            raise _invalid("an empty field of an embed")
        total += sum(len(text) for text, _ in texts)
    if total > 6000:
        raise _invalid("embeds too long together")


def check_components(rows: list[dict[str, Any]]) -> None:
    if len(rows) > 5:
        raise _invalid("at most 5 rows")
    seen: set[str] = set()
    for row in rows:
        if len(row["components"]) > 5:
            raise _invalid("at most 5 buttons in a row")
        for item in row["components"]:
            custom_id = item.get("custom_id", "")
            if item["type"] == 3:
                check_select(item, row)
            if item["type"] in (5, 6, 7, 8):
                check_entity_select(item, row)
            if not 1 <= len(custom_id) <= 100 or custom_id in seen or len(item.get("label", "")) > 80:
                raise _invalid("bad component")
            seen.add(custom_id)


def check_select(item: dict[str, Any], row: dict[str, Any]) -> None:
    check_placeholder(item)
    options = item["options"]
    values = {option["value"] for option in options}
    chosen = sum(option.get("default", False) for option in options)
    if not 1 <= len(options) <= 25 or len(values) != len(options) or len(row["components"]) > 1:
        raise _invalid("bad select")
    if not item["min_values"] <= item["max_values"] <= len(options) or chosen > item["max_values"]:
        raise _invalid("a select with a bad number of values")
    for option in options:
        if not 1 <= len(option["label"]) <= 100 or not 1 <= len(option["value"]) <= 100:
            raise _invalid("bad option")
        if len(option.get("description") or "") > 100:
            raise _invalid("description of an option must be 100 or fewer in length")


def check_placeholder(item: dict[str, Any]) -> None:
    if len(item.get("placeholder") or "") > 150:
        raise _invalid("placeholder must be 150 or fewer in length")


def check_entity_select(item: dict[str, Any], row: dict[str, Any]) -> None:
    """A select of people, roles or channels, which Discord fills."""
    check_placeholder(item)
    least, most, chosen = item.get("min_values", 1), item.get("max_values", 1), item.get("default_values") or []
    kinds = {5: {"user"}, 6: {"role"}, 7: {"user", "role"}, 8: {"channel"}}[item["type"]]
    if len(row["components"]) > 1 or "options" in item or not 0 <= least <= most <= 25 or most < 1:
        raise _invalid("bad select")
    if len(chosen) > most or 0 < len(chosen) < least or not {each["type"] for each in chosen} <= kinds:
        raise _invalid("a select with bad default values")


def check_modal(modal: dict[str, Any]) -> None:
    if not 1 <= len(modal["title"]) <= 45 or not 1 <= len(modal["custom_id"]) <= 100:
        raise _invalid("bad title or custom_id of a modal")
    if not 1 <= len(modal["components"]) <= 5:
        raise _invalid("a modal has 1 to 5 components")
    seen: set[str] = set()
    for row in modal["components"]:
        if row["type"] == 18:
            item, label = row["component"], row["label"]
            if item.get("label") is not None or len(row.get("description") or "") > 100:
                raise _invalid("bad label")
        elif row["type"] == 1 and len(row["components"]) == 1:
            (item,) = row["components"]
            label = item.get("label") or ""
        else:
            raise _invalid("bad component of a modal")
        if item["type"] != 4 or not 1 <= len(label) <= 45 or item["custom_id"] in seen:
            raise _invalid("bad field")
        seen.add(item["custom_id"])
        check_text_input(item)


def check_text_input(item: dict[str, Any]) -> None:
    least, most = item.get("min_length") or 0, item.get("max_length") or 4000
    if (
        item["style"] not in (1, 2)
        or not 1 <= len(item["custom_id"]) <= 100
        or len(item.get("placeholder") or "") > 100
    ):
        raise _invalid("bad text input")
    if not 0 <= least <= most <= 4000 or len(item.get("value") or "") > most:
        raise _invalid("bad length of a text input")


def check_answer(item: dict[str, Any], value: str) -> None:
    """Discord's own check of what a person wrote."""
    if not value and not item.get("required", True):
        return
    if not max(item.get("min_length") or 0, 1) <= len(value) <= (item.get("max_length") or 4000):
        raise _invalid("bad answer")


def check_choices(choices: list[dict[str, Any]]) -> None:
    if len(choices) > 25:
        raise _invalid("at most 25 choices")
    for choice in choices:
        if not 1 <= len(choice["name"]) <= 100 or not 1 <= len(str(choice["value"])) <= 100:
            raise _invalid("bad choice")


def check_command(command: dict[str, Any]) -> None:
    check_localizations(command)
    if _size(command) > COMMAND_CHARS:
        raise _invalid("command too large")
    if command["type"] != 1:
        if command.get("description") or not 1 <= len(command["name"]) <= 32:
            raise _invalid("bad menu command")
        return
    options = command.get("options", [])
    if len(options) > 25 or not all(1 <= len(item["description"]) <= 100 for item in (command, *options)):
        raise _invalid("bad command")
    for item in (command, *options):
        if not 1 <= len(item["name"]) <= 32 or not _is_command_name(item["name"]):
            raise _invalid(f"bad name {item['name']}")
    for option in options:
        check_choices(option.get("choices") or [])


def _size(command: dict[str, Any]) -> int:
    """The characters of all names, descriptions and values, each in the language where it is longest."""
    options = command.get("options") or []
    choices = [choice for option in options for choice in option.get("choices") or []]
    total = sum(len(str(choice["value"])) for choice in choices)
    for item in (command, *options, *choices):
        for key in ("name", "description"):
            said = [item.get(key) or "", *(item.get(f"{key}_localizations") or {}).values()]
            total += max(map(len, said))
    return total


def check_localizations(command: dict[str, Any]) -> None:
    """What a command, its options and choices are called in other languages keeps to the same limits."""
    is_menu = command["type"] != 1
    options = [] if is_menu else command.get("options", [])
    choices = [choice for option in options for choice in option.get("choices", [])]
    for item in (command, *options, *choices):
        names, descriptions = item.get("name_localizations") or {}, item.get("description_localizations") or {}
        if unknown := (set(names) | set(descriptions)) - LOCALES:
            raise _invalid(f"unknown locales {sorted(unknown)}")
        is_free = is_menu or any(item is choice for choice in choices)
        most = 100 if any(item is choice for choice in choices) else 32
        for name in names.values():
            if not 1 <= len(name) <= most or not (is_free or _is_command_name(name)):
                raise _invalid(f"bad localized name {name}")
        if not all(1 <= len(text) <= 100 for text in descriptions.values()):
            raise _invalid("bad localized description")
    for locale in LOCALES:
        called = [(option.get("name_localizations") or {}).get(locale, option["name"]) for option in options]
        if len(called) != len(set(called)):
            raise _invalid(f"two options have one name in {locale}")


def _is_command_name(name: str) -> bool:
    """Letters and numbers of any script, - _ ' and nothing in upper case, as Discord wants it in every language."""
    marks = ("DEVANAGARI", "THAI")
    return name == name.lower() and all(
        c in "-_'" or unicodedata.category(c)[0] in "LN" or unicodedata.name(c, "").startswith(marks) for c in name
    )


def check_options(command: dict[str, Any], given: list[dict[str, Any]]) -> None:
    """Discord's own check of a command's options before it tells the bot."""
    known = {option["name"]: option for option in command.get("options", [])}
    names = {option["name"] for option in given}
    missing = [name for name, option in known.items() if option.get("required") and name not in names]
    if missing:
        raise _invalid(f"option {missing[0]} is required")
    for option in given:
        rule = known[option["name"]]
        if rule["type"] != option["type"]:
            raise _invalid(f"option {option['name']} has another type")
        if rule.get("choices") and option["value"] not in [choice["value"] for choice in rule["choices"]]:
            raise _invalid(f"option {option['name']} is none of the choices")
        low, high = rule.get("min_value"), rule.get("max_value")
        if (low is not None and option["value"] < low) or (high is not None and option["value"] > high):
            raise _invalid(f"option {option['name']} is out of range")


def apply(message: Message, payload: dict[str, Any], files: list[StoredFile]) -> None:
    """Change a message as a PATCH does: what is not named stays, but only listed attachments are kept."""
    if "content" in payload:
        message.content = payload["content"] or ""
    if "embeds" in payload:
        message.embeds = payload["embeds"] or []
    if "components" in payload:
        message.components = payload["components"] or []
        message.custom_ids += message.buttons.values()
    if "attachments" in payload:
        listed = {int(entry["id"]) for entry in payload["attachments"]}
        message.files = [file for file in message.files if file.id in listed]
    message.files += files
    if not (message.content or message.embeds or message.files or message.components):
        raise ApiError(400, 50006, "Cannot send an empty message")
    message.words.append(message.content)


def _invalid(why: str) -> ApiError:
    return ApiError(400, 50035, f"Invalid Form Body: {why}")
