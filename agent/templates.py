"""Which template a carrier's labels are set in; what is wrong with one stops its own carriers and no other."""

from __future__ import annotations

from collections.abc import Sequence

from agent.config import Config
from devices.errors import Unprintable
from devices.labels.template import Template, read_templates


class LabelTemplates:
    """The shipped templates and the site's own, as the configuration names them."""

    def __init__(self, config: Config) -> None:
        self._labels = config.labels
        self._templates, broken = read_templates(config.beside(config.labels.folder))
        #: what a person must mend, by the template's name
        self.faults = {name: f"label template {error.reason}" for name, error in broken.items()}
        for key, name in self._named().items():
            if name not in self._templates and name not in self.faults:
                known = ", ".join(sorted(self._templates))
                self.faults[name] = f"`{key}`: there is no label template {name!r}: known are {known}"

    def _named(self) -> dict[str, str]:
        labels = self._labels
        return {"labels.template": labels.template} | {
            f"labels.carriers.{carrier}": name for carrier, name in labels.carriers.items()
        }

    def find(self, carrier: str) -> Template | None:
        """The template of a carrier's labels; None where it is missing or broken."""
        return self._templates.get(self._labels.template_of(carrier))

    def of_any(self, carriers: Sequence[str]) -> set[Template]:
        """All templates that these carriers' labels are set in; of no carriers: that any carrier's may be."""
        names = set(map(self._labels.template_of, carriers)) or set(self._named().values())
        return {self._templates[name] for name in names if name in self._templates}

    def of(self, carrier: str) -> Template:
        """The same. Raises Unprintable saying what is wrong with it."""
        template = self.find(carrier)
        if template is None:
            raise Unprintable(self.faults[self._labels.template_of(carrier)])
        return template
