"""Mistakes in digest.yaml: each is told at its place, with the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.app import load
from digest.config import Config
from digest.text.translations import languages
from tests.support.config_files import DIGEST_YAML, digest_yaml_problem, folder, told

_KNOWN = " and ".join(sorted(languages()))


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("titel: x\n", "6:1: unknown key `titel`"),
        ("ownr: x@example.org\n", "6:1: unknown key `ownr`: did you mean `owner`?"),
        ("listen: here\nsite: https://x.org\nsecret: x\n", "6:9: `listen`: expected HOST:PORT"),
        ("listen: 127.0.0.1:99999\nsite: https://x.org\nsecret: x\n", "6:9: `listen`: expected HOST:PORT"),
        ("signup: everyone\n", "6:9: `signup`: expected open, closed or {domains: [example.org]}"),
        ("signup: {domains: [not a domain]}\n", "6:20: `domains`: `not a domain` is no domain"),
        ("proxies: [nowhere]\n", "6:11: `proxies`: expected an address or a network, such as 10.0.0.0/8"),
        ("admin: {token: 0123456789abcdef}\n", "6:8: `listen` is missing"),
        ("admin: 127.0.0.1:8001\n", "6:8: `admin`: expected keys and values"),
        ("admin: {listen: 8001, token: 0123456789abcdef}\n", "6:17: `listen`: expected HOST:PORT"),
        ("admin: {listen: 127.0.0.1:8001}\n", "6:8: `admin`: who may come in? write `token: {env: DIGEST_ADMIN}`, or"),
        (
            "admin: {listen: 127.0.0.1:8001, tokn: 0123456789abcdef}\n",
            "6:33: unknown key `tokn`: did you mean `token`?",
        ),
        ("admin: {listen: 127.0.0.1:8001, token: 0123456789abcde}\n", "6:40: `token`: under 16 characters it can be"),
        ("admin: {listen: 127.0.0.1:8001, token: {env: NOWHERE}}\n", "6:40: `token`: the environment has no NOWHERE"),
        (
            "admin: {listen: 127.0.0.1:8001, user_header: 'X User'}\n",
            "6:46: `user_header`: expected the name of a header",
        ),
        (
            "admin: {listen: 127.0.0.1:8001, user_header: Authorization}\n",
            "6:46: `user_header`: `Authorization` proves no",
        ),
        (
            "admin: {listen: 127.0.0.1:8001, user_header: X-Remote-User}\n",
            "6:8: `admin`: its forms are signed, so `secret` is needed too",
        ),
        (
            "admin: {listen: 127.0.0.1:80, token: 0123456789abcdef}\nlisten: 127.0.0.1:80\nsite: https://x.org\n"
            "secret: x\n",
            "6:17: `listen`: the pages of readers are served there; the admin's need a port of their own",
        ),
        ("database: mysql://localhost/x\n", "6:11: `database`: expected sqlite:///digest.db or postgresql://"),
        ("owner: nobody\n", "6:8: `owner`: no mail address: An email address must have an @-sign."),
        ("owner: a@example.org, b@example.org\n", "6:8: `owner`: no mail address"),
        ("owner: A <a@example.org\n", "6:8: `owner`: expected one mailbox"),
        ("owner: [a@example.org]\n", "6:8: `owner`: expected a text"),
        ("contact: Desk <desk@example.org>\n", "6:10: `contact`: expected the address alone"),
        ('postal: "a\\u202eb"\n', "6:9: `postal`: holds a character that cannot be printed"),
        ("site: papers.example.org\nsecret: x\n", "6:7: `site`: expected a URL such as https://papers.example.org"),
        ("site: https://x.org:http\nsecret: x\n", "6:7: `site`: expected a URL"),
        ("site: http://papers.example.org\nsecret: x\n", "6:7: `site`: links in letters go over https"),
        ("site: https://papers.example.org/?a=b\nsecret: x\n", "6:7: `site`: expected the base of links alone"),
        ("site: https://papers.example.org\n", "6:7: `site`: links are signed, so `secret` is needed too"),
        ("complaints: fbl@example.org\n", "6:13: `complaints`: only signed letters may name it, so `dkim` is needed"),
        ("secret: {env: NOWHERE}\n", "6:9: `secret`: the environment has no NOWHERE"),
        ("secret: [{env: EMPTY}]\n", "6:10: `secret`: EMPTY in the environment is empty"),
        ("secret: {file: /nowhere/key}\n", "6:9: `secret`: /nowhere/key cannot be read: No such file or directory"),
        ("secret: {evn: X}\n", "6:9: `secret`: expected a text, {env: NAME} or {file: PATH}"),
        ("secret: ''\n", "6:9: `secret`: it is empty"),
        ("templates: nowhere/at/all\n", "6:12: `templates`: no folder nowhere/at/all"),
        ("language: english\n", "6:11: `language`: expected a language such as en or de-AT"),
        ("language: zh\n", f"6:11: `language`: no language `zh`: there are {_KNOWN}"),
        ("language: zh-Hans\n", f"6:11: `language`: no language `zh-Hans`: there are {_KNOWN}"),
    ],
)
def test_a_mistake_in_digest_yaml(tmp_path: Path, more: str, problem: str) -> None:
    assert digest_yaml_problem(tmp_path, more, {"EMPTY": ""}).startswith(f"digest.yaml:{problem}")


@pytest.mark.parametrize(
    ("smtp", "problem"),
    [
        ("smpt://localhost", "2:7: `smtp`: no way out is called `smpt:`: did you mean `smtp`?"),
        ("localhost:25", "2:7: `smtp`: no way out is called `localhost:`"),
        ("mail.example.org", "2:7: `smtp`: expected a URL such as smtps://mail.example.org:465"),
        ("smtp://localhost:mail", "2:7: `smtp`: expected a URL such as"),
        ("smtp://localhost/path", "2:7: `smtp`: expected smtp://HOST or smtp://HOST:PORT"),
        ("maildir://letters", "2:7: `smtp`: expected maildir:PATH"),
        ("console:here", "2:7: `smtp`: expected console: alone"),
        ("smtp://me:hunter2@mail.example.org", "2:7: `smtp`: a password may not go to another host in clear text"),
        ("smtps://me@mail.example.org", "2:7: `smtp`: user and password belong together"),
        ("[[smtp://localhost]]", "2:8: `smtp`: expected a URL, or url, user and password"),
        ("{url: 'console:', user: a, password: b}", "2:44: `password`: console: asks for no user"),
        (
            "{url: smtp://mail.example.org, user: me, password: {env: NOWHERE}}",
            "2:58: `password`: a password may not go to another host in clear text: write smtps:// or smtp+starttls://",
        ),
        (
            "{url: smtps://mail.example.org, user: me, password: {env: NOWHERE}}",
            "2:59: `password`: the environment has no NOWHERE",
        ),
        ("{url: smtps://mail.example.org, usr: me}", "2:39: unknown key `usr`: did you mean `user`?"),
        ("{url: smtp://localhost, logs: x}", "2:31: unknown key `logs`: did you mean `log`?"),
        ("{url: smtp://localhost, log: [x]}", "2:36: `log`: expected a text"),
        ("{url: smtp://localhost, log: ''}", "2:36: `log`: expected a text, and this one is empty"),
        ("{url: smtp://localhost, log: /}", "2:36: `log`: / is a folder: write the file in it, such as /mail.log"),
        ("{url: 'maildir:letters', log: mail.log}", "2:37: `log`: only a relay has one, and maildir: is none"),
    ],
)
def test_a_mistake_in_the_way_out(tmp_path: Path, smtp: str, problem: str) -> None:
    [said] = told(folder(tmp_path, DIGEST_YAML.replace("smtp://localhost:2525", smtp)))
    assert said.startswith(f"digest.yaml:{problem}")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("arxiv:", "arxvi:", "4:3: no source `arxvi`: did you mean `arxiv`?"),
        ("categories", "categorys", "5:5: unknown key `categorys`: did you mean `categories`?"),
        ("[cs.CL]", "cs.CL", "5:17: `categories`: expected a list"),
        ("[cs.CL]", "[]", "5:17: `categories`: expected at least one entry"),
        ("[cs.CL]", "[cs.CL, cs.L]", "5:25: `categories`: 'cs.L' is no category of arXiv"),
        ("sender: Morning Papers <papers@example.org>\n", "", "1:1: `sender` is missing"),
        ("smtp: smtp://localhost:2525\n", "", "1:1: `smtp` is missing"),
    ],
)
def test_a_mistake_in_what_is_there(tmp_path: Path, old: str, new: str, problem: str) -> None:
    [said] = told(folder(tmp_path, DIGEST_YAML.replace(old, new)))
    assert said.startswith(f"digest.yaml:{problem}")


def test_a_relay_s_log_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    """It may be back tomorrow, and no letter waits for it."""
    log = tmp_path / "mail.log"
    text = DIGEST_YAML.replace("smtp://localhost:2525", f"{{url: smtp://localhost:2525, log: {log}}}")
    [warning] = load(folder(tmp_path, text), env={}).warnings
    assert (warning.line, warning.what.startswith(f"`log`: {log} cannot be read: there is no such file")) == (2, True)
    log.touch()
    config = load(folder(tmp_path, text), env={})
    assert (config.warnings, config.logs) == ((), {"smtp://localhost:2525": log})
    log.unlink()
    several = text.replace("{url: smtp", "[smtps://far.example, {url: smtp").replace("mail.log}", "mail.log}]")
    config = load(folder(tmp_path, several), env={})
    assert config.logs == {"smtps://far.example:465": None, "smtp://localhost:2525": log}
    [warning] = config.warnings
    assert (warning.line, warning.column) == (2, several.splitlines()[1].index(str(log)) + 1)


def test_a_queue_wants_a_database_that_machines_share(tmp_path: Path) -> None:
    [said] = told(folder(tmp_path, DIGEST_YAML + "queue: true\n"))
    assert "`queue`: jobs wait in PostgreSQL, so `database` must be postgresql://" in said
    shared = folder(tmp_path, DIGEST_YAML + "queue: true\ndatabase: postgresql://localhost/digest\n")
    assert load(shared, env={}).queue
    assert not load(folder(tmp_path, DIGEST_YAML + "queue: false\n"), env={}).queue


def test_the_admin_comes_in_by_a_token_or_by_a_proxy_or_by_either(tmp_path: Path) -> None:
    def loaded(text: str) -> Config:
        return load(folder(tmp_path, DIGEST_YAML + text), env={"ADMIN": "0123456789abcdef\n"})

    by_token = loaded("admin: {listen: '[::1]:8001', token: {env: ADMIN}}\n")
    assert by_token.admin
    assert by_token.admin.token
    assert (by_token.admin.listen, by_token.admin.user_header) == (("::1", 8001), None)
    assert by_token.admin.token.get_secret_value() == "0123456789abcdef"
    assert "0123456789abcdef" not in repr(by_token)
    by_proxy = loaded(
        "secret: a secret that is long enough\nadmin: {listen: 127.0.0.1:1, user_header: X-Remote-User}\n"
    )
    assert by_proxy.admin
    assert (by_proxy.admin.token, by_proxy.admin.user_header) == (None, "X-Remote-User")
    assert loaded("").admin is None


@pytest.mark.parametrize(
    ("login", "said"),
    [("token: 0123456789abcdef", "in clear text"), ("user_header: X-User, token: 0123456789abcdef", "send X-User")],
)
def test_an_admin_s_socket_that_others_reach_is_warned_of(tmp_path: Path, login: str, said: str) -> None:
    def warnings(listen: str) -> list[str]:
        place = folder(tmp_path, DIGEST_YAML + f"admin: {{listen: {listen}, {login}}}\n")
        return [str(each) for each in load(place, env={}).warnings]

    assert [said in each for each in warnings("0.0.0.0:8001")] == [True]
    assert warnings("127.0.0.1:8001") == []


def test_a_feed_with_two_mistakes_is_told_twice(tmp_path: Path) -> None:
    feeds = "  feeds:\n    - url: nowhere\n      nmae: Nature\n"
    said = told(folder(tmp_path, DIGEST_YAML + feeds))
    assert [each.split(": ")[0] for each in said] == ["digest.yaml:7:12", "digest.yaml:8:7"]
    assert said[1].endswith("unknown key `nmae`: did you mean `name`?")
