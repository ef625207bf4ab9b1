"""The category taxonomies of arXiv, bioRxiv and medRxiv: codes, names, aliases and archives."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# archive: (the group of its OAI-PMH set, its name, its categories); https://oaipmh.arxiv.org/oai?verb=ListSets
_TREE: Final[dict[str, tuple[str, str, str]]] = {
    "astro-ph": (
        "physics",
        "Astrophysics",
        """
        CO Cosmology and Nongalactic Astrophysics
        EP Earth and Planetary Astrophysics
        GA Astrophysics of Galaxies
        HE High Energy Astrophysical Phenomena
        IM Instrumentation and Methods for Astrophysics
        SR Solar and Stellar Astrophysics
        """,
    ),
    "cond-mat": (
        "physics",
        "Condensed Matter",
        """
        dis-nn Disordered Systems and Neural Networks
        mes-hall Mesoscale and Nanoscale Physics
        mtrl-sci Materials Science
        other Other Condensed Matter
        quant-gas Quantum Gases
        soft Soft Condensed Matter
        stat-mech Statistical Mechanics
        str-el Strongly Correlated Electrons
        supr-con Superconductivity
        """,
    ),
    "cs": (
        "cs",
        "Computer Science",
        """
        AI Artificial Intelligence
        AR Hardware Architecture
        CC Computational Complexity
        CE Computational Engineering, Finance, and Science
        CG Computational Geometry
        CL Computation and Language
        CR Cryptography and Security
        CV Computer Vision and Pattern Recognition
        CY Computers and Society
        DB Databases
        DC Distributed, Parallel, and Cluster Computing
        DL Digital Libraries
        DM Discrete Mathematics
        DS Data Structures and Algorithms
        ET Emerging Technologies
        FL Formal Languages and Automata Theory
        GL General Literature
        GR Graphics
        GT Computer Science and Game Theory
        HC Human-Computer Interaction
        IR Information Retrieval
        IT Information Theory
        LG Machine Learning
        LO Logic in Computer Science
        MA Multiagent Systems
        MM Multimedia
        MS Mathematical Software
        NA Numerical Analysis
        NE Neural and Evolutionary Computing
        NI Networking and Internet Architecture
        OH Other Computer Science
        OS Operating Systems
        PF Performance
        PL Programming Languages
        RO Robotics
        SC Symbolic Computation
        SD Sound
        SE Software Engineering
        SI Social and Information Networks
        SY Systems and Control
        """,
    ),
    "econ": (
        "econ",
        "Economics",
        """
        EM Econometrics
        GN General Economics
        TH Theoretical Economics
        """,
    ),
    "eess": (
        "eess",
        "Electrical Engineering and Systems Science",
        """
        AS Audio and Speech Processing
        IV Image and Video Processing
        SP Signal Processing
        SY Systems and Control
        """,
    ),
    "gr-qc": ("physics", "General Relativity and Quantum Cosmology", ""),
    "hep-ex": ("physics", "High Energy Physics - Experiment", ""),
    "hep-lat": ("physics", "High Energy Physics - Lattice", ""),
    "hep-ph": ("physics", "High Energy Physics - Phenomenology", ""),
    "hep-th": ("physics", "High Energy Physics - Theory", ""),
    "math": (
        "math",
        "Mathematics",
        """
        AC Commutative Algebra
        AG Algebraic Geometry
        AP Analysis of PDEs
        AT Algebraic Topology
        CA Classical Analysis and ODEs
        CO Combinatorics
        CT Category Theory
        CV Complex Variables
        DG Differential Geometry
        DS Dynamical Systems
        FA Functional Analysis
        GM General Mathematics
        GN General Topology
        GR Group Theory
        GT Geometric Topology
        HO History and Overview
        IT Information Theory
        KT K-Theory and Homology
        LO Logic
        MG Metric Geometry
        MP Mathematical Physics
        NA Numerical Analysis
        NT Number Theory
        OA Operator Algebras
        OC Optimization and Control
        PR Probability
        QA Quantum Algebra
        RA Rings and Algebras
        RT Representation Theory
        SG Symplectic Geometry
        SP Spectral Theory
        ST Statistics Theory
        """,
    ),
    "math-ph": ("physics", "Mathematical Physics", ""),
    "nlin": (
        "physics",
        "Nonlinear Sciences",
        """
        AO Adaptation and Self-Organizing Systems
        CD Chaotic Dynamics
        CG Cellular Automata and Lattice Gases
        PS Pattern Formation and Solitons
        SI Exactly Solvable and Integrable Systems
        """,
    ),
    "nucl-ex": ("physics", "Nuclear Experiment", ""),
    "nucl-th": ("physics", "Nuclear Theory", ""),
    "physics": (
        "physics",
        "Physics",
        """
        acc-ph Accelerator Physics
        ao-ph Atmospheric and Oceanic Physics
        app-ph Applied Physics
        atm-clus Atomic and Molecular Clusters
        atom-ph Atomic Physics
        bio-ph Biological Physics
        chem-ph Chemical Physics
        class-ph Classical Physics
        comp-ph Computational Physics
        data-an Data Analysis, Statistics and Probability
        ed-ph Physics Education
        flu-dyn Fluid Dynamics
        gen-ph General Physics
        geo-ph Geophysics
        hist-ph History and Philosophy of Physics
        ins-det Instrumentation and Detectors
        med-ph Medical Physics
        optics Optics
        plasm-ph Plasma Physics
        pop-ph Popular Physics
        soc-ph Physics and Society
        space-ph Space Physics
        """,
    ),
    "q-bio": (
        "q-bio",
        "Quantitative Biology",
        """
        BM Biomolecules
        CB Cell Behavior
        GN Genomics
        MN Molecular Networks
        NC Neurons and Cognition
        OT Other Quantitative Biology
        PE Populations and Evolution
        QM Quantitative Methods
        SC Subcellular Processes
        TO Tissues and Organs
        """,
    ),
    "q-fin": (
        "q-fin",
        "Quantitative Finance",
        """
        CP Computational Finance
        EC Economics
        GN General Finance
        MF Mathematical Finance
        PM Portfolio Management
        PR Pricing of Securities
        RM Risk Management
        ST Statistical Finance
        TR Trading and Market Microstructure
        """,
    ),
    "quant-ph": ("physics", "Quantum Physics", ""),
    "stat": (
        "stat",
        "Statistics",
        """
        AP Applications
        CO Computation
        ME Methodology
        ML Machine Learning
        OT Other Statistics
        TH Statistics Theory
        """,
    ),
}


def _categories() -> dict[str, str]:
    known: dict[str, str] = {}
    for archive, (_, name, subjects) in _TREE.items():
        lines = [line.split(maxsplit=1) for line in subjects.strip().splitlines()]
        known |= {f"{archive}.{code}": subject for code, subject in lines} or {archive: name}
    return known


ARXIV: Final[Mapping[str, str]] = MappingProxyType(_categories())
"""Every category that a paper can be given today, by its code: ``cs.LG`` -> Machine Learning."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cs.NA": "math.NA",
        "math.MP": "math-ph",
        "math.IT": "cs.IT",
        "stat.TH": "math.ST",
        "cs.SY": "eess.SY",
        "q-fin.EC": "econ.GN",
    }
)
"""Two codes of one category; the second is the one that we keep."""

