"""English plurals and possessives; no stemming: `universe` does not match `university`, nor `general` `generative`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_IRREGULAR: Final[dict[str, tuple[str, ...]]] = {
    plural: tuple(singulars.split("/"))
    for plural, singulars in (
        pair.split(">")
        for pair in """
        matrices>matrix indices>index vertices>vertex vortices>vortex appendices>appendix codices>codex cortices>cortex
        simplices>simplex helices>helix lattices>lattice apices>apex directrices>directrix cervices>cervix
        analyses>analysis/analyse hypotheses>hypothesis syntheses>synthesis theses>thesis parentheses>parenthesis
        diagnoses>diagnosis/diagnose prognoses>prognosis crises>crisis axes>axis/axe bases>basis/base
        oases>oasis metastases>metastasis stenoses>stenosis neuroses>neurosis psychoses>psychosis mitoses>mitosis
        paralyses>paralysis catalyses>catalysis ellipses>ellipsis/ellipse synopses>synopsis testes>testis
        criteria>criterion phenomena>phenomenon automata>automaton polyhedra>polyhedron tetrahedra>tetrahedron
        ganglia>ganglion mitochondria>mitochondrion taxa>taxon spectra>spectrum corpora>corpus
        genera>genus quanta>quantum strata>stratum maxima>maximum minima>minimum optima>optimum extrema>extremum
        momenta>momentum equilibria>equilibrium continua>continuum symposia>symposium bacteria>bacterium
        memoranda>memorandum addenda>addendum errata>erratum ova>ovum media>medium sera>serum
        schemata>schema stigmata>stigma stomata>stoma lemmata>lemma formulae>formula larvae>larva nebulae>nebula
        supernovae>supernova novae>nova algae>alga vertebrae>vertebra antennae>antenna alumnae>alumna
        nuclei>nucleus stimuli>stimulus foci>focus loci>locus radii>radius fungi>fungus bacilli>bacillus cocci>coccus
        alumni>alumnus moduli>modulus tori>torus calculi>calculus syllabi>syllabus
        mice>mouse lice>louse geese>goose feet>foot teeth>tooth men>man women>woman children>child people>person
        oxen>ox dice>die leaves>leaf/leave lives>life/live halves>half/halve wolves>wolf knives>knife shelves>shelf
        calves>calf/calve wives>wife thieves>thief selves>self loaves>loaf hooves>hoof elves>elf
        heroes>hero potatoes>potato tomatoes>tomato echoes>echo mosquitoes>mosquito volcanoes>volcano tornadoes>tornado
        torpedoes>torpedo vetoes>veto cargoes>cargo quizzes>quiz waltzes>waltz
        movies>movie cookies>cookie calories>calorie zombies>zombie ties>tie pies>pie lies>lie genies>genie
        selfies>selfie prairies>prairie rookies>rookie hoodies>hoodie dies>die
        """.split()
    )
}
_LONG: Final = 6  # letters; irregular plurals of this length also match at the end of a word (submatrices)
_LONGEST: Final = max(map(len, _IRREGULAR))
_SINGULARS_IN_S: Final = frozenset(
    "bias news lens gas logistics series species subspecies physics mathematics statistics dynamics mechanics kinetics"
    " optics electronics genetics genomics proteomics robotics linguistics semantics economics econometrics ethics"
    " politics thermodynamics hydrodynamics kinematics acoustics photonics always perhaps whereas yes has was does its"
    " his hers ours yours theirs chaos cosmos atlas canvas alias texas kansas mars james bayes pancreas asbestos"
    " diabetes rabies scabies herpes caries kudos".split()
)
_SHOUTED_PLURAL: Final = re.compile(r"[A-Z]{2,}s$")


@lru_cache(maxsize=1 << 16)
def singulars(word: str) -> frozenset[str]:
    """The possible singulars of a word in plain letters with case; of a singular the word itself."""
    small = word.casefold()
    if small.endswith("'s"):
        return frozenset({small[:-2].replace("'", "")})
    if _SHOUTED_PLURAL.search(word):
        return frozenset({small[:-1]})
    if word.isupper() and len(word) > 1:
        return frozenset({small})
    return frozenset(_irregular(small) or _regular(small))


def _irregular(word: str) -> tuple[str, ...]:
    if found := _IRREGULAR.get(word):
        return found
    for start in range(max(1, len(word) - _LONGEST), len(word) - _LONG + 1):
        if found := _IRREGULAR.get(word[start:]):
            return tuple(word[:start] + singular for singular in found)
    return ()


def _regular(word: str) -> tuple[str, ...]:
    if not word.endswith("s") or len(word) < 3 or word.endswith(("ss", "us", "is")) or word in _SINGULARS_IN_S:
        return (word,)
    if word.endswith("ies") and len(word) > 3:
        return (word[:-3] + "y",)
    if word.endswith(("ses", "xes", "ches", "shes")):
        return (word[:-2], word[:-1])
    return (word[:-1],)
