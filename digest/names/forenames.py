"""Forename variants and nicknames of one person, and common forenames that are unlikely as surnames."""

from __future__ import annotations

import re

# One entry has the variants of one name: a person with one of them may also use the others.
_ENTRIES = """
abraham abe|albert al bert|alexander alex alec sasha|alexandros alex|alexandra alex sandra sasha|alfred al fred
andrew andy drew|anthony antony tony|antonio tony|arthur art|barbara barb|benjamin ben benny|bernard bernie
bradley brad|calvin cal|catherine katherine kathryn kathleen cathy kathy kate katie|charles charlie chuck
christina chris tina|christine chris|christopher chris|christophe chris|christian chris|clifford cliff
clinton clint|curtis curt|cynthia cindy|daniel dan danny|david dave|deborah debra deb debbie|dennis denny
diana diane|dimitri dmitry dmitri dima|donald don|dorothy dot|douglas doug|edward ed eddie ted|edwin ed
eduard ed|elizabeth elisabeth liz beth betty eliza lisa|emmanuel manny|eugene gene|florence flo|francis frank
franklin frank|frederick fredrick frederic fred|gabriel gabe|gerald gerry jerry|gilbert gil|gregory greg
harold hal harry|henry hank harry|herbert herb|irving irv|isaac ike|jacob jake|jacqueline jackie
james jim jimmy jamie|janet jan|jeffrey geoffrey jeff geoff|jennifer jen jenny|jeremy jerry|jessica jess
john jack johnny jon|jonathan jon|joseph joe joey|joshua josh|judith judy|julius jules|kenneth ken kenny
kimberly kim|lawrence laurence larry|leonard len lenny leo|leslie les|louis lou lewis|margaret maggie meg peggy
martin marty|matthew matt|maximilian max|melvin mel|michael mike mick|mikhail misha|mitchell mitchel mitch
mohammed mohamed muhammad mohammad|nancy nan|natalie natalia nat|nathan nat nate|nathaniel nat nate
nicholas nicolas nick nico|nikolai kolya|norman norm|pamela pam|patricia pat trish|patrick pat|peter pete
philip phillip phil|randall randy|raymond ray|rebecca becky|richard rich rick dick|robert rob bob bobby
roderick rod|rodney rod|ronald ron|rosemary rose|russell russ|samantha sam|samuel sam sammy|sandra sandy
sergey sergei serge|sidney sid|solomon sol|stanley stan|stephanie steph|steven stephen steve|stuart stewart stu
susan sue susie|suzanne sue|sylvester sly|tamara tammy|teresa theresa terry|terence terrence terry
theodore ted theo|thomas tom tommy|timothy tim|valerie val|victor vic|victoria vicky|vincent vince
vladimir volodya|walter walt|wesley wes|wilfred fred|william will bill billy|yevgeny evgeny eugene|yury yuri
"""
_OTHERS = "adam anna eric george hans jean jose julia juan karl laura mark maria marie mary paul ryan sarah"


def _same_person() -> dict[str, frozenset[str]]:
    table: dict[str, frozenset[str]] = {}
    for entry in re.split(r"[|\n]", _ENTRIES.strip()):
        names = frozenset(entry.split())
        table |= {name: names | table.get(name, frozenset()) for name in names}
    return table


FORENAME_VARIANTS = _same_person()
"""Per folded forename all variants that the same person may use."""

FORENAMES = frozenset(FORENAME_VARIANTS) | frozenset(_OTHERS.split())
"""Common forenames, folded."""
