"""The one kind of error that is for the person who builds."""


class SiteError(Exception):
    """What the site cannot be built with. The message names the file, the place and the cure."""
