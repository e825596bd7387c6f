"""Reads YAML with PyYAML (YAML 1.1), with libyaml, and with ruamel.yaml (YAML 1.2).

On stdin a JSON list of texts; on stdout an object of the readers' names, each with a list: the values of a text's documents, or
{"error": text}.
"""

import json
import sys

import ruamel.yaml
import yaml


def pyyaml(text):
    return list(yaml.load_all(text, yaml.SafeLoader))


def libyaml(text):
    return list(yaml.load_all(text, yaml.CSafeLoader))


def ruamel_yaml(text):
    return list(ruamel.yaml.YAML(typ="safe", pure=True).load_all(text))


def plain(value):
    """The value, if it is what JSON has; a date, a set or a key that is no text is a mistake."""
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                raise TypeError(f"key {key!r}")
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if value is None or type(value) in (str, int, float, bool):
        return value
    raise TypeError(repr(value))


def read(reader, text):
    try:
        return plain(reader(text))
    except Exception as error:  # whatever it is, it is what the reader has to say
        return {"error": f"{type(error).__name__}: {error}"}


texts = json.load(sys.stdin)
readers = {"PyYAML": pyyaml, "libyaml": libyaml, "ruamel.yaml": ruamel_yaml}
json.dump({name: [read(reader, text) for text in texts] for name, reader in readers.items()}, sys.stdout)
