"""Answers in the shape of arXiv's servers; ids are real, names and sentences are ours."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday, ten in the morning in New York


def oai(inside: str, *, request: str = 'verb="ListRecords"', answered: str = "2026-11-20T03:05:00Z") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">
  <responseDate>{answered}</responseDate>
  <request {request}>http://oaipmh.arxiv.org/oai</request>
  {inside}
</OAI-PMH>""".encode()


def listed(*records: str, token: str | None = None) -> str:
    tail = "" if token is None else f"<resumptionToken expirationDate='2026-11-21T00:00:00Z'>{token}</resumptionToken>"
    return f"<ListRecords>{''.join(records)}{tail}</ListRecords>"


def record(identifier: str, metadata: str, *, stamp: str = "2026-11-19", sets: str = "cs:cs:LG stat:stat:ML") -> str:
    specs = "".join(f"<setSpec>{spec}</setSpec>" for spec in sets.split())
    return f"""<record><header><identifier>oai:arXiv.org:{identifier}</identifier>
      <datestamp>{stamp}</datestamp>{specs}</header>
      <metadata>{metadata}</metadata></record>"""


RAW = r"""<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2507.05197</id><submitter>Somebody</submitter>
  <version version="v1"><date>Mon, 07 Jul 2025 16:59:21 GMT</date><source_type>D</source_type></version>
  <version version="v3"><date>Wed, 18 Nov 2026 18:36:20 GMT</date><source_type>D</source_type></version>
  <title>Sparse K\"ahler Models &amp; $\alpha$-Routing:
  A Study of 100\% Coined Words</title>
  <authors>Ren\'e Do{\l}ski (1), Mia S{\o}nder (1 and 2), G. David Fenn, Jr. and Ada Quill (2) ((1) Alder Institute,
  (2) Birch College)</authors>
  <categories>cs.LG stat.ML math.DG</categories><comments>17 pages; accepted at a venue</comments>
  <acm-class>None</acm-class><journal-ref>J. Coined Words 12 (2026) 3--19</journal-ref>
  <doi>10.1234/JCW.2026.17</doi><license>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</license>
  <abstract>  We route words sparsely, at $O(n^{2})$ cost, for
50% of all books.
  The rest is left to readers.
</abstract></arXivRaw>"""

WITHDRAWN = r"""<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>hep-th/9901001</id>
  <version version="v1"><date>Fri, 01 Jan 1999 10:00:00 GMT</date><source_type>D</source_type></version>
  <version version="v2"><date>Thu, 19 Nov 2026 10:00:00 GMT</date><source_type>I</source_type></version>
  <title>A Claim</title><authors>O. Ne</authors><categories>hep-th</categories>
  <abstract>We claim.</abstract></arXivRaw>"""


def simple(identifier: str, title: str = "A Title") -> str:
    return f"""<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{identifier}</id>
  <version version="v1"><date>Wed, 18 Nov 2026 18:36:20 GMT</date></version>
  <title>{title}</title><authors>Ada Quill</authors><categories>cs.LG</categories>
  <abstract>Words.</abstract></arXivRaw>"""


RSS_ITEM = r"""<item><title>Sparse K\"ahler Models</title><link>https://arxiv.org/abs/2611.00017</link>
  <description>arXiv:2611.00017v2 Announce Type: replace-cross
Abstract: We route words sparsely. Abstract: is a word of ours too.</description>
  <guid isPermaLink="false">oai:arXiv.org:2611.00017v2</guid><category>math.DG</category><category>cs.LG</category>
  <pubDate>{day}</pubDate><arxiv:announce_type>replace-cross</arxiv:announce_type>
  <arxiv:DOI>10.1234/jcw.2</arxiv:DOI><arxiv:journal_reference>J. Coined Words 2</arxiv:journal_reference>
  <dc:creator>J\"org Deigm\"oller (Alder Institute, Bern), Jan Jakub\r{{u}}v</dc:creator></item>"""

TODAY = "Fri, 20 Nov 2026 00:00:00 -0500"
YESTERDAY = "Thu, 19 Nov 2026 00:00:00 -0500"


def rss(*items: str, built: str = TODAY, title: str = "cs.LG updates on arXiv.org", told: str = "updates") -> bytes:
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
  <title>{title}</title><link>http://rss.arxiv.org/rss/cs.LG</link><description>{told}</description>
  <lastBuildDate>Fri, 20 Nov 2026 05:00:16 +0000</lastBuildDate><pubDate>{built}</pubDate>
  {"".join(items)}</channel></rss>""".encode()


def item(day: str = TODAY) -> str:
    return RSS_ITEM.format(day=day)


DAILY_ATOM = b"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
      xmlns="http://www.w3.org/2005/Atom"><id>http://rss.arxiv.org/atom/cs.LG</id>
  <title>cs.LG updates on arXiv.org</title>
  <updated>2026-11-20T05:00:16.416403+00:00</updated>
  <entry><id>oai:arXiv.org:2611.00018v1</id><title>Of Words</title><updated>2026-11-20T05:00:16.419118+00:00</updated>
    <link href="https://arxiv.org/abs/2611.00018"/><summary>arXiv:2611.00018v1 Announce Type: new
Abstract: We word.</summary><category term="cs.CL"/><published>2026-11-20T00:00:00-05:00</published>
    <arxiv:announce_type>new</arxiv:announce_type><dc:creator>Ada Quill</dc:creator></entry></feed>"""

QUERY = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"
      xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/UYDGGrMRB</id><title>arXiv Query</title>
  <updated>2026-11-20T12:00:00Z</updated><opensearch:totalResults>1</opensearch:totalResults>
  <entry><id>http://arxiv.org/abs/2507.05197v3</id><title>Sparse Kähler
  Models</title><updated>2026-11-18T18:36:20Z</updated><link href="https://arxiv.org/abs/2507.05197v3" rel="alternate"/>
    <summary>  We route words with V_max&lt;17.5 sparsely.</summary><category term="stat.ML"/><category term="cs.LG"/>
    <published>2025-07-07T16:59:21Z</published><arxiv:comment>17 pages</arxiv:comment>
    <arxiv:primary_category term="cs.LG"/><arxiv:journal_ref>J. Coined Words 12</arxiv:journal_ref>
    <arxiv:doi>10.1234/jcw.2026.17</arxiv:doi>
    <author><name>René Dolski</name><arxiv:affiliation>Alder Institute</arxiv:affiliation></author>
    <author><name>The COIN Collaboration</name></author></entry></feed>""".encode()

QUERY_ERROR = b"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/</id><title>arXiv Search Results</title>
  <entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_abc</id><title>Error</title>
    <summary>incorrect id format for abc</summary><author><name>arXiv api core</name></author></entry></feed>"""
