"""The folder of the site: what is done to it when its pages are built, until it is in its place."""
