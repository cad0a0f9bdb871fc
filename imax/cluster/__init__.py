"""Work on a Dask cluster: the graph on the workers, objects that stay there, and what happens if a worker is lost."""
