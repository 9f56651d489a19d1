"""docs/openapi.yaml as a judge of real traffic: what of a request and its answer is not as it is written there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import jsonschema_rs
import msgspec

FILE = Path(__file__).parents[1] / "docs" / "openapi.yaml"


class Exchange(NamedTuple):
    """One request and its answer; header names in lower case. A stream's body may end anywhere."""

    method: str
    target: str  # path and query, encoded
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, answer: httpx.Response, body: bytes | None = None) -> Exchange:
        """Seen from the client; `body`: what was read of a stream."""
        request = answer.request
        return cls(
            request.method, request.url.raw_path.decode(), dict(request.headers), request.content,
            answer.status_code, dict(answer.headers), answer.content if body is None else body,
        )  # fmt: skip


class OpenApi:
    """The file, with a validator for each schema that was asked of."""

    def __init__(self, file: Path = FILE) -> None:
        self.document: dict[str, Any] = _read_inside(msgspec.yaml.decode(file.read_bytes()))
        self._validators: dict[str, jsonschema_rs.Validator] = {}
        self._paths = [(_pattern(path), path) for path in self.document["paths"]]

    def faults(self, exchange: Exchange) -> list[str]:
        """What is wrong with it, a sentence each."""
        found = self._path(urlsplit(exchange.target).path)
        if found is None:
            return [f"{exchange.target}: no such path"]
        path, values = found
        operation = self.document["paths"][path].get(exchange.method.lower())
        where = f"{exchange.method} {exchange.target}"
        if operation is None:
            return [f"{where}: no such method"]
        wrong = [*self._of_request(path, operation, values, exchange), *self._of_answer(operation, exchange)]
        return [f"{where} → {exchange.status}: {what}" for what in wrong]

    def operations(self, exchanges: Sequence[Exchange]) -> set[tuple[str, int]]:
        """(operationId, status) of each, for tests that want to know what they have seen."""
        seen = set()
        for each in exchanges:
            found = self._path(urlsplit(each.target).path)
            if found is not None and each.method.lower() in self.document["paths"][found[0]]:
                seen.add((self.document["paths"][found[0]][each.method.lower()]["operationId"], each.status))
        return seen

    def wrong(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        """What of a value is not as the schema says."""
        key = msgspec.json.encode(schema).decode()
        if key not in self._validators:
            whole = {"allOf": [schema], "components": self.document["components"]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return [
            f"{'/'.join(map(str, error.instance_path))}: {error.message}"[:500]
            for error in self._validators[key].iter_errors(value)
        ]

    def component(self, name: str, value: Any) -> list[str]:
        """What of a value is not as the named schema says."""
        return self.wrong({"$ref": f"#/components/schemas/{name}"}, value)

    def _path(self, path: str) -> tuple[str, dict[str, str]] | None:
        for pattern, template in self._paths:
            match = pattern.fullmatch(path)
            if match:
                return template, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    def _resolved(self, value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            found: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    # --- requests -------------------------------------------------------------------------------------------

    def _of_request(
        self, path: str, operation: Any, in_path: Mapping[str, str], exchange: Exchange
    ) -> Iterator[str]:
        in_query = dict(parse_qsl(urlsplit(exchange.target).query, keep_blank_values=True))
        places = {"path": in_path, "query": in_query, "header": _lowered(exchange.request_headers)}
        declared = [*self.document["paths"][path].get("parameters", []), *operation.get("parameters", [])]
        for parameter in map(self._resolved, declared):
            name, place = parameter["name"], parameter["in"]
            text = places[place].get(name.lower() if place == "header" else name)
            if text is None:
                if parameter.get("required"):
                    yield f"{place} {name} is missing"
                continue
            yield from (f"{place} {name}: {what}" for what in self._of_text(parameter["schema"], text))
        for name in in_query.keys() - {each["name"] for each in map(self._resolved, declared)}:
            yield f"query {name} is not described"
        if exchange.status < 400:  # what was refused may be anything
            yield from self._of_request_body(operation.get("requestBody"), exchange)

    def _of_request_body(self, described: Any, exchange: Exchange) -> Iterator[str]:
        if described is None:
            if exchange.request_body:
                yield "a body where none is described"
        elif exchange.request_body or described.get("required"):
            said = exchange.request_headers.get("content-type", "")
            yield from self._of_body(described["content"], said, exchange.request_body, "request body")

    def _of_text(self, schema: Any, text: str) -> list[str]:
        is_number = self._resolved(schema).get("type") in {"integer", "number"}
        return self.wrong(schema, int(text) if is_number and text.isdecimal() else text)

    # --- answers --------------------------------------------------------------------------------------------

    def _of_answer(self, operation: Any, exchange: Exchange) -> Iterator[str]:
        described = operation["responses"]
        answer = described.get(str(exchange.status)) or described.get(f"{exchange.status // 100}XX")
        if answer is None:
            yield "this status is not described"
            return
        answer = self._resolved(answer)
        for name, described_header in answer.get("headers", {}).items():
            header, text = self._resolved(described_header), exchange.headers.get(name.lower())
            if text is None and header.get("required"):
                yield f"header {name} is missing"
            elif text is not None:
                yield from (f"header {name}: {what}" for what in self._of_text(header["schema"], text))
        if "content" in answer:
            yield from self._of_body(
                answer["content"], exchange.headers.get("content-type", ""), exchange.body, "body"
            )

    def _of_body(self, content: Any, said: str, body: bytes, where: str) -> Iterator[str]:
        media_type = said.partition(";")[0]
        if media_type not in content:
            yield f"{where}: {media_type or 'no media type'} is not described"
            return
        schema = content[media_type]["schema"]
        try:
            values = list(_values(media_type, body))
        except msgspec.DecodeError as error:
            yield f"{where} cannot be read: {error}"
            return
        for value in values:
            yield from (f"{where} {what}" for what in self.wrong(schema, value))


def _values(media_type: str, body: bytes) -> Iterator[Any]:
    """What the schema of this media type describes: each line, each event, or the whole."""
    if media_type == "application/x-ndjson":
        yield from (msgspec.json.decode(line) for line in body.split(b"\n") if line)
    elif media_type == "text/event-stream":
        yield from events_in(body)
    elif media_type.startswith("text/"):
        yield body.decode()
    else:
        yield msgspec.json.decode(body)


def events_in(stream: bytes) -> Iterator[dict[str, Any]]:
    """The whole events of a stream, their data decoded; comments are none."""
    for block in stream.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if fields:
            yield fields | {"data": msgspec.json.decode(fields.get("data", "null"))}


def _read_inside(value: Any) -> Any:
    """Texts that hold JSON are described by what is in them, as `events_in` decodes them."""
    if isinstance(value, dict):
        inside = value.get("contentSchema")
        return _read_inside(inside) if inside else {name: _read_inside(each) for name, each in value.items()}
    return [_read_inside(each) for each in value] if isinstance(value, list) else value


def _pattern(path: str) -> re.Pattern[str]:
    """`/v1/orders/{order_no}` as an expression: a value has no slash that is not encoded."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
