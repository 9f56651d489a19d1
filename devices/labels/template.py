"""Reading templates: the shipped ones and a site's own, each refused with its file and element where it is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec

from devices.errors import TemplateError
from devices.labels.elements import AnyElement, Length, Picture
from devices.labels.elements import Template as Template
from devices.labels.template_rules import faults

SHIPPED = Path(__file__).with_name("templates")


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    """A template file before its elements are looked at."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    width_mm: Length
    height_mm: Length
    element: list[dict[str, Any]]


def load_templates(folder: Path | None = None) -> dict[str, Template]:
    """The shipped templates by name, and those of `folder`, which come in the place of a shipped one of their name.

    Raises TemplateError naming file, element and what is expected.
    """
    templates, broken = read_templates(folder)
    for error in broken.values():
        raise error
    return templates


def read_templates(folder: Path | None = None) -> tuple[dict[str, Template], dict[str, TemplateError]]:
    """The same, and what is wrong with files that hold none, by the file's name without its ending.

    A broken file takes the shipped template of its name away: nothing is printed that the site did not want.
    """
    templates, broken = _folder(SHIPPED)
    if folder is not None and not folder.is_dir():
        broken[folder.name] = TemplateError(f"{folder}: expected a folder with *.toml templates")
    elif folder is not None:
        own, broken_own = _folder(folder)
        templates |= own
        broken |= broken_own
    return {name: each for name, each in templates.items() if name not in broken}, broken


def _folder(folder: Path) -> tuple[dict[str, Template], dict[str, TemplateError]]:
    loaded: dict[str, Template] = {}
    broken: dict[str, TemplateError] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            template = load_template(path)
            if template.name in loaded:
                raise TemplateError(
                    f"{path.name}: another file of this folder is named {template.name!r} too"
                )
        except TemplateError as error:
            broken[path.stem] = error
        else:
            loaded[template.name] = template
    return loaded, broken


def load_template(path: Path) -> Template:
    """The template in one file. Raises TemplateError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TemplateError(f"{path.name}: expected a TOML file: {error}") from error
    template = _template(content, path)
    for fault in faults(template, path.parent):
        raise TemplateError(f"{path.name}: {fault}")
    return template


def _template(content: dict[str, Any], path: Path) -> Template:
    head = _converted(content, _Head, path.name)
    elements = tuple(
        _element(element, f"{path.name}: element {at}", path.parent)
        for at, element in enumerate(head.element, start=1)
    )
    return Template(head.name, head.width_mm, head.height_mm, elements)


def _element(content: dict[str, Any], where: str, folder: Path) -> AnyElement:
    element: AnyElement = _converted(content, AnyElement, where)
    if isinstance(element, Picture):
        return msgspec.structs.replace(element, file=str((folder / element.file).resolve()))
    return element


def _converted(value: object, kind: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise TemplateError(f"{where}: {error}") from error
