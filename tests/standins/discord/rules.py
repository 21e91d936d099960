"""The platform's rules for what a message and a command may hold."""

from __future__ import annotations

from typing import Any

from tests.standins.discord.world import MIB, ApiError, Message, StoredFile

REQUEST_LIMIT = 25 * MIB


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
            *[(entry["name"], 256) for entry in fields],
            *[(entry["value"], 1024) for entry in fields],
        ]
        if len(fields) > 25 or any(len(text) > most for text, most in texts):
            raise _invalid("embed too long")
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
            if not 1 <= len(custom_id) <= 100 or custom_id in seen or len(item.get("label", "")) > 80:
                raise _invalid("bad component")
            seen.add(custom_id)


def check_select(item: dict[str, Any], row: dict[str, Any]) -> None:
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


def check_choices(choices: list[dict[str, Any]]) -> None:
    if len(choices) > 25:
        raise _invalid("at most 25 choices")
    for choice in choices:
        if not 1 <= len(choice["name"]) <= 100 or not 1 <= len(str(choice["value"])) <= 100:
            raise _invalid("bad choice")


def check_command(command: dict[str, Any]) -> None:
    if command["type"] != 1:
        if command.get("description") or not 1 <= len(command["name"]) <= 32:
            raise _invalid("bad menu command")
        return
    texts = [command, *command.get("options", [])]
    if len(command.get("options", [])) > 25 or not all(
        1 <= len(item["description"]) <= 100 and 1 <= len(item["name"]) <= 32 for item in texts
    ):
        raise _invalid("bad command")


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
