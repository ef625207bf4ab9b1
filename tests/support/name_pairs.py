"""Pairs of names with the expected match, for the tests of names and of au: rules."""

from __future__ import annotations

from digest.names import NameMatch

FULL, SWAPPED, COMPOUND, INITIAL = NameMatch.FULL, NameMatch.SWAPPED, NameMatch.COMPOUND, NameMatch.INITIAL
NONE, CONFLICT = NameMatch.NONE, NameMatch.CONFLICT

NAME_PAIRS = [
    # The same, folded
    ("Yunhua Zhou", "Yunhua Zhou", FULL),
    ("yunhua zhou", "YUNHUA ZHOU", FULL),
    ("Ramzi Abbès", "Ramzi ABBES", FULL),
    ("Łukasz Kaiser", "Lukasz Kaiser", FULL),
    ("Ｙｕｎｈｕａ Zhou", "Yunhua Zhou", FULL),
    ("Conor O'Brien", "Conor O’Brien", FULL),
    ("Samir AbdelRahman", "Samir Abdel Rahman", FULL),
    # Two keys: without diacritics, and transliterated, in surnames and forenames
    ("Jürgen Müller", "Juergen Mueller", FULL),
    ("Jürgen Müller", "Jurgen Muller", FULL),
    ("Øystein Nilsen", "Oystein Nilsen", FULL),
    ("Øystein Nilsen", "Oeystein Nilsen", FULL),
    ("Anders Søgaard", "Anders Soegaard", FULL),
    ("Þór Þórsson", "Thor Thorsson", FULL),
    # Order and signs
    ("Yunhua Zhou", "Zhou, Yunhua", FULL),
    ("Yunhua Zhou", "Yunhua_Zhou", FULL),
    ("Yunhua Zhou", "ZHOU Yunhua", FULL),
    ("Adrian Del Maestro", "Del Maestro, Adrian", FULL),
    ("Jan van der Waals", "Waals, Jan van der", FULL),
    # Particles may be left out, or grown on
    ("Adrian Del Maestro", "Adrian Maestro", FULL),
    ("Adrian Del Maestro", "Adrian Delmaestro", FULL),
    ("Muhammad al-Khwarizmi", "Muhammad Al Khwarizmi", FULL),
    ("Ludwig van Beethoven", "L. Beethoven", INITIAL),
    ("Luc Van Gool", "L. Van Gool", INITIAL),
    # Notes in brackets are none of the name
    ("Yunhua Zhou", "Yunhua Zhou (MIT)", FULL),
    ("ATLAS Collaboration", "(ATLAS Collaboration)", FULL),
    # Suffixes are dropped
    ("Sammy Davis", "Sammy Davis Jr.", FULL),
    ("Sammy Davis", "Davis, Sammy, Jr.", FULL),
    ("Sammy Davis", "Davis Jr., Sammy", FULL),
    ("Guy Steele", "Guy L. Steele III", FULL),
    # Hyphens and spaces in forenames
    ("Jing-Hao Li", "Jinghao Li", FULL),
    ("Jing-Hao Li", "Jing Hao Li", FULL),
    ("Jing-Hao Li", "J.-H. Li", INITIAL),
    ("Jing-Hao Li", "J. H. Li", INITIAL),
    ("Jing-Hao Li", "JH Li", INITIAL),
    ("Jinghao Li", "J.-H. Li", INITIAL),
    ("Jinghao Li", "JH Li", INITIAL),
    ("Jing-Hao Li", "J. Li", INITIAL),
    ("Jing-Hao Li", "Jing H. Li", FULL),
    ("Alvin Cheng-Hsien Chen", "Cheng-Hsien Chen", FULL),
    ("Jing-Hao Li", "J.-K. Li", CONFLICT),
    ("Jing-Hao Li", "J. K. Li", CONFLICT),
    ("Jinghao Li", "J.-K. Li", CONFLICT),
    ("Charles Lee", "C.-H. Lee", CONFLICT),
    ("Jing-Hao Li", "Jing-Hua Li", CONFLICT),
    # Runs of capitals are initials, unless the other side has the word
    ("Yunhua Zhou", "Zhou Y", INITIAL),
    ("Yunhua Zhou", "zhou_y", INITIAL),
    ("Yun-Hua Zhou", "Zhou YH", INITIAL),
    ("Maria Garcia Lopez", "Garcia Lopez M", INITIAL),
    ("Fei-Fei Li", "Fei-Fei LI", FULL),
    ("Jun Wu", "Jun WU", FULL),
    ("Jin Li", "JIN LI", FULL),
    ("Jian Wang", "WANG, JIN", CONFLICT),
    ("John Ronald Reuel Tolkien", "JRR Tolkien", INITIAL),
    ("John Ronald Reuel Tolkien", "J.R.R. Tolkien", INITIAL),
    # Middle names may miss and may not disagree
    ("Steven Abney", "Steven P. Abney", FULL),
    ("Robert Wing Pong Luk", "Robert W.P. Luk", FULL),
    ("Stanley F. Chen", "Stanley G. Chen", CONFLICT),
    ("Greville C. Corbett", "Greville Charles Corbett", FULL),
    ("Greville C. Corbett", "Greville Gordon Corbett", CONFLICT),
    ("Detmar Meurers", "W. Detmar Meurers", FULL),
    ("M. Teresa Martin", "Marco Martin", CONFLICT),
    ("M. Teresa Martin", "Maria T. Martin", INITIAL),
    ("J. Robert Oppenheimer", "K. Robert Oppenheimer", CONFLICT),
    # Nicknames
    ("Thomas E. Payne", "Tom Payne", FULL),
    ("Robert Tibshirani", "Bob Tibshirani", FULL),
    ("Bob Tibshirani", "B. Tibshirani", INITIAL),
    ("Alexander Smola", "Alexandra Smola", CONFLICT),
    # No edit distance, no prefixes
    ("Wei Zhang", "Weize Zhang", CONFLICT),
    ("Xin Liu", "Xing Liu", CONFLICT),
    ("Yunhua Zhou", "Yunhui Zhou", CONFLICT),
    ("Yunhua Zhou", "Yunhua Zhang", CONFLICT),
    ("Yunhua Zhou", "Zhouping Li", CONFLICT),
    # Boundary shift and double surnames
    ("Solomon Teferra Abate", "Teferra Abate, Solomon", FULL),
    ("Solomon Teferra Abate", "Abate, Solomon Teferra", FULL),
    ("Solomon Teferra Abate", "Solomon Teferra", COMPOUND),
    ("Maria Garcia Lopez", "Maria Garcia", COMPOUND),
    ("Maria Garcia-Lopez", "Maria Lopez", COMPOUND),
    ("Jose Ortega y Gasset", "Jose Ortega", COMPOUND),
    ("Garcia Lopez, Maria", "Maria Garcia", COMPOUND),
    ("Maria Garcia-Lopez", "M. Lopez", CONFLICT),
    ("Maria Garcia-Lopez", "Ana Lopez", CONFLICT),
    ("David Martin Smith", "David Martin", CONFLICT),
    ("John Robert Smith", "John Paul Smith", CONFLICT),
    # Surname first
    ("Yunhua Zhou", "Zhou Yunhua", SWAPPED),
    ("Jing-Hao Li", "Li Jing Hao", SWAPPED),
    ("Richard Tzong-Han Tsai", "Tzong-Han Richard Tsai", SWAPPED),
    ("István Nagy", "Nagy István T.", FULL),
    ("Yunhua Zhou", "Zhou Yunhui", CONFLICT),
    # No forename
    ("Yunhua Zhou", "Zhou", NONE),
    ("zhou", "Yunhua Zhou", NONE),
    ("zhou", "Zhou Yunhua", NONE),
    ("del_maestro", "Adrian Del Maestro", NONE),
    ("di Francesco", "Philippe Di Francesco", NONE),
    # Collaborations
    ("ATLAS Collaboration", "The ATLAS collaboration", FULL),
    ("LIGO Team", "for the LIGO team", FULL),
    ("atlas", "ATLAS Collaboration", NONE),
    ("ATLAS Collaboration", "CMS Collaboration", CONFLICT),
    ("Atlas Jones", "ATLAS Collaboration", CONFLICT),
    ("collaboration", "ATLAS Collaboration", CONFLICT),
    # Chinese, Japanese, Korean
    ("周云华", "周云华", FULL),
    ("周云华", "周 云华", FULL),
    ("周云华", "云华 周", FULL),
    ("周", "周云华", NONE),
    ("田中", "田中太郎", NONE),
    ("诸葛", "诸葛亮", NONE),
    ("周云", "周云华", CONFLICT),
    ("周云华", "周云", CONFLICT),
    ("김", "김철수", NONE),
    # Nothing to go by
    ("", "Yunhua Zhou", CONFLICT),
    ("", "", CONFLICT),
    ("J.", "J.", CONFLICT),
]
