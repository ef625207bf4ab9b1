"""Messages that came back, one of each format, and some that did not."""

from __future__ import annotations

from tests.support.bounces.forms import ADA, LETTER, Sample, feedback, person
from tests.support.bounces.providers import PROVIDERS
from tests.support.bounces.reports import REPORTS
from tests.support.bounces.servers import SERVERS

COMPLAINTS = (
    Sample(
        "abuse",
        "complaint",
        (ADA,),
        "complaint",
        feedback("Feedback-Type: abuse\nOriginal-Rcpt-To: <ada@reader.example>\n"),
    ),
    Sample("abuse, of the letter", "complaint", (ADA,), "complaint", feedback("Feedback-Type: abuse\n")),
    Sample(
        "opt-out",
        "complaint",
        (ADA,),
        "opt-out",
        feedback("Feedback-Type: opt-out\nRemoval-Recipient: ada@reader.example\n"),
    ),
    Sample(
        "not the reader's",
        "none",
        (ADA,),
        "authentication",
        feedback("Feedback-Type: auth-failure\nOriginal-Rcpt-To: ada@reader.example\n"),
    ),
    Sample(
        "older",
        "complaint",
        (ADA,),
        "complaint",
        "From: staff@provider.example\nTo: papers@journal.example\nSubject: complaint about message from "
        "192.0.2.1\nX-HmXmrOriginalRecipient: ada@reader.example\n"
        'Content-Type: multipart/mixed; boundary="edge"\n\n--edge\nContent-Type: message/rfc822\n\n'
        + LETTER
        + "\nThree papers.\n--edge--\n",
    ),
    Sample(
        "unsubscribe",
        "complaint",
        (ADA,),
        "opt-out",
        "From: ada@reader.example\nTo: unsubscribe+7f3a@journal.example\nSubject: unsubscribe\n\n",
    ),
)
ANSWERS = (
    Sample(
        "away",
        "autoreply",
        (ADA,),
        "autoreply",
        person("I am away until Monday.", subject="Re: 3 papers", more="Auto-Submitted: auto-replied\n"),
    ),
    Sample(
        "away, by subject",
        "autoreply",
        (ADA,),
        "autoreply",
        person("I am away. Write to bob@reader.example.", subject="Out of Office: 3 papers"),
    ),
    Sample(
        "away, in German", "autoreply", (ADA,), "autoreply", person("Ich bin nicht da.", subject="Abwesenheitsnotiz")
    ),
    Sample(
        "older field",
        "autoreply",
        (ADA,),
        "autoreply",
        person("Thank you.", subject="Hello", more="X-Autoreply: yes\n"),
    ),
    Sample(
        "precedence",
        "autoreply",
        (ADA,),
        "autoreply",
        person("Thank you.", subject="Hello", more="Precedence: auto_reply\n"),
    ),
    Sample(
        "a receipt",
        "autoreply",
        (ADA,),
        "autoreply",
        person(
            "--edge\nContent-Type: text/plain\n\nYour letter was displayed.\n\n"
            "--edge\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ada@reader.example\n"
            "Disposition: manual-action/MDN-sent-manually; displayed\n\n--edge--\n",
            subject="Read: 3 papers",
            more='Return-Path: <>\nContent-Type: multipart/report; boundary="edge"\n',
        ),
    ),
    Sample(
        "challenge",
        "autoreply",
        (ADA,),
        "autoreply",
        person("Follow this link.", subject="Please confirm your message"),
    ),
    Sample(
        "gone, by a person's machine",
        "autoreply",
        (ADA,),
        "autoreply",
        person(
            "This address is no longer in use. 550 unknown user. Write to bob@reader.example.",
            subject="Automatic reply: 3 papers",
            more="Return-Path: <>\nAuto-Submitted: auto-replied\n",
        ),
    ),
)
NOTHING = (
    Sample(
        "a forwarded letter",
        "none",
        (),
        None,
        person(f"I have a problem with this:\n\n{LETTER}\n550 papers are too many.", subject="Fwd: Delivery problem"),
    ),
    Sample(
        "a letter of a person at the post office",
        "none",
        (),
        None,
        person("We meet at noon.", subject="Next week").replace("Ada <ada@", "Post <postmaster@"),
    ),
    Sample(
        "a machine's letter to the house",
        "none",
        (),
        None,
        person("Three disks have an error.", subject="Mailbox usage", more="Return-Path: <>\n"),
    ),
    Sample(
        "a shop's letter",
        "none",
        (),
        None,
        person("Your parcel could not be delivered to bob@reader.example.", subject="Delivery failed"),
    ),
    Sample("a letter", "none", (), None, person("Thank you for the paper on minors.", subject="Re: 3 papers")),
    Sample(
        "a question about a bounce",
        "none",
        (),
        None,
        person(
            "What does this mean?\n\n> Final-Recipient: rfc822; bob@reader.example\n> Action: failed\n> Status: "
            "5.1.1\n",
            subject="Re: Undelivered mail",
        ),
    ),
    Sample(
        "a list's letter",
        "none",
        (),
        None,
        person("550 is a number.", subject="On failure", more="List-Id: <minors.example>\nPrecedence: list\n"),
    ),
    Sample("nothing", "none", (), None, ""),
)
SAMPLES = (*REPORTS, *SERVERS, *PROVIDERS, *COMPLAINTS, *ANSWERS, *NOTHING)
