"""The order of the gallery: from first steps to special uses."""

__all__ = ["Order"]

PAGES = ("seeds", "curve", "anytime", "compare", "probabilities", "budget", "capacity", "annotate")


class Order:
    """Sorts file names. A page that is missing in `PAGES` raises an error."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, name: str) -> int:
        """Return the position of a page."""
        return PAGES.index(name.removeprefix("plot_").removesuffix(".py"))
