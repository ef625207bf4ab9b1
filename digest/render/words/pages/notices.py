"""What letters without papers say: confirmations, links to one's page, changes of address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One letter: nothing that a stranger typed stands in it. `{}` is the name of the house."""

    subject: str
    lines: tuple[str, ...]  # the first is what an inbox shows beside the subject
    button: str = ""  # the words of its link
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """All of them."""

    confirm: Notice
    confirm_more: Notice  # to who reads already
    page: Notice
    nobody: Notice  # a link was asked for, and nobody reads under this address
    in_a_file: Notice  # a sign-up for somebody whose letters an admin has set up
    move_old: Notice
    move_new: Notice
    why: str  # the sentence of the foot


_TWO_DAYS = "The link holds for two days, and once."
_ZWEI_TAGE = "Der Verweis gilt zwei Tage lang und einmal."
_NOT_YOU = "If it was not you, do nothing: nothing will be sent, and nothing has changed."
_NICHT_SIE = "Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Es wird nichts geschickt und nichts geändert."

NOTICES = {
    "en": Notices(
        confirm=Notice(
            subject="Please confirm: letters from {}",
            lines=("Somebody, you we hope, asked for letters about new papers to this address.",),
            button="See what was asked for, and confirm",
            after=(_TWO_DAYS, _NOT_YOU),
        ),
        confirm_more=Notice(
            subject="Please confirm: one more subscription at {}",
            lines=("Somebody, you we hope, asked for one more subscription for this address.",),
            button="See what was asked for, and confirm",
            after=(_TWO_DAYS, _NOT_YOU),
        ),
        page=Notice(
            subject="Your page at {}",
            lines=("Here is the link to your page that was asked for. It opens your page to whoever has it.",),
            button="Open your page",
            after=("The link holds for sixty days. " + _NOT_YOU,),
        ),
        nobody=Notice(
            subject="No letters go to this address from {}",
            lines=(
                "Somebody, perhaps you, asked for a link to your page.",
                "Nobody gets letters under this address here; perhaps you signed up with another one.",
            ),
            button="Subscribe",
            after=(_NOT_YOU,),
        ),
        in_a_file=Notice(
            subject="You get letters from {} already",
            lines=(
                "Somebody, you we hope, asked for letters to this address.",
                "Yours are set up by the people who run this service, so rules are changed by writing to them: answer "
                "this letter.",
            ),
            button="Open your page",
            after=("There you can pause, see your rules and leave. " + _NOT_YOU,),
        ),
        move_old=Notice(
            subject="Please confirm: your letters from {} move",
            lines=("On your page it was asked to send your letters to another address from now on.",),
            button="Agree to the new address",
            after=(
                "Both addresses have to agree; until then your letters come here.",
                _TWO_DAYS,
                "If it was not you, do nothing, and make older links useless on your page.",
            ),
        ),
        move_new=Notice(
            subject="Please confirm: letters from {} move to this address",
            lines=("Somebody, you we hope, asked to get their letters about new papers at this address.",),
            button="Agree to this address",
            after=("Both addresses have to agree.", _TWO_DAYS, _NOT_YOU),
        ),
        why="You get this because somebody typed this address on a page of ours.",
    ),
    "de": Notices(
        confirm=Notice(
            subject="Bitte bestätigen: Briefe von {}",
            lines=("Jemand, hoffentlich Sie selbst, hat an diese Adresse Briefe über neue Arbeiten bestellt.",),
            button="Ansehen, was bestellt ist, und bestätigen",
            after=(_ZWEI_TAGE, _NICHT_SIE),
        ),
        confirm_more=Notice(
            subject="Bitte bestätigen: noch ein Abonnement bei {}",
            lines=("Jemand, hoffentlich Sie selbst, hat für diese Adresse noch ein Abonnement bestellt.",),
            button="Ansehen, was bestellt ist, und bestätigen",
            after=(_ZWEI_TAGE, _NICHT_SIE),
        ),
        page=Notice(
            subject="Ihre Seite bei {}",
            lines=("Hier ist der gewünschte Verweis auf Ihre Seite. Er öffnet sie allen, die ihn haben.",),
            button="Ihre Seite öffnen",
            after=("Der Verweis gilt sechzig Tage lang. " + _NICHT_SIE,),
        ),
        nobody=Notice(
            subject="An diese Adresse gehen keine Briefe von {}",
            lines=(
                "Jemand, vielleicht Sie selbst, wollte einen Verweis auf Ihre Seite.",
                "Unter dieser Adresse bekommt hier niemand Briefe; vielleicht haben Sie eine andere angegeben.",
            ),
            button="Bestellen",
            after=(_NICHT_SIE,),
        ),
        in_a_file=Notice(
            subject="Sie bekommen schon Briefe von {}",
            lines=(
                "Jemand, hoffentlich Sie selbst, hat an diese Adresse Briefe bestellt.",
                "Ihre richten die Betreiber dieses Dienstes ein; um Regeln zu ändern, schreiben Sie ihnen: Antworten "
                "Sie auf diesen Brief.",
            ),
            button="Ihre Seite öffnen",
            after=("Dort können Sie pausieren, Ihre Regeln sehen und abbestellen. " + _NICHT_SIE,),
        ),
        move_old=Notice(
            subject="Bitte bestätigen: Ihre Briefe von {} ziehen um",
            lines=("Auf Ihrer Seite wurde gewünscht, dass Ihre Briefe künftig an eine andere Adresse gehen.",),
            button="Der neuen Adresse zustimmen",
            after=(
                "Beide Adressen müssen zustimmen; bis dahin kommen Ihre Briefe hierher.",
                _ZWEI_TAGE,
                "Wenn Sie das nicht waren, tun Sie nichts, und machen Sie auf Ihrer Seite ältere Verweise ungültig.",
            ),
        ),
        move_new=Notice(
            subject="Bitte bestätigen: Briefe von {} ziehen an diese Adresse um",
            lines=("Jemand, hoffentlich Sie selbst, möchte Briefe an diese Adresse bekommen.",),
            button="Dieser Adresse zustimmen",
            after=("Beide Adressen müssen zustimmen.", _ZWEI_TAGE, _NICHT_SIE),
        ),
        why="Sie bekommen das, weil jemand diese Adresse auf einer unserer Seiten eingegeben hat.",
    ),
}
