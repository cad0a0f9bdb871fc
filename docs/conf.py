"""Sphinx configuration."""

import sys
from pathlib import Path

import imax

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
sys.modules["imax.probabilities"] = imax.probabilities  # its public name; the module is imax.graph.probabilities

project = "imax"
author = "The imax developers"
copyright = author  # noqa: A001 - Sphinx's name
release = version = imax.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_click",
    "sphinx_gallery.gen_gallery",
    "myst_parser",
    "imax_math",
    "imax_tables",
]
exclude_patterns = ["_build", "_ext", "gallery", "auto_gallery/**/*.ipynb", "**/sg_execution_times.rst"]
templates_path = ["_templates"]
nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", r"imax\._.*"),  # private modules
    ("py:obj", r"imax\.(kernels|diffusion|ris|selection|graph)\..*"),  # internal modules
    ("py:obj", r"[A-Za-z]+"),  # names of the same module
]
suppress_warnings = ["myst.header"]  # the title of the changelog is the title of its page
default_role = "autolink"
highlight_language = "python"
smartquotes = False  # it would change the dashes of options
math_numfig = False

autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints = "none"  # numpydoc sections describe the types
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": "plot_",
    "within_subsection_order": "imax_gallery.Order",
    "capture_repr": (),
    "abort_on_example_error": True,
    "image_srcset": ["2x"],
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "remove_config_comments": True,
}

html_theme = "furo"
html_title = f"imax {version}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["imax.css"]
html_copy_source = False
html_show_sphinx = False
