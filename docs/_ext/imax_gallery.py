"""The order in which the gallery shows its pages: from first steps to special uses."""

__all__ = ["Order"]

PAGES = ("seeds", "curve", "anytime", "compare", "probabilities", "budget", "capacity", "annotate")


class Order:
    """Sorts file names; an error says which page has no place yet."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, name: str) -> int:
        """Return a page's place."""
        return PAGES.index(name.removeprefix("plot_").removesuffix(".py"))
