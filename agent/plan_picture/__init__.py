"""The picture of a plan: the floor from above, and the tours along the ways that are really walked."""

from agent.plan_picture.picture import plan_picture
from agent.plan_picture.png import png
from agent.plan_picture.svg import svg

__all__ = ["plan_picture", "png", "svg"]
