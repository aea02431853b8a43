"""Plots of growth as small SVG files, readable on a light page and on a dark one: both axes are logarithmic."""

import dataclasses
import math
import re
from html import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 400, 300, 56, 44, 46
LEGEND = 250
LINE = 16
COLOURS = ["#2f81f7", "#d1242f", "#1a9c4b", "#b36b00", "#8250df", "#0e9aa7", "#c2478f", "#7d8590"]
DASHES = ["", "6 3", "2 3", "8 3 2 3"]
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 14px }
.small { font-size: 11px }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d } }
"""


@dataclasses.dataclass(frozen=True)
class Plot:
    """Panels side by side, `{panel: {line: [(x, y), …]}}`, with one legend and the same axes."""

    title: str
    x_label: str
    y_label: str
    panels: dict

    def write(self, folder):
        """Writes the file that is named for the title."""
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub("[^a-z0-9]+", "-", self.title.lower().replace(",", ""))
        (folder / f"{name}.svg").write_text(_drawn(self.title, self.x_label, self.y_label, self.panels))


def _drawn(title, x_label, y_label, panels):
    names = sorted({name for lines in panels.values() for name in lines}, key=lambda name: -_last(panels, name))
    points = [point for lines in panels.values() for line in lines.values() for point in line if point[1] > 0]
    (x_low, x_high), (y_low, y_high) = (_decades([point[axis] for point in points]) for axis in (0, 1))
    width, height = len(panels) * WIDTH + LEGEND, max(HEIGHT, TOP + LINE * len(names) + 20)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="18">{escape(title)}</text>',
    ]
    styles = {
        name: (COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)])
        for number, name in enumerate(names)
    }
    for index, (panel, lines) in enumerate(panels.items()):
        left, right, bottom = index * WIDTH + LEFT, (index + 1) * WIDTH - 16, HEIGHT - BOTTOM

        def across(x, left=left, right=right):
            return left + (right - left) * (math.log10(x) - x_low) / (x_high - x_low)

        def up(y, bottom=bottom):
            return bottom - (bottom - TOP) * (math.log10(y) - y_low) / (y_high - y_low)

        parts.append(f'<text x="{(left + right) / 2:.0f}" y="{TOP - 8}" text-anchor="middle">{escape(panel)}</text>')
        for power in range(x_low, x_high + 1):
            x = across(10**power)
            parts.append(f'<line class="grid" x1="{x:.0f}" x2="{x:.0f}" y1="{TOP}" y2="{bottom}"/>')
            parts.append(f'<text class="small" x="{x:.0f}" y="{bottom + 16}" text-anchor="middle">{_short(10**power)}</text>')
        for power in range(y_low, y_high + 1):
            y = up(10.0**power)
            parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}"/>')
            parts.append(f'<text class="small" x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{_short(10.0**power)}</text>')
        parts.append(f'<text x="{(left + right) / 2:.0f}" y="{bottom + 36}" text-anchor="middle">{escape(x_label)}</text>')
        if index == 0:
            middle = (TOP + bottom) / 2
            turned = f'text-anchor="middle" transform="rotate(-90 14 {middle:.0f})"'
            parts.append(f'<text x="14" y="{middle:.0f}" {turned}>{escape(y_label)}</text>')
        for name, line in lines.items():
            colour, dash = styles[name]
            drawn = [(across(x), up(y)) for x, y in line if y > 0]
            path_text = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
            parts.append(f'<polyline class="line" stroke="{colour}" stroke-dasharray="{dash}" points="{path_text}"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in drawn]
    for number, name in enumerate(names):
        colour, dash = styles[name]
        x, y = len(panels) * WIDTH + 4, TOP + LINE * number + 6
        parts.append(
            f'<line class="line" stroke="{colour}" stroke-dasharray="{dash}" x1="{x}" x2="{x + 24}" y1="{y}" y2="{y}"/>'
            f'<text class="small" x="{x + 30}" y="{y + 4}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _last(panels, name):
    return max((lines[name][-1][1] for lines in panels.values() if lines.get(name)), default=0)


def _decades(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _short(value):
    for limit, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{suffix}"
    return f"{value:g}"
