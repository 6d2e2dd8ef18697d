"""Pages: their Markdown and HTML, formulas, figures, and the theme."""