GROUPS: Final[Mapping[str, str]] = MappingProxyType({archive: group for archive, (group, _, _) in _TREE.items()})
"""The archives of today, each with the group that its OAI-PMH sets lie in: ``hep-th`` -> ``physics``."""

ARCHIVES: Final[frozenset[str]] = frozenset(_TREE) | {
    *("acc-phys", "adap-org", "alg-geom", "ao-sci", "atom-ph", "bayes-an", "chao-dyn", "chem-ph", "cmp-lg", "comp-gas"),
    *("dg-ga", "funct-an", "mtrl-th", "patt-sol", "plasm-ph", "q-alg", "solv-int", "supr-con"),
}
"""Every archive that ids and old papers name, those closed long ago (alg-geom, cmp-lg) among them."""


BIORXIV: Final = frozenset(
    " ".join(name.split())
    for name in """
    animal behavior and cognition; biochemistry; bioengineering; bioinformatics; biophysics; cancer biology; cell
    biology; clinical trials; developmental biology; ecology; epidemiology; evolutionary biology; genetics;
    genomics; immunology; microbiology; molecular biology; neuroscience; paleontology; pathology; pharmacology and
    toxicology; physiology; plant biology; scientific communication and education; synthetic biology; systems
    biology; zoology
    """.split(";")
)
"""The subjects of bioRxiv, in lower case; https://www.biorxiv.org/collection"""

MEDRXIV: Final = frozenset(
    " ".join(name.split())
    for name in """
    addiction medicine; allergy and immunology; anesthesia; cardiovascular medicine; dentistry and oral medicine;
    dermatology; emergency medicine; endocrinology; epidemiology; forensic medicine; gastroenterology; genetic and
    genomic medicine; geriatric medicine; health economics; health informatics; health policy; health systems and
    quality improvement; hematology; hiv aids; infectious diseases; intensive care and critical care medicine;
    medical education; medical ethics; nephrology; neurology; nursing; nutrition; obstetrics and gynecology;
    occupational and environmental health; oncology; ophthalmology; orthopedics; otolaryngology; pain medicine;
    palliative medicine; pathology; pediatrics; pharmacology and therapeutics; primary care research; psychiatry and
    clinical psychology; public and global health; radiology and imaging; rehabilitation medicine and physical
    therapy; respiratory medicine; rheumatology; sexual and reproductive health; sports medicine; surgery;
    toxicology; transplantation; urology
    """.split(";")
)
"""The subjects of medRxiv, in lower case; https://www.medrxiv.org/collection"""


def canonical(code: str) -> str:
    """The one code of a category that has two."""
    return ALIASES.get(code, code)


def _names() -> dict[str, str]:
    """Names as Dublin Core has them: ``Mathematics - Logic`` at the old server, ``Logic`` at the new one."""
    bare = [(name, code) for code, name in ARXIV.items()]
    known = {name: code for name, code in bare if sum(name == other for other, _ in bare) == 1}
    for archive, (_, title, _) in _TREE.items():
        known.setdefault(title, archive)
    return known | {f"{_TREE[code.partition('.')[0]][1]} - {name}": code for name, code in bare if "." in code}


NAMES: Final[Mapping[str, str]] = MappingProxyType(_names())
"""Codes by name; a name that two categories share (Machine Learning) stands only behind its archive's."""


def nearest(word: str, n: int = 3) -> tuple[str, ...]:
    """The codes (and archives) that somebody who typed `word` may have meant, the likeliest first."""
    wanted = word.strip().casefold()
    codes = {code.casefold(): code for code in (*ARXIV, *sorted(GROUPS))}
    by_name = [code for code, name in ARXIV.items() if name.casefold() == wanted]
    by_ending = [code for code in ARXIV if "." in code and code.rpartition(".")[2].casefold() == wanted]
    alike = [codes[key] for key in difflib.get_close_matches(wanted, codes, n=n, cutoff=0.5)]
    named = [code for code, name in ARXIV.items() if len(wanted) > 3 and wanted in name.casefold()]
    return tuple(dict.fromkeys((*by_name, *by_ending, *alike, *named)))[:n]
