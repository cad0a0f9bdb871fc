"""Facts about the graphs: where each comes from, how to read its file, and its checksum."""

from dataclasses import dataclass

__all__ = ["DATASETS", "Dataset"]


@dataclass(frozen=True)
class Dataset:
    """A graph that `load` knows by name.

    Attributes
    ----------
    name : str
        Name that `load` takes.
    title : str
        One line that describes it.
    source : str
        Web page to download it from, or to read about it.
    licence : str
        Licence; "unknown" if the source names none.
    directed : bool
        Whether to read the file as directed. An undirected graph whose file lists both directions is read as directed.
    nodes, edges : int
        Counts of the source, before repeated edges are merged and self-loops are dropped.
    file : str or None
        Name of the file; None for a graph without a file.
    sha256 : str or None
        Checksum of the decompressed content of the file, if known.
    note : str
        Other information.

    Examples
    --------
    >>> import imax
    >>> found = imax.datasets.info("karate")
    >>> found.title, found.nodes, found.edges
    ("Zachary's karate club", 34, 78)
    """

    name: str
    title: str
    source: str
    licence: str
    directed: bool
    nodes: int
    edges: int
    file: str | None = None
    sha256: str | None = None
    note: str = ""

    @property
    def builtin(self) -> bool:
        """Whether the graph is available without a file."""
        return self.file is None


def _snap(
    name: str, title: str, page: str, file: str, *, nodes: int, edges: int, directed: bool, note: str = ""
) -> Dataset:
    """Return a graph of the Stanford collection. Its pages name sources to cite, and no licence."""
    source = f"https://snap.stanford.edu/data/{page}.html"
    return Dataset(name, title, source, "unknown", directed, nodes, edges, file, None, note)


_NETWORKX = "https://networkx.org/documentation/stable/reference/generators.html#module-networkx.generators.social"
_CHEN = "https://www.microsoft.com/en-us/research/people/weic/"
_CIM = "https://doi.org/10.1145/3580305.3599267"
_BOTH_WAYS = "an undirected graph; the file lists each edge in both directions"

_PREPARED = (
    Dataset(
        "facebook",
        "Facebook friends (SNAP ego-Facebook), both directions listed",
        "https://snap.stanford.edu/data/ego-Facebook.html",
        "unknown",
        True,
        4039,
        176468,
        "facebook.txt.gz",
        "5dd523484ddd1907e5096b450cda6ab7dcd55002fac37778c83835817a084cf2",
        "facebook_combined.txt.gz of that page with each edge in both directions; 'ego-facebook' is the file itself",
    ),
    Dataset(
        "nethept",
        "Co-authors in high energy physics theory (NetHEPT), the classic test graph",
        _CHEN,
        "unknown",
        False,
        15233,
        58891,
        "nethept.txt.gz",
        "09697a3ec3f0f1a155aa7580cd8b837947f7bf37e7f00a80306da453fb248471",
        "hep.txt of graphdata.zip without its first line (the counts); each pair is listed once per paper",
    ),
    Dataset(
        "netphy",
        "Co-authors in physics (NetPHY)",
        _CHEN,
        "unknown",
        False,
        37154,
        231584,
        "netphy.txt.gz",
        None,
        "phy.txt of graphdata.zip without its first line (the counts); each pair is listed once per paper",
    ),
    Dataset(
        "epinions",
        "Trust on Epinions (SNAP soc-Epinions1), undirected form",
        "https://snap.stanford.edu/data/soc-Epinions1.html",
        "unknown",
        False,
        75877,
        405739,
        "epinions.txt.gz",
        "9d555a4900127b0eb656c2c723b9062941c3a082142716bee54bd7042b0f89d6",
        "each edge is listed once; 'soc-epinions1' is the directed file of that page",
    ),
    Dataset(
        "dnc-corecipient",
        "Co-recipients of e-mails of the Democratic National Committee",
        "http://konect.cc/networks/dnc-corecipient/",
        "unknown",
        True,
        906,
        24170,
        "dnc-corecipient.txt",
        "4734e0b8cd28156b1b6feab3a29c51886c1e8d067c091b5a996f1a31eb560dfa",
        "both directions listed, some arcs repeatedly",
    ),
    Dataset(
        "scinet",
        "Co-authors (SciNet), a small test graph of capacity-constrained influence maximization",
        _CIM,
        "unknown",
        True,
        1461,
        2742,
        "scinet.txt",
        "7b9234ff8d3eecd85b9d93a06fe1b57df7cab75dd5dcc2f4ae84163d97b9c6e5",
    ),
)

