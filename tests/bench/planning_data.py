"""A folder of made-up instances in the public formats, small enough to work out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.planning.data import MissingDataError, routing_data


def has_data() -> bool:
    """Whether the public instances are on this machine."""
    try:
        routing_data()
    except MissingDataError:
        return False
    return True


needs_data = pytest.mark.skipif(
    not has_data(), reason="the public planning instances are not here (set FLOORHAND_DATA)"
)

# Two aisles of four cells, the depot in front of the second.
FLOOR = """\
NAME : made up
TYPE : Order_batching
PICKER_CAPACITY : 5
LAYOUT : single-block
NUM_AISLES : 2
NUM_CELLS : 4
DEPOT_AISLE : 1
DEPOT_LOCATION : bottom
DISTANCE_AISLE_TO_AISLE : 2.4
DISTANCE_CELL_TO_CELL : 1
DISTANCE_TOP_TO_CELL : 1
DISTANCE_BOTTOM_TO_CELL : 1
DISTANCE_TOP_OR_BOTTOM_TO_DEPOT : 0
ARTICLE_SECTION
NUM_ARTICLES : 3
ID 0 WEIGHT 1
ID 1 WEIGHT 2
ID 2 WEIGHT 1
SKU_SECTION
NUM_SKUS : 3
ID 0 AISLE 0 CELL 3 QUANTITY 1 LEFT_RIGHT_HAND_SIDE left
ID 1 AISLE 1 CELL 0 QUANTITY 1 LEFT_RIGHT_HAND_SIDE right
ID 2 AISLE 1 CELL 2 QUANTITY 1 LEFT_RIGHT_HAND_SIDE left
ORDER_SECTION
"""
ORDERS = """\
NUM_ORDERS : 2
NUM_ARTICLES_IN_ORDER : 2
ID 0 QUANTITY 1
ID 1 QUANTITY 2
NUM_ARTICLES_IN_ORDER : 1
ID 2 QUANTITY 3
EOF
"""
WANTED = """\
NUM_ARTICLES : 3
ID 0 QUANTITY 1
ID 1 QUANTITY 1
ID 2 QUANTITY 1
EOF
"""

# Two aisles 5 apart, cross-aisles at 1.5 and 11.5, the depot 2.5 below the first aisle's end.
FOODMART = """\
//NbLocations
6
//NbProducts
2
//K: NbBoxesTrolley
3
//NbDimensionsCapacity
1
//B: CapaBox \n40
//A box can accept mixed orders(0: no, 1: yes)
1
//Products
//Idx Location Volume
1 1 2
2 2 1
//Orders
//Nb Orders
2
//Idx M NbProdInOrder ProdIdx1 Qty1 ProdIdx2 Qty2 ...
1 2 2 1 30 2 5
2 1 1 2 7
//Graph (Products are vertices indexed from 1 to NbLocations)
//DepartingDepot
0
//ArrivalDepot
7
//Arcs
//Start End Distance
0 3 2.5
7 3 2.5
0 5 5.59
7 5 5.59
1 4 3.0
1 3 7.0
3 0 2.5
//LocStart LocEnd ShortestPath
0 1 9.5
1 2 19.0
2 7 7.59
//Vertices coordinates LocationName
0 2.5 -1.0 "depot"
1 2.5 8.5 "product aisle 0 bloc 0 rank 6"
2 7.5 3.5 "product aisle 1 bloc 0 rank 1"
3 2.5 1.5 "intersection aisle 0 bloc 0 rank 0"
4 2.5 11.5 "intersection aisle 0 bloc 1 rank 1"
5 7.5 1.5 "intersection aisle 1 bloc 0 rank 0"
6 7.5 11.5 "intersection aisle 1 bloc 1 rank 1"
7 2.5 -1.0 "depot"
"""

_REFERENCES = {
    "henn_waescher_wg2023.csv": (
        "storage,source_variant,capacity,num_orders,inst_num,optimal_block_bks\n"
        "CBD,Traversal,5,2,0,1\nUDD,Traversal,5,2,0,22\n"
    ),
    "muter_oencan_wg2023.csv": "capacity,num_orders,inst_num,optimal_bks\n5,2,1,20.8\n",
    "foodmart_wahlen_2026.csv": "delta,orders_n,aisles_S,bks_value\n5,2,8,30.18\n10,2,8,1\n",
    "sprp/results_SPRP.csv": (
        "unit demand,num aisles,num cells,num articles,alpha,random seed,Netw MIP cost\ntrue,2,4,3,1,7,17\n"
    ),
    "sprp/results_SPRP-SS.csv": (
        "unit demand,num aisles,num cells,num articles,alpha,random seed,Netw MIP cost\nfalse,2,4,3,2,7,3\n"
    ),
    "sprp/results_SPRP_two_block.csv": "filename,objective\nunit_F1_m2_C4_a3_7.txt,15\n",
    "sprp/results_SPRP-SS_two_block.csv": "filename,objective\nvarying_F2_m2_C4_a3_7.txt,2\n",
}


def made_up(folder: Path) -> Path:
    """Such a folder, as $FLOORHAND_DATA names it."""
    files = {f"reference/{name}": text for name, text in _REFERENCES.items()}
    files |= {
        "henn_waescher/uniform_S-Shape/1s-2-5-0.txt": FLOOR + ORDERS,
        "muter_oncan/2_5_0.txt": FLOOR + ORDERS,
        "muter_oncan/2_5_4.txt": FLOOR + ORDERS,
        "foodmart/instances_d5_ord2_MAL.txt": FOODMART,
        "sprp/instances/unit_F1_m2_C4_a3_7.txt": FLOOR + WANTED,
        "sprp/instances/varying_F2_m2_C4_a3_7.txt": FLOOR + WANTED,
    }
    for name, text in files.items():
        path = folder / "routing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "latin-1")
    return folder
