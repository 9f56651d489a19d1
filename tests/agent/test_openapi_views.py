"""docs/openapi.yaml names what the local API has, no more and no less: its routes, commands, and the fields of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from agent.api import commands, messages
from agent.api.server import LocalApi
from tests.agent.shell.stage import config_of
from tests.agent.shell.test_api import office
from tests.openapi import OpenApi

API = OpenApi()
SCHEMAS = API.document["components"]["schemas"]
VIEWS = {
    name: kind
    for name, kind in vars(messages).items()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == messages.__name__
}
COMMANDS = {kind.__struct_config__.tag: kind for kind in get_args(commands._AnyRequest)}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_described_field_by_field(name: str) -> None:
    described = SCHEMAS[name]
    fields = set(VIEWS[name].__struct_fields__)
    assert set(described["properties"]) == fields
    if name != "CommandAnswer":  # whose reason is said of a refusal alone
        assert set(described["required"]) == fields


def test_every_command_is_described_and_there_are_no_others() -> None:
    assert set(SCHEMAS["Command"]["discriminator"]["mapping"]) == set(COMMANDS)
    assert len(SCHEMAS["Command"]["oneOf"]) == len(COMMANDS)


@pytest.mark.parametrize("tag", COMMANDS)
def test_a_command_is_described_field_by_field(tag: str) -> None:
    name = SCHEMAS["Command"]["discriminator"]["mapping"][tag].rpartition("/")[2]
    own = SCHEMAS[name]["allOf"][1]
    asked = {"id", "by"}  # and, where it is told, the device
    fields = {field.name: field.required for field in msgspec.structs.fields(COMMANDS[tag])}
    assert own["properties"]["type"]["const"] == tag
    assert set(own["properties"]) - {"type"} | asked | {"device"} == set(fields)
    assert set(own["required"]) | asked == {name for name, required in fields.items() if required}


async def test_every_route_is_described_and_there_are_no_others(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apps: list[Any] = []
    make = LocalApi._app

    def made(*given: Any) -> Any:
        apps.append(make(*given))
        return apps[-1]

    monkeypatch.setattr(LocalApi, "_app", made)
    async with office(config_of(data_dir)):
        routes = {
            (route.path.replace(":path", ""), method.lower())
            for route in apps[0].routes
            for method in route.methods - {"HEAD"}
        }
    described = {
        (path, method)
        for path, item in API.document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post"} and operation["tags"] == ["local"]
    }
    assert described == routes
