"""Pages: their Markdown and HTML, formulas, search, policy, and the folder of the site."""
