import pytest

from local.demo.run import MissingMailError, wait
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
