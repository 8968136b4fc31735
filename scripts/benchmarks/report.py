# SPDX-License-Identifier: GPL-2.0-only
"""A table for people, JSON for machines, and a bar chart of the ratios as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured ratio (or cost) beside what it has to reach."""

    name: str
    value: float
    goal: float
    unit: str = ""
    """Empty for a ratio."""
    note: str = ""

    @property
    def met(self) -> bool:
        """All goals are upper bounds: slower-than ratios and costs."""
        return self.value <= self.goal

    def line(self) -> str:
        value, goal = f"{self.value:.3g}{self.unit}", f"{self.goal:.3g}{self.unit}"
        return f"{self.name:44} {value:>10}  (goal <= {goal}) {'met' if self.met else 'MISSED':6} {self.note}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """Columns padded to their widest cell; the first one is left-aligned."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells))
    return "\n".join(lines)


def chart(figures: list[Figure], path: Path) -> None:
    """Horizontal bars of value/goal; the line at 1 is the goal, so shorter is better."""
    width, bar, left = 760, 24, 300
    scale = (width - left - 90) / max(1.25, *(f.value / f.goal for f in figures))
    height = bar * len(figures) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        '<text x="10" y="18" font-size="14">Measured / goal (left of the line: met)</text>',
    ]
    for i, figure in enumerate(figures):
        y, length = 30 + i * bar, max(1.0, figure.value / figure.goal * scale)
        color = "#2f7d4f" if figure.met else "#b03a2e"
        parts += [
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(figure.name)}</text>',
            f'<rect x="{left}" y="{y + 3}" width="{length:.1f}" height="{bar - 8}" fill="{color}"/>',
            f'<text x="{left + length + 6:.1f}" y="{y + 15}">{figure.value:.3g}{escape(figure.unit)}</text>',
        ]
    line = left + scale
    parts.append(
        f'<line x1="{line:.1f}" y1="26" x2="{line:.1f}" y2="{height - 16}" stroke="black" stroke-dasharray="4"/>'
    )
    path.write_text("\n".join([*parts, "</svg>", ""]))
