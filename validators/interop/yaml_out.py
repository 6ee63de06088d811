"""Documents for others as YAML that every reader takes alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

_WORD: Final = re.compile(r"(?!(?:null|true|false|yes|no|on|off|y|n)$)[a-z_][a-z0-9_]{0,99}", re.IGNORECASE)


def yaml_document(document: Mapping[str, Any]) -> str:
    """The document as YAML."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
    return text


class _Dumper(yaml.SafeDumper):
    """Texts in quotes unless they are plain words: what is a number or a word of YAML differs from reader to reader."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _WORD.fullmatch(text) else '"')


_Dumper.add_representer(str, _text)
