from dataclasses import replace

import pytest
from rich.console import Console

from local.demo import run
from local.demo.run import MissingMailError, head, sum_up, wait
from local.demo.scenario import Act, acts
from local.messaging.inbox import Message, append
from tests.support.local_aws import eventually

READ = Act("alice reads", print, ("alice", "payroll"))
EXPECTED = Act("the application reads", print, ("role/payroll-app",), expected=True)


def mail(subject, to="security@example.com"):
    return Message(1795161600.0, "m", "arn:aws:sns:::t", "email", to, subject, "body", {})


@pytest.mark.parametrize(
    ("subject", "told"),
    [("[HIGH] payroll: alice read", True), ("[HIGH] payroll: bob read", False), (None, False)],
    ids=["its words", "another actor", "no subject"],
)
def test_an_act_is_told_by_a_subject_with_its_words(subject, told):
    assert READ.is_reported_by(mail(subject)) is told


def test_a_demo_without_its_e_mail_fails_with_what_is_missing(cloud):
    with pytest.raises(MissingMailError, match=r"no e-mail within 0 s for: alice reads"):
        wait(cloud, [(READ, 0.0)], patience=0)


def test_a_demo_with_an_e_mail_about_expected_access_fails(cloud):
    append(cloud.settings.inbox, mail("[HIGH] payroll: role/payroll-app read"))

    with pytest.raises(MissingMailError, match="an e-mail arrived although the application reads"):
        wait(cloud, [(EXPECTED, 0.0)], patience=0)


def test_of_a_mail_its_subject_and_first_paragraph_are_shown():
    letter = replace(
        mail("[HIGH] payroll: alice read"), body="Who   alice\nWhat  GetObject\n\nIF THIS IS FINE\n"
    )

    assert head(letter) == "Subject: [HIGH] payroll: alice read\n\nWho   alice\nWhat  GetObject"


def test_a_long_first_paragraph_is_cut():
    letter = replace(mail("s"), body="".join(f"{n}\n" for n in range(100)))

    assert head(letter).splitlines()[-2:] == [str(run.LINES - 1), "..."]


def test_the_demo_ends_with_a_table_of_what_was_done_and_what_was_told(capsys, monkeypatch):
    monkeypatch.setattr(run, "letters", Console(width=100, markup=False))
    told = {READ.what: (mail("[HIGH] payroll: alice read [x]"), 2.64)}

    sum_up([(EXPECTED, 0.0), (READ, 0.0)], told)

    head, *rows = [line.split("  ") for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [cell.strip() for cell in head if cell.strip()] == ["what was done", "after", "e-mail"]
    assert [[cell.strip() for cell in row if cell.strip()] for row in rows] == [
        ["the application reads", "none, as it is expected"],
        ["alice reads", "2.6 s", "[HIGH] payroll: alice read [x]"],
    ]


@pytest.fixture
def rested(deployed):
    """The deployed s3watch with a full token bucket, as if other tests had not sent so much just now."""
    table = {"TableName": deployed.outputs["Ledger"], "Key": {"pk": {"S": "rate#mail"}}}
    deployed.cloud.client("dynamodb").delete_item(**table)
    return deployed


def test_every_act_of_the_story_brings_its_e_mail_and_the_expected_one_none(rested):
    story = list(acts(rested.cloud))[:-1]  # the demo waits out the batch delete, held a minute for its keys
    for act in story:
        act.play()

    for act in story:
        if not act.expected:
            eventually(lambda act=act: any(map(act.is_reported_by, rested.mails())), within=60)
    assert not [mail for mail in rested.mails() for act in story if act.expected and act.is_reported_by(mail)]
