"""What every label printer has under its cover, whatever language it speaks: sensors, counters, a motor."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Mechanism:
    """The state that firmware reports and motion depends on. `life`: what is in motion belongs to one life.

    `labels` and `fed_mm` never go back: the odometer of the hardware survives the power switch.
    """

    has_paper: bool = True
    paper_low: bool = False
    cover_open: bool = False
    head_hot: bool = False
    paused: bool = False
    jammed: bool = False
    printing: bool = False
    labels: int = 0
    fed_mm: int = 0
    life: object = field(default_factory=object)

    @property
    def online(self) -> bool:
        """May paper be moved?"""
        return self.has_paper and not (self.cover_open or self.head_hot or self.paused or self.jammed)

    def abort(self) -> None:
        """The label in motion, if there is one, is torn and will not be finished."""
        self.life, self.printing = object(), False