_SNAP = (
    _snap(
        "ego-facebook",
        "Facebook friends",
        "ego-Facebook",
        "facebook_combined.txt.gz",
        nodes=4039,
        edges=88234,
        directed=False,
    ),
    _snap(
        "wiki-vote",
        "Votes on Wikipedia",
        "wiki-Vote",
        "wiki-Vote.txt.gz",
        nodes=7115,
        edges=103689,
        directed=True,
    ),
    _snap(
        "ca-hepth",
        "Co-authors in high energy physics theory",
        "ca-HepTh",
        "ca-HepTh.txt.gz",
        nodes=9877,
        edges=25998,
        directed=True,
        note=_BOTH_WAYS,
    ),
    _snap(
        "ca-hepph",
        "Co-authors in high energy physics phenomenology",
        "ca-HepPh",
        "ca-HepPh.txt.gz",
        nodes=12008,
        edges=118521,
        directed=True,
        note=_BOTH_WAYS,
    ),
    _snap(
        "email-enron",
        "E-mails of Enron",
        "email-Enron",
        "email-Enron.txt.gz",
        nodes=36692,
        edges=183831,
        directed=True,
        note=_BOTH_WAYS,
    ),
    _snap(
        "soc-epinions1",
        "Trust on Epinions",
        "soc-Epinions1",
        "soc-Epinions1.txt.gz",
        nodes=75879,
        edges=508837,
        directed=True,
    ),
    _snap(
        "ego-twitter",
        "Twitter circles",
        "ego-Twitter",
        "twitter_combined.txt.gz",
        nodes=81306,
        edges=1768149,
        directed=True,
        note="the file repeats arcs that belong to several circles",
    ),
    _snap(
        "slashdot",
        "Friends and foes on Slashdot, February 2009",
        "soc-Slashdot0902",
        "soc-Slashdot0902.txt.gz",
        nodes=82168,
        edges=948464,
        directed=True,
    ),
    _snap(
        "email-euall",
        "E-mails of a European research institution",
        "email-EuAll",
        "email-EuAll.txt.gz",
        nodes=265214,
        edges=420045,
        directed=True,
    ),
    _snap(
        "dblp",
        "Co-authors in DBLP",
        "com-DBLP",
        "com-dblp.ungraph.txt.gz",
        nodes=317080,
        edges=1049866,
        directed=False,
    ),
    _snap(
        "amazon",
        "Products bought together on Amazon",
        "com-Amazon",
        "com-amazon.ungraph.txt.gz",
        nodes=334863,
        edges=925872,
        directed=False,
    ),
    _snap(
        "higgs-twitter",
        "Followers on Twitter around the Higgs discovery",
        "higgs-twitter",
        "higgs-social_network.edgelist.gz",
        nodes=456626,
        edges=14855842,
        directed=True,
    ),
    _snap(
        "youtube",
        "Friends on YouTube",
        "com-Youtube",
        "com-youtube.ungraph.txt.gz",
        nodes=1134890,
        edges=2987624,
        directed=False,
    ),
    _snap(
        "pokec",
        "Friends on Pokec",
        "soc-Pokec",
        "soc-pokec-relationships.txt.gz",
        nodes=1632803,
        edges=30622564,
        directed=True,
    ),
    _snap(
        "orkut",
        "Friends on Orkut",
        "com-Orkut",
        "com-orkut.ungraph.txt.gz",
        nodes=3072441,
        edges=117185083,
        directed=False,
    ),
    _snap(
        "com-livejournal",
        "Friends on LiveJournal, undirected",
        "com-LiveJournal",
        "com-lj.ungraph.txt.gz",
        nodes=3997962,
        edges=34681189,
        directed=False,
    ),
    _snap(
        "livejournal",
        "Friends on LiveJournal",
        "soc-LiveJournal1",
        "soc-LiveJournal1.txt.gz",
        nodes=4847571,
        edges=68993773,
        directed=True,
    ),
    _snap(
        "twitter",
        "Followers on Twitter, 2010",
        "twitter-2010",
        "twitter-2010.txt.gz",
        nodes=41652230,
        edges=1468364884,
        directed=True,
    ),
    _snap(
        "friendster",
        "Friends on Friendster",
        "com-Friendster",
        "com-friendster.ungraph.txt.gz",
        nodes=65608366,
        edges=1806067135,
        directed=False,
    ),
)

_BUILTIN = (
    Dataset("karate", "Zachary's karate club", _NETWORKX, "part of NetworkX", False, 34, 78),
    Dataset("lesmis", "Characters of Les Misérables", _NETWORKX, "part of NetworkX", False, 77, 254),
    Dataset("florentine", "Marriages of Florentine families", _NETWORKX, "part of NetworkX", False, 15, 20),
    Dataset("davis", "Davis's Southern women and their events", _NETWORKX, "part of NetworkX", False, 32, 89),
    Dataset(
        "chung-lu-1k",
        "A generated power-law graph, always the same",
        "https://doi.org/10.1073/pnas.252631999",
        "MIT",
        False,
        1000,
        5000,
        note="chung_lu(1000, 10, 2.5, rng=0)",
    ),
)

DATASETS: tuple[Dataset, ...] = _BUILTIN + _PREPARED + _SNAP
