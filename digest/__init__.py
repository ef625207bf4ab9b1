"""Morning Papers: a self-hosted paper-alert service. The pipeline, a package a stage::

    sources/ -> ingest/ -> store/ -> issues/ -> letters.py -> store/ -> delivery/ -> a relay
                              ^         |rules/                            |
                              |         +authors/   render/, links/        v
                              +------------------- bounces/ <--------- the mailbox

    cli, website    commands; public pages, the reader's account, the admin's pages
    app             App wires the parts; scheduler, work queue, doctor, metrics
    delivery        outbox to relay: send policy, rate limits, journal, recovery, channels
    readers, letters    the directory of readers, sign-up; an issue becomes a signed message
    bounces, ingest, render    bounces and complaints; pull and enrich; HTML, text and pages
    config, issues, links    the YAML files; what is due, matched and chosen; signed URLs
    subscriptions, authors    who reads what and when; which papers are by a person
    rules, store, sources    the rule language and its matcher; the database; one service, one file
    papers, mail, http    values about papers; message bytes and DKIM; the HTTP client
    names, text, errors, process, resources    personal names, Unicode, exceptions, and the rest

digest/README.md is the map: what to change where.
"""

__version__ = "0.1.0"
"""The one version number: the package metadata, `digest --version` and the User-Agent have it from here."""
