"""`floorhand label`: how a label will look, before a printer wastes paper on it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from agent.cli_words import FAILED, FINE, USAGE, Commands, add_media, media_of, refuse
from agent.config import Config, load
from agent.labels import party_of
from devices.errors import TemplateError, Unprintable
from devices.labels.fonts import RasterTypeface
from devices.labels.label import Label, LabelItem, Media, Party
from devices.labels.layout import lay_out
from devices.labels.placed import Bars, Layout, QrCode
from devices.labels.raster import draw, preview
from devices.labels.specimen import SPECIMEN
from devices.labels.template import Template, load_templates
from devices.printers.languages import LANGUAGES
from devices.sim.printer import first_page


def add_label(commands: Commands) -> None:
    """The parser."""
    label = commands.add_parser("label", help="look at label templates")
    parts = label.add_subparsers(required=True, metavar="PART")
    preview = parts.add_parser("preview", help="draw an order's label as a picture")
    preview.add_argument("--template", default="express", metavar="T", help="its name (express)")
    preview.add_argument(
        "--order", type=Path, metavar="FILE", help="an order as the hub sends it; default: a specimen"
    )
    preview.add_argument("--png", type=Path, required=True, metavar="OUT")
    preview.add_argument("--folder", type=Path, metavar="DIR", help="the site's own templates")
    preview.add_argument("--config", type=Path, metavar="FILE", help="senders and templates of this site")
    preview.add_argument(
        "--native",
        choices=sorted(LANGUAGES),
        help="as a printer of this language draws it in its own text and codes",
    )
    preview.add_argument("--json", action="store_true")
    add_media(preview)
    preview.set_defaults(run=_preview)
    names = parts.add_parser("templates", help="which templates there are")
    names.add_argument("--folder", type=Path, metavar="DIR", help="the site's own templates")
    names.add_argument("--json", action="store_true")
    names.set_defaults(run=_templates)


def _templates(options: argparse.Namespace) -> int:
    try:
        known = load_templates(options.folder)
    except TemplateError as error:
        return refuse(error.reason, USAGE)
    if options.json:
        sizes = {
            name: {"width_mm": each.width_mm, "height_mm": each.height_mm} for name, each in known.items()
        }
        print(json.dumps(sizes))
        return FINE
    for name, template in sorted(known.items()):
        print(f"{name:20} designed for {template.width_mm:g} × {template.height_mm:g} mm")
    return FINE


def _preview(options: argparse.Namespace) -> int:
    config = load(options.config) if options.config else None
    folder = options.folder or (config.beside(config.labels.folder) if config else None)
    try:
        template = _named(load_templates(folder), options.template)
        label = _label(options.order, config) if options.order else SPECIMEN
    except (TemplateError, OSError, ValueError) as error:
        return refuse(str(error), USAGE)
    try:
        report = _draw(template, label, options)
    except Unprintable as error:
        return refuse(f"{template.name} cannot be printed: {error.reason}", FAILED)
    except OSError as error:
        return refuse(f"{options.png} cannot be written: {error.strerror}", USAGE)
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        codes = ", ".join(
            f"{code['kind']} {code['data']} ({code['module_dots']} dots a module)" for code in report["codes"]
        )
        print(f"wrote {options.png}: {report['width_dots']} × {report['height_dots']} dots; {codes}")
        if report["missing"]:
            print(f"no font has {' '.join(report['missing'])}: printed as 〓")
    return FINE


def _draw(template: Template, label: Label, options: argparse.Namespace) -> dict[str, Any]:
    media = media_of(options)
    layout, image = _drawn(template, label, media, options.native)
    options.png.parent.mkdir(parents=True, exist_ok=True)
    image.save(options.png, "PNG", dpi=(options.dpi, options.dpi))
    codes = [
        {
            "kind": "QR" if isinstance(each, QrCode) else "Code 128",
            "data": each.data,
            "module_dots": each.module_dots,
        }
        for each in layout.placed
        if isinstance(each, Bars | QrCode)
    ]
    return {
        "template": template.name, "png": str(options.png), "width_dots": media.width_dots,
        "height_dots": media.height_dots, "codes": codes, "missing": list(layout.missing),
    }  # fmt: skip


def _drawn(template: Template, label: Label, media: Media, native: str | None) -> tuple[Layout, Image.Image]:
    if native is None:
        typeface = RasterTypeface()
        layout = lay_out(template, label, media, typeface)
        return layout, preview(draw(layout, typeface))
    language = LANGUAGES[native]
    layout = lay_out(template, label, media, language.typeface(media))
    image = first_page(native, language.native(layout, media), media)
    if image is None:
        raise Unprintable(f"a {native} printer makes nothing of it")
    return layout, image


def _named(templates: dict[str, Template], name: str) -> Template:
    if name not in templates:
        raise TemplateError(f"there is no template {name!r}: known are {', '.join(sorted(templates))}")
    return templates[name]


class _Line(msgspec.Struct):
    sku: str
    qty: int
    name: str = ""


class _Order(msgspec.Struct):
    """What a label needs of the contract's order, and what an order has only later, for a picture's sake."""

    order_no: str
    carrier: str
    consignee: Party
    lines: list[_Line]
    owner: str = ""
    service: str | None = None
    routing_code: str | None = None
    bag_code: str | None = None
    sscc: str | None = None
    sender: Party | None = None
    waybill: str = SPECIMEN.waybill
    job: str = SPECIMEN.job
    copy: int = 1


def _label(path: Path, config: Config | None) -> Label:
    """ValueError that names the file and what is expected."""
    try:
        order = msgspec.json.decode(path.read_bytes(), type=_Order)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}: not an order as the hub sends it: {error}") from error
    sender = config.sender_of(order.owner) if config is not None else None
    return Label(
        waybill=order.waybill,
        job=order.job,
        copy=order.copy,
        order_no=order.order_no,
        carrier=order.carrier,
        service=order.service or "standard",
        routing_code=order.routing_code or "",
        bag_code=order.bag_code or "",
        consignee=order.consignee,
        sender=order.sender or (party_of(sender) if sender is not None else SPECIMEN.sender),
        items=tuple(LabelItem(line.sku, line.name, line.qty) for line in order.lines),
        sscc=order.sscc or "",
    )
