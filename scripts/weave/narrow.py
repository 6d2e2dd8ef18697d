"""Redraw a figure for a phone, which would show one made for a desktop at half its size."""

import hashlib
import io
import pickle
import re
from textwrap import wrap

from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import ScaledTranslation

POINTS = 72
WIDTH = 3.75 * POINTS  # 360 of a browser's pixels, about what a phone has beside its margins
TYPE, LINE = 9, 9 * 1.3  # points; the type is 12 of a browser's pixels high
ALONE, STACKED = 3.0 * POINTS, 2.3 * POINTS  # the height of a panel


FINER = re.compile(r"(?<=\.\d\d)\d+")
# What an artist of matplotlib may be asked for, of all that a run of its program can decide.
DATA = "xydata", "offsets", "array", "paths", "verts", "view_interval", "color", "facecolor"
KIND = "image/x-narrow"  # how a notebook keeps it, beside the figure's other kinds


def svg(figure) -> str:
    """The figure as SVG text, the same bytes for the same figure on every run."""
    picture = io.StringIO()
    figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    # A hundredth of a point is finer than any screen; more digits are a seventh more to load.
    return re.sub(r' d="[^"]*"', lambda path: FINER.sub("", path[0]), picture.getvalue())


def png(figure) -> bytes:
    """The figure as PNG on white, for slides and texts that take no SVG."""
    picture = io.BytesIO()
    options = {"transparent": False, "facecolor": "white", "metadata": {"Software": None}}
    figure.savefig(picture, format="png", dpi=200, **options)
    return picture.getvalue()


def data(figure) -> str:
    """A fingerprint of what the figure shows: where two runs draw other numbers or words, theirs differ."""
    asked = [getattr(artist, f"get_{name}", None) for artist in figure.findobj() for name in DATA]
    shown = [ask() for ask in asked if ask], [str(text) for text in figure.findobj(Text)]
    return hashlib.sha256(pickle.dumps(shown)).hexdigest()


def in_notebooks(shell) -> None:
    """Let the kernel of a notebook draw its figures as a program's are drawn, the one for a phone after all other kinds."""
    from IPython.core.formatters import BaseFormatter

    class Narrow(BaseFormatter):
        format_type, print_method, _return_type = KIND, "_repr_narrow_", str

    # As methods of figures: a printer of figures would be dropped by the backend that shows them in line.
    Figure._repr_svg_, Figure._repr_png_ = svg, png
    Figure._repr_narrow_ = lambda figure: narrow(figure) or svg(figure)
    shell.display_formatter.formatters[KIND] = Narrow(parent=shell.display_formatter)


def narrow(figure) -> None:
    """Set the figure in a phone's width: panels one below the other, type in full size, legends below.

    The figure is changed: save the wide one before.
    """
    panels = [axes for axes in figure.axes if axes.get_subplotspec()]
    for axes in [axes for axes in panels if not axes.axison]:  # a place that was left free
        panels.remove(axes)
        axes.remove()
    columns = 1 if len(panels) < 4 else 2
    rows = max(1, -(-len(panels) // columns))  # a figure may have none
    grid = GridSpec(rows, columns, figure=figure)
    height = rows * (ALONE if rows == 1 else STACKED)
    for axes, place in zip(panels, grid, strict=False):
        axes.set_subplotspec(place)
        _say_what_a_neighbour_said(axes)
    for axes in figure.axes:
        for place in "left", "center", "right":
            if title := axes.get_title(place):
                axes.set_title(_broken(title, WIDTH * 0.8 / columns), loc=place)
        _fewer_numbers(axes, WIDTH * 0.75 / columns)
        height += _legend_below(axes)
    for text in figure.findobj(Text):
        text.set_fontsize(TYPE)
    for axes in figure.axes:
        for axis in axes.xaxis, axes.yaxis:
            size = TYPE + (axis.get_scale() == "log")  # exponents are smaller
            axis.set_tick_params("both", labelsize=size)
    figure.set_size_inches(WIDTH / POINTS, height / POINTS)


def _say_what_a_neighbour_said(axes) -> None:
    """Beside others that share its axis a panel has neither numbers nor a name; above them it needs both."""
    for axis in "x", "y":
        siblings = getattr(axes, f"get_shared_{axis}_axes")().get_siblings(axes)
        if len(siblings) > 1:
            axes.tick_params(axis, **{"x": {"labelbottom": True}, "y": {"labelleft": True}}[axis])
            names = [getattr(one, f"get_{axis}label")() for one in (axes, *siblings)]
            getattr(axes, f"set_{axis}label")(next(filter(None, names), ""))


def _fewer_numbers(axes, width: float) -> None:
    """Every other number below the axis, where all of those that the program names would touch."""
    if isinstance(axes.xaxis.get_major_locator(), FixedLocator):
        ticks, labels = axes.get_xticks(), [label.get_text() for label in axes.get_xticklabels()]
        while len(labels) > 2 and len(labels) * (max(map(_width, labels)) + 5) > width:
            ticks, labels = ticks[::2], labels[::2]
        axes.set_xticks(ticks, labels)


def _legend_below(axes) -> float:
    """Move the legend to where it can hide nothing, and return the height that it takes."""
    old = axes.get_legend()
    if not old:
        return 0
    labels, title = [text.get_text() for text in old.get_texts()], old.get_title().get_text()
    widest = max(map(_width, labels)) + 3.6 * TYPE  # the line before a label, and the space around it
    columns = max(1, min(len(labels), int((WIDTH * 0.78 + 1.2 * TYPE) // widest)))
    numbers = 7 + LINE if any(label.get_visible() for label in axes.get_xticklabels()) else 0
    name = 4 + LINE if axes.get_xlabel() else 0
    down = ScaledTranslation(0, -(numbers + name + 4) / POINTS, axes.figure.dpi_scale_trans)
    axes.legend(
        old.legend_handles,
        labels,
        title=title or None,
        ncols=columns,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=axes.transAxes + down,
        alignment="left",
        borderaxespad=0,
        borderpad=0,
        handlelength=1.6,
        columnspacing=1.2,
        fontsize=TYPE,
        title_fontsize=TYPE,
    )
    lines = -(-len(labels) // columns) + bool(title)
    return 4 + lines * (LINE + 0.5 * TYPE)


def _broken(text: str, width: float) -> str:
    """The text in lines that are no wider."""
    lines = int(_width(text) // width) + 1
    return text if lines == 1 else "\n".join(wrap(text, -(-len(text) // lines) + 4))


def _width(text: str) -> float:
    return TextPath((0, 0), text, size=TYPE).get_extents().width
