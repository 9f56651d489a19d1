"""`floorhand label`: what a label will look like, and what is wrong with a template before a printer sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from agent.cli import main
from devices.labels.label import Media
from devices.labels.specimen import SPECIMEN
from tests.agent.floors import document
from tests.agent.shell.shop import site_template
from tests.agent.test_config import SENDER, SMALLEST

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def order_file(tmp_path: Path) -> Path:
    """An order as the hub sends it."""
    path = tmp_path / "order.json"
    path.write_text(json.dumps(document("SO-42")), "utf-8")
    return path


def preview(tmp_path: Path, *more: str | Path) -> int:
    """Into out/label.png."""
    return main(["label", "preview", "--png", str(png_of(tmp_path)), *map(str, more)])


def png_of(tmp_path: Path) -> Path:
    return tmp_path / "out" / "label.png"


def codes_on(path: Path) -> set[str]:
    """What a scanner reads of it."""
    with Image.open(path) as image:
        return {code.text for code in zxingcpp.read_barcodes(image.convert("L"))}


def rewritten(path: Path, **changes: Any) -> Path:
    """The order with other fields."""
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")
    return path


# --- templates ----------------------------------------------------------------------------------------------


def test_the_shipped_templates_are_named(capsys: Capture) -> None:
    assert main(["label", "templates"]) == 0
    words = capsys.readouterr().out
    assert "express" in words
    assert "76 × 130 mm" in words
    assert "gs1-logistic" in words


def test_as_json_each_template_tells_the_size_that_it_is_designed_for(capsys: Capture) -> None:
    assert main(["label", "templates", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["express"] == {"width_mm": 76, "height_mm": 130}


def test_a_sites_own_templates_are_named_beside_them(tmp_path: Path, capsys: Capture) -> None:
    site_template(tmp_path, "fancy")
    assert main(["label", "templates", "--folder", str(tmp_path)]) == 0
    assert {"express", "fancy"} <= {line.split()[0] for line in capsys.readouterr().out.splitlines()}


def test_a_broken_template_is_refused_by_file_and_element(tmp_path: Path, capsys: Capture) -> None:
    site_template(tmp_path, "fancy", ('"{carrier}"', '"{carier}"'))
    assert main(["label", "templates", "--folder", str(tmp_path)]) == 2
    assert "fancy.toml: element 2: {carier} is no field" in capsys.readouterr().err


# --- preview ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize(("width_mm", "height_mm"), [(76, 130), (100, 150)])
def test_a_preview_has_the_dots_of_the_media_and_its_codes_are_read(
    tmp_path: Path, width_mm: int, height_mm: int, dpi: int, capsys: Capture
) -> None:
    assert preview(tmp_path, "--media", f"{width_mm}x{height_mm}", "--dpi", str(dpi)) == 0
    media = Media(width_mm, height_mm, dpi)
    with Image.open(png_of(tmp_path)) as image:
        assert image.size == (media.width_dots, media.height_dots)
    assert {SPECIMEN.waybill, SPECIMEN.qr} <= codes_on(png_of(tmp_path))
    assert str(png_of(tmp_path)) in capsys.readouterr().out


@pytest.mark.parametrize("language", ["escpos", "tspl", "zpl"])
def test_a_native_preview_is_what_a_printer_of_that_language_draws(tmp_path: Path, language: str) -> None:
    assert preview(tmp_path) == 0
    picture = png_of(tmp_path).read_bytes()
    assert preview(tmp_path, "--native", language) == 0
    assert png_of(tmp_path).read_bytes() != picture
    assert codes_on(png_of(tmp_path)) == {SPECIMEN.waybill, SPECIMEN.order_no, SPECIMEN.qr}


def test_an_orders_own_label_is_drawn(tmp_path: Path, order_file: Path, capsys: Capture) -> None:
    assert preview(tmp_path, "--order", rewritten(order_file, waybill="SF777", job="J-9", copy=2)) == 0
    assert {"SF777", "FH1:SF777:J-9:2", "SO-42"} <= codes_on(png_of(tmp_path))
    assert "SF777" in capsys.readouterr().out


def test_as_json_it_says_what_is_on_it(tmp_path: Path, order_file: Path, capsys: Capture) -> None:
    assert preview(tmp_path, "--order", order_file, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    media = Media(76, 130)
    assert (report["width_dots"], report["height_dots"]) == (media.width_dots, media.height_dots)
    assert {code["data"] for code in report["codes"]} == codes_on(png_of(tmp_path))
    assert all(code["module_dots"] >= 2 for code in report["codes"])
    assert (report["template"], report["missing"]) == ("express", [])


def test_a_character_that_no_font_has_is_named(tmp_path: Path, order_file: Path, capsys: Capture) -> None:
    consignee = document()["consignee"] | {"address": "\ue000路"}
    assert preview(tmp_path, "--order", rewritten(order_file, consignee=consignee)) == 0
    assert "no font has \ue000: printed as 〓" in capsys.readouterr().out


def test_a_sites_own_template_comes_from_its_folder(tmp_path: Path, capsys: Capture) -> None:
    site_template(tmp_path / "labels", "fancy")
    assert preview(tmp_path, "--folder", tmp_path / "labels", "--template", "fancy", "--json") == 0
    assert json.loads(capsys.readouterr().out)["template"] == "fancy"


def test_the_sites_own_express_template_comes_before_the_shipped_one(tmp_path: Path) -> None:
    preview(tmp_path)
    shipped = png_of(tmp_path).read_bytes()
    site_template(tmp_path / "labels", "express", ('text = "{service}"', 'text = "site"'))
    assert preview(tmp_path, "--folder", tmp_path / "labels") == 0
    assert png_of(tmp_path).read_bytes() != shipped


def config_file(tmp_path: Path, more: str = "", name: str = "仓库") -> Path:
    """A configuration with this sender."""
    sender = SENDER.replace("仓库", name)
    path = tmp_path / "floorhand.toml"
    path.write_text(SMALLEST.replace('id = "WH1"', f'id = "WH1"\nsender = {sender}') + more, "utf-8")
    return path


def test_the_configurations_sender_stands_on_it(tmp_path: Path, order_file: Path) -> None:
    pictures = []
    for name in ("甲仓库", "乙仓库"):
        assert preview(tmp_path, "--order", order_file, "--config", config_file(tmp_path, name=name)) == 0
        pictures.append(png_of(tmp_path).read_bytes())
    sender = {"name": "x", "phone": "1", "province": "p", "city": "c", "district": "d", "address": "a"}
    assert pictures[0] != pictures[1]
    own = rewritten(order_file, sender=sender | {"name": "乙仓库"})
    assert preview(tmp_path, "--order", own, "--config", config_file(tmp_path, name="甲仓库")) == 0
    assert png_of(tmp_path).read_bytes() == pictures[1]


def test_the_configurations_folder_is_beside_its_file(tmp_path: Path, capsys: Capture) -> None:
    site_template(tmp_path / "labels", "fancy")
    config = config_file(tmp_path, '[labels]\nfolder = "labels"')
    assert preview(tmp_path, "--config", config, "--template", "fancy", "--json") == 0
    assert json.loads(capsys.readouterr().out)["template"] == "fancy"


# --- what is wrong ------------------------------------------------------------------------------------------


def test_an_unknown_template_is_a_2_that_names_the_known_ones(tmp_path: Path, capsys: Capture) -> None:
    assert preview(tmp_path, "--template", "fancy") == 2
    assert "there is no template 'fancy': known are express, gs1-logistic" in capsys.readouterr().err
    assert not png_of(tmp_path).exists()


@pytest.mark.parametrize("more", [["--media", "20x20"], ["--order", "long"]])
def test_what_cannot_be_printed_is_a_1(
    tmp_path: Path, order_file: Path, more: list[str], capsys: Capture
) -> None:
    rewritten(order_file, waybill="SF" + "X" * 60)
    assert preview(tmp_path, *(str(order_file) if each == "long" else each for each in more)) == 1
    assert "express cannot be printed: " in capsys.readouterr().err
    assert not png_of(tmp_path).exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lines": [{"sku": "A", "qty": "two"}]}, "$.lines[0].qty"),
        ({"consignee": {"name": "李雷"}}, "$.consignee"),
        ({"carrier": None}, "$.carrier"),
    ],
)
def test_a_wrong_order_is_a_2_with_its_file_and_field(
    tmp_path: Path, order_file: Path, changes: dict[str, Any], why: str, capsys: Capture
) -> None:
    assert preview(tmp_path, "--order", rewritten(order_file, **changes)) == 2
    words = capsys.readouterr().err
    assert str(order_file) in words
    assert why in words


def test_an_order_that_is_no_json_or_not_there_is_a_2(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "broken.json").write_bytes(b"{\xff")
    for name in ("broken.json", "none.json"):
        assert preview(tmp_path, "--order", tmp_path / name) == 2
        assert name in capsys.readouterr().err


@pytest.mark.parametrize("size", ["76", "0x0", "00x00", "76x130mm", "1000x1000"])
def test_a_size_that_is_none_is_a_2(tmp_path: Path, size: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        preview(tmp_path, "--media", size)
    assert ended.value.code == 2
    assert "width x height in mm is expected, as 100x150" in capsys.readouterr().err


def test_a_picture_is_a_png_whatever_its_name_is(tmp_path: Path) -> None:
    assert main(["label", "preview", "--png", str(tmp_path / "label.out")]) == 0
    with Image.open(tmp_path / "label.out") as image:
        assert image.format == "PNG"


def test_a_picture_that_cannot_be_written_is_a_2(tmp_path: Path, capsys: Capture) -> None:
    assert main(["label", "preview", "--png", str(tmp_path)]) == 2
    assert f"{tmp_path} cannot be written: Is a directory" in capsys.readouterr().err


# --- check-config -------------------------------------------------------------------------------------------


def test_a_configuration_with_a_broken_template_is_refused_by_file_and_element(
    tmp_path: Path, capsys: Capture
) -> None:
    site_template(tmp_path / "labels", "fancy", ('"{carrier}"', '"{carier}"'))
    file = config_file(tmp_path, '[labels]\nfolder = "labels"')
    assert main(["check-config", str(file)]) == 2
    words = capsys.readouterr().err
    assert str(file) in words
    assert "label template fancy.toml: element 2: {carier} is no field" in words


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ('template = "fancy"', "`labels.template`: there is no label template 'fancy': known are express,"),
        ('carriers = { YTO = "fancy" }', "`labels.carriers.YTO`: there is no label template 'fancy'"),
        ('folder = "nowhere"', "nowhere: expected a folder with *.toml templates"),
    ],
)
def test_a_configuration_that_names_what_is_not_there_is_refused_by_its_key(
    tmp_path: Path, labels: str, why: str, capsys: Capture
) -> None:
    assert main(["check-config", str(config_file(tmp_path, f"[labels]\n{labels}"))]) == 2
    assert why in capsys.readouterr().err


def test_a_configuration_with_a_template_of_its_own_is_fine(tmp_path: Path, capsys: Capture) -> None:
    site_template(tmp_path / "labels", "fancy")
    labels = '[labels]\nfolder = "labels"\ntemplate = "fancy"\ncarriers = { YTO = "express" }'
    assert main(["check-config", str(config_file(tmp_path, labels))]) == 0
    assert "fine" in capsys.readouterr().out
