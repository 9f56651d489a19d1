"""People who could have ordered: names, phones and addresses in China, with the carrier's codes."""

from __future__ import annotations

from random import Random
from typing import NamedTuple


class Place(NamedTuple):
    """A city with its districts, the short name on bags and the first routing digits."""

    province: str
    city: str
    districts: tuple[str, ...]
    short: str
    routing: str


_PLACES = (
    Place("上海市", "上海市", ("浦东新区", "徐汇区", "闵行区", "杨浦区"), "沪", "021"),
    Place("北京市", "北京市", ("朝阳区", "海淀区", "丰台区", "通州区"), "京", "010"),
    Place("广东省", "广州市", ("天河区", "越秀区", "番禺区"), "穗", "020"),
    Place("广东省", "深圳市", ("南山区", "福田区", "龙岗区"), "深", "755"),
    Place("浙江省", "杭州市", ("西湖区", "余杭区", "滨江区"), "杭", "571"),
    Place("江苏省", "南京市", ("鼓楼区", "江宁区", "建邺区"), "宁", "025"),
    Place("四川省", "成都市", ("武侯区", "锦江区", "双流区"), "蓉", "028"),
    Place("湖北省", "武汉市", ("洪山区", "江汉区", "武昌区"), "汉", "027"),
    Place("陕西省", "西安市", ("雁塔区", "碑林区", "未央区"), "西", "029"),
    Place("福建省", "厦门市", ("思明区", "湖里区", "集美区"), "厦", "592"),
)
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
_GIVEN = (
    "伟",
    "芳",
    "娜",
    "秀英",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "子涵",
    "雨桐",
)
_ROADS = (
    "人民路",
    "中山路",
    "解放路",
    "建设路",
    "和平路",
    "新华路",
    "文化路",
    "滨江大道",
    "科技园路",
    "学院路",
)


class Destination(NamedTuple):
    """Who gets the parcel, and the codes that the label shows for the place."""

    consignee: dict[str, str]
    routing_code: str
    bag_code: str


def draw_destination(rng: Random) -> Destination:
    """One more person somewhere in the country."""
    place = rng.choice(_PLACES)
    district = rng.randrange(len(place.districts))
    house = f"{rng.randint(1, 899)}号{rng.randint(1, 28)}幢{rng.randint(101, 3204)}室"
    consignee = {
        "name": rng.choice(_SURNAMES) + rng.choice(_GIVEN),
        "phone": f"1{rng.choice('35789')}{rng.randrange(10**9):09d}",
        "province": place.province,
        "city": place.city,
        "district": place.districts[district],
        "address": rng.choice(_ROADS) + house,
    }
    routing = f"{place.routing}-{district + 1:03d}-{rng.randrange(20):02d} {rng.randrange(100):03d}"
    return Destination(consignee, routing, f"{place.short}-{district + 1:02d}")
