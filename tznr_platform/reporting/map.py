"""The map by département: where the experiment is, and how many persons the published figures show there.

Here: the drawing. Outlines: ``departments.json`` (CC BY 4.0, source inside). Not here: communes, which have
no outline that may be redistributed.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from pathlib import Path

from markupsafe import Markup, escape

CLASSES = ((0, "présent, effectif masqué ou nul", "#dfe3f1"), (1, "moins de 200 personnes", "#b4c1e3"),
           (200, "200 à 499", "#7f93cd"), (500, "500 à 999", "#4a63b3"), (1000, "1 000 et plus", "#1b2a66"))
ABSENT, EMPTY = "url(#absent)", "#f1f1f5"
OVERSEAS = {"971": "Guadeloupe", "972": "Martinique", "973": "Guyane", "974": "La Réunion", "976": "Mayotte"}


@functools.cache
def outlines() -> dict:
    return json.loads(Path(__file__).with_name("departments.json").read_text(encoding="utf-8"))


def department_map(territories: list[dict]) -> Markup:
    """SVG of the départements. ``territories``: department_code, label, is_in, persons (None when masked)."""
    by_department = defaultdict(list)
    for territory in territories:
        if territory["department_code"]:
            by_department[territory["department_code"]].append(territory)
    shapes = [_shape(f'<path d="{shape["path"]}"', shape["name"], by_department.get(code, []))
              for code, shape in outlines()["departments"].items()]
    insets = [_inset(index, code, name, by_department.get(code, []))
              for index, (code, name) in enumerate(OVERSEAS.items())]
    return Markup(
        '<svg viewBox="0 0 6130 6750" xmlns="http://www.w3.org/2000/svg" stroke="#fff" stroke-width="9">'
        '<defs><pattern id="absent" width="90" height="90" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="90" height="90" fill="#f1f1f5"/>'
        '<rect width="34" height="90" fill="#b3541e"/></pattern></defs>'
        f"{''.join(shapes)}{''.join(insets)}</svg>"
    )


def legend() -> list[tuple[str, str]]:
    """Colour (CSS) and meaning of each class, lightest first."""
    hatch = "repeating-linear-gradient(45deg, #b3541e 0 3px, #f1f1f5 3px 8px)"
    return [*((color, text) for _, text, color in CLASSES), (hatch, "aucun territoire n’a encore transmis"),
            (EMPTY, "aucun territoire établi")]


def _shape(opening: str, name: str, territories: list[dict]) -> str:
    lines = [f"{territory['label']}{'' if territory['is_in'] else ' (absent)'}" for territory in territories]
    title = " – ".join([name, *(lines or ["aucun territoire établi"])])
    return f'{opening} fill="{_fill(territories)}"><title>{escape(title)}</title></path>'


def _inset(index: int, code: str, name: str, territories: list[dict]) -> str:
    x = 180 + index * 1170
    square = _shape(f'<path d="M{x} 6080h420v420h-420z"', name, territories)
    return (f'{square}<text x="{x}" y="6690" font-size="150" stroke="none" fill="#1b1b2f" '
            f'font-family="system-ui, sans-serif">{escape(name)}</text>')


def _fill(territories: list[dict]) -> str:
    if not territories:
        return EMPTY
    present = [territory for territory in territories if territory["is_in"]]
    if not present:
        return ABSENT
    persons = sum(territory["persons"] or 0 for territory in present)
    return next(color for bound, _, color in reversed(CLASSES) if persons >= bound)
