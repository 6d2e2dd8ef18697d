"""What a reader carries off: notebooks, downloads, slides, the course as PDF, the site as zip."""
