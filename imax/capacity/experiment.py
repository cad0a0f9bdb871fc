"""Cluster-randomized experiments: which participants see which kind of lists, community by community."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from .. import __version__
from .._utils import check
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..errors import InvalidArgumentError
from ..io.accept import as_graph
from ..io.node_reader import NodeReader
from ..results import Record

__all__ = ["Experiment", "randomize"]


@dataclass(frozen=True)
class Experiment(Record):
    """Arms of a cluster-randomized experiment; see `randomize`.

    Attributes
    ----------
    arms : dict of int
        Arm of each participant, from 0.
    communities : dict of int
        Number of the community of each participant.
    sizes : list of int
        Number of participants in each arm.
    crossing : float
        Share of the arcs between participants that lead from one arm to another: influence through these arcs makes the
        arms more alike.
    rng_key, version
        As in `Assignment`.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import randomize
    >>> karate = imax.datasets.load("karate")
    >>> found = randomize(karate, karate.nodes(), rng=1)
    >>> sum(found.sizes), len(found.arms)
    (34, 34)
    """

    arms: dict[Any, int]
    communities: dict[Any, int]
    sizes: list[int]
    crossing: float
    rng_key: tuple[int, int]
    version: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, with the arms as a list, so that JSON can hold any label."""
        found = super().to_dict()
        del found["arms"], found["communities"]
        rows = [
            {"participant": u, "arm": arm, "community": self.communities[u]} for u, arm in self.arms.items()
        ]  # fmt: skip
        return {"participants": rows, **found}

    def detectable_effect(
        self, baseline: float, correlation: float, *, level: float = 0.05, power: float = 0.8
    ) -> float:
        """Return the smallest difference of rates between the two smallest arms that the experiment detects.

        Parameters
        ----------
        baseline : float
            Rate without the treatment, between 0 and 1, such as the share of participants who bring a friend.
        correlation : float
            Intracluster correlation: the share of the variance that lies between communities, in [0, 1]. Estimate it
            from earlier data.
        level, power : float, default 0.05 and 0.8
            Two-sided level of the test, and the probability to detect the effect.

        Returns
        -------
        float
            By the normal approximation, with the design effect of clusters of different sizes: 1 + (the mean of size²
            divided by the mean size - 1) * `correlation`.

        References
        ----------
        Donner, Klar: Design and Analysis of Cluster Randomization Trials in Health Research. 2000.
        """
        rate = check.open_unit(baseline, "baseline")
        rho = check.probability(correlation, "correlation")
        z = NormalDist().inv_cdf(1.0 - check.open_unit(level, "level") / 2.0)
        z += NormalDist().inv_cdf(check.open_unit(power, "power"))
        size = np.unique(list(self.communities.values()), return_counts=True)[1].astype(float)
        design = 1.0 + (float((size**2).sum() / size.sum()) - 1.0) * rho
        two = sorted(self.sizes)[:2]
        return z * float(np.sqrt(rate * (1.0 - rate) * design * sum(1.0 / n for n in two)))


def randomize(
    graph: Any, participants: Iterable[Any], n_arms: int = 2, *, resolution: float = 1.0, rng: RNG = None
) -> Experiment:
    """Assign participants to the arms of an experiment, whole communities at a time.

    A participant influences neighbors, so two neighbors in different arms blur the effect. The communities are those of
    Louvain's algorithm on the arcs between the participants, without direction (NetworkX). Communities of similar size
    are assigned to different arms at random.

    Parameters
    ----------
    graph : graph
        Anything that `imax.as_graph` accepts.
    participants : iterable of labels
    n_arms : int, default 2
    resolution : float, default 1
        Larger values give smaller communities: more of them, which detect smaller effects, but more arcs between arms.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same arms.

    Returns
    -------
    Experiment

    Raises
    ------
    InvalidArgumentError
        If an argument is invalid, or if there are fewer communities than arms.
    UnknownNodeError

    References
    ----------
    Ugander, Karrer, Backstrom, Kleinberg: Graph Cluster Randomization. KDD 2013.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import randomize
    >>> karate = imax.datasets.load("karate")
    >>> found = randomize(karate, karate.nodes(), rng=1)
    >>> sum(found.sizes)
    34
    """
    import networkx as nx

    key = key_from(rng)
    arms_wanted = check.count(n_arms, "n_arms", low=2)
    resolution = check.positive(resolution, "resolution")
    network = as_graph(graph, rng=key)
    ids = NodeReader(network, source=graph).nodes(participants, "participants")
    chosen = np.unique(network.index[ids])
    if chosen.size < arms_wanted:
        raise InvalidArgumentError(
            f"participants must be at least n_arms = {arms_wanted} nodes, got {chosen.size}", argument="participants"
        )
    source, target, _ = network.arc_arrays()
    inside = np.isin(source, chosen) & np.isin(target, chosen)
    source, target = source[inside], target[inside]
    undirected = nx.Graph()
    undirected.add_nodes_from(chosen.tolist())
    undirected.add_edges_from(zip(source.tolist(), target.tolist(), strict=True))
    generator = np.random.default_rng(list(stream_key(key, Stream.ARMS)))
    found = nx.community.louvain_communities(undirected, resolution=resolution, seed=int(generator.integers(2**31)))
    if len(found) < arms_wanted:
        raise InvalidArgumentError(
            f"n_arms must be at most the number of communities, which is {len(found)}, got {arms_wanted}; raise "
            f"resolution = {resolution:g} for more communities",
            argument="n_arms",
        )
    found.sort(key=lambda members: (-len(members), min(members)))
    arm = np.zeros(network.n_nodes, dtype=np.int64)
    community = np.zeros(network.n_nodes, dtype=np.int64)
    order = np.arange(0)
    for number, members in enumerate(found):
        if number % arms_wanted == 0:
            order = generator.permutation(arms_wanted)
        arm[list(members)], community[list(members)] = order[number % arms_wanted], number
    labels = network.labels.take(chosen)
    return Experiment(
        arms=dict(zip(labels, arm[chosen].tolist(), strict=True)),
        communities=dict(zip(labels, community[chosen].tolist(), strict=True)),
        sizes=np.bincount(arm[chosen], minlength=arms_wanted).tolist(),
        crossing=float((arm[source] != arm[target]).mean()) if source.size else 0.0,
        rng_key=key,
        version=__version__,
    )
