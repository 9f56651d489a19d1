"""A full label of nobody, to look at, and to reckon with how many bytes a label has at a printer."""

from __future__ import annotations

from devices.labels.label import Label, LabelItem, Party

SPECIMEN = Label(
    waybill="SF1234567890123",
    job="J-7K2-000123",
    copy=1,
    order_no="SO-20260618-1001",
    carrier="SF",
    service="standard",
    routing_code="342-081-00 052",
    bag_code="沪-03",
    consignee=Party(
        "欧阳小丰",
        "13812345678",
        "上海市",
        "上海市",
        "浦东新区",
        "张江高科技园区世纪大道100号陆家嘴花园三期3号楼2单元501室",
    ),
    sender=Party(
        "样例仓储有限公司", "021-12345678", "江苏省", "苏州市", "昆山市", "花桥镇物流大道88号2号库B区"
    ),
    items=(
        LabelItem("A-100", "冻干黑咖啡粉 24颗装 拿铁风味", 2),
        LabelItem("B-205", "Ceramic mug 350 ml, dark blue", 1),
        LabelItem("C-7", "硅胶长柄杯刷", 1),
        LabelItem("D-31", "不锈钢保温杯 500 毫升", 1),
        LabelItem("E-9", "挂耳咖啡滤纸 100片", 3),
        LabelItem("F-118", "Travel kit, bamboo", 1),
        LabelItem("G-2", "蜂蜜柚子茶 1 千克", 2),
        LabelItem("H-40", "手冲壶 细口 600 毫升", 1),
    ),
    sscc="006141411234567890",
)
