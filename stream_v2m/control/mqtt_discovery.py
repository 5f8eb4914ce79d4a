"""Home Assistant's MQTT discovery: what its dashboard shows and turns, with no line of YAML.

One retained message for each entity (``homeassistant/COMPONENT/NODE/OBJECT/config``), which every version of
Home Assistant understands: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream_v2m import __version__
from stream_v2m.control.mqtt_topics import COMMAND, OFFLINE, ONLINE, STATUS
from stream_v2m.control.words import written
from stream_v2m.core.commands.table import COMMANDS

STEP = 0.05  # of a slider
# entity: topic, field, icon
SENSORS = {
    "chord": ("chord", "chord", "mdi:music"),
    "next_chord": ("next_chord", "chord", "mdi:music-note-plus"),
    "key": ("chord", "key", "mdi:music-clef-treble"),
    "mood": ("affect", "emotion", "mdi:emoticon-outline"),
    "bpm": ("tempo", "bpm", "mdi:metronome"),
}
# command with one number, and the control that it turns
NUMBERS = {
    "set_affect_strength": "affect_strength",
    "set_cue_strength": "cue_strength",
    "set_pace_strength": "pace_strength",
    "set_temperature": "temperature",
    "trim_density": "density_trim",
    "trim_loudness": "loudness_trim",
}


def entities(name: str, base: str, prefix: str, styles: Sequence[str]) -> dict[str, str]:
    """Topics and payloads of every entity.

    Args:
        name: of this performance.
        base: what its own topics begin with, without a slash at the end.
        prefix: the topic under which Home Assistant looks.
    """
    node = "stream_v2m_" + "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name)
    told: dict[str, dict[str, Any]] = {}
    for entity, (topic, field, icon) in SENSORS.items():
        told[f"sensor/{node}/{entity}"] = {**_state(base, topic, field), "icon": icon}
    told[f"switch/{node}/playing"] = {
        **_state(base, "tempo", "playing"),
        "command_topic": f"{base}/{COMMAND}",
        "payload_on": written({"command": "play"}),
        "payload_off": written({"command": "stop"}),
        "state_on": "True",  # as Home Assistant's templates write them
        "state_off": "False",
    }
    told[f"select/{node}/style"] = {
        **_state(base, "controls", "controls.style"),
        "command_topic": f"{base}/{COMMAND}/set_style",
        "command_template": '{"style": {{ value | tojson }}}',
        "options": list(styles),
    }
    for command, control in NUMBERS.items():
        told[f"number/{node}/{control}"] = {
            **_state(base, "controls", f"controls.{control}"),
            **_number(base, command),
        }
    return {f"{prefix}/{where}/config": written(_whole(where, entity, name, base)) for where, entity in told.items()}


def _state(base: str, topic: str, field: str) -> dict[str, Any]:
    return {"state_topic": f"{base}/{topic}", "value_template": f"{{{{ value_json.{field} }}}}"}


def _number(base: str, command: str) -> dict[str, Any]:
    fields = COMMANDS[command].model_json_schema()["properties"]
    field = next(name for name in fields if name != "when")
    return {
        "command_topic": f"{base}/{COMMAND}/{command}",
        "command_template": f'{{"{field}": {{{{ value }}}}}}',
        "min": fields[field]["minimum"],
        "max": fields[field]["maximum"],
        "step": STEP,
        "mode": "slider",
    }


def _whole(where: str, entity: dict[str, Any], name: str, base: str) -> dict[str, Any]:
    _, node, own = where.split("/")
    return {
        **entity,
        "name": own.replace("_", " ").capitalize(),
        "unique_id": f"{node}_{own}",
        "availability_topic": f"{base}/{STATUS}",
        "payload_available": ONLINE,
        "payload_not_available": OFFLINE,
        "device": {
            "identifiers": [node],
            "name": f"stream_v2m {name}",
            "manufacturer": "stream_v2m",
            "sw_version": __version__,
        },
        "origin": {"name": "stream_v2m", "sw_version": __version__},
    }
