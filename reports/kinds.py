"""The kinds of figures by the hour besides those of Informes."""

from reports import line_figures, menu_figures

KINDS = (line_figures.KIND, menu_figures.KIND)
