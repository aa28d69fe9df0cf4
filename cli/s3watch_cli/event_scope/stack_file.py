"""Writes the patterns of deployments as a template of EventBridge rules, stacks/event-rules.yaml.

Each rule is named by what its pattern says. So an update makes new rules before it deletes old ones, and no
call is left out meanwhile. A deployment with other buckets or another scope than the file was written for
gets one rule that passes whole buckets.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from s3watch.errors import SettingError

from s3watch_cli.event_scope.parameters import Home
from s3watch_cli.event_scope.patterns import Pattern, Scope

# What stands for what only a deployment knows, no shorter than that; nobody writes DEL into a catalogue
HOME = Home("\x7faccount...\x7f", "\x7fregion......\x7f", "\x7fpartit..\x7f")
_KNOWN_LATER = dict(zip(HOME, ("${AWS::AccountId}", "${AWS::Region}", "${AWS::Partition}"), strict=True))
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_RESOURCES = 500
MOST_BYTES = 1_000_000  # of a template
MOST_DEPLOYMENTS = 10  # that Fn::Or takes

HEAD = """\
# Written from rules/ and samconfig.toml by `s3watch event-scope --write`; change those instead. The build
# compares it with them.
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  The calls on watched buckets that EventBridge passes on with EventScope=objects or unexpected, part of
  template.yaml.

Parameters:
  Name: {Type: String, Description: The name of the whole stack}
  Topic: {Type: String, Description: The ARN of the topic for alarms}
  EventQueue: {Type: String, Description: The ARN of the queue for the events}
  DeadLetterQueue: {Type: String, Description: The ARN of the queue for events that could not be sent}
  EventScope: {Type: String, Description: objects or unexpected}
  WatchedBuckets: {Type: String, Description: "Their names, separated by commas"}
  BucketArns: {Type: String, Description: "Their ARNs, separated by commas"}
  FilterByBucket: {Type: String, Description: Whether whole buckets are passed by their names}

"""
WHOLE = """\
  WholeBuckets: # if this file was written for other buckets or another scope: nothing may be left out then
    Type: AWS::Events::Rule
    Condition: Whole
    Properties:
      Name: !Sub ${Name}-calls-whole
      Description: Calls on watched buckets and their objects
      EventPattern:
        source: [aws.s3, aws.s3express]
        detail-type: [AWS API Call via CloudTrail, AWS Service Event via CloudTrail]
        detail: !If
          - OnlyWatchedBuckets
          - $or:
              - requestParameters: {bucketName: !Split [",", !Ref WatchedBuckets]}
              - resources: {ARN: !Split [",", !Ref BucketArns]}
          - !Ref AWS::NoValue
      Targets:
        - Id: queue
          Arn: !Ref EventQueue
          RetryPolicy: {MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86400} # the maximum, a day
          DeadLetterConfig: {Arn: !Ref DeadLetterQueue}
"""
RULE = """
  Calls%(mark)s:
    Type: AWS::Events::Rule
    Condition: %(condition)s
    Properties:
      Name: !Sub ${Name}-calls-%(mark)s
      Description: Calls on watched buckets that a detection could match
      EventPattern: %(pattern)s
      Targets:
        - Id: queue
          Arn: !Ref EventQueue
          RetryPolicy: {MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86400}
          DeadLetterConfig: {Arn: !Ref DeadLetterQueue}
"""
ALARM = """
  %(rule)sFailedAlarm:
    Type: AWS::CloudWatch::Alarm
    Condition: %(condition)s
    Properties:
      AlarmDescription: >-
        EventBridge could not put calls on watched buckets into the queue. Check whether the queue's policy
        and its key's policy still allow EventBridge; what failed is in the dead-letter queue.
      Namespace: AWS/Events
      MetricName: FailedInvocations
      Dimensions: [{Name: RuleName, Value: !Ref %(rule)s}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
      AlarmActions: [!Ref Topic]
"""
OUTPUTS = """
Outputs:
  Passed:
    Description: What EventBridge passes on
    Value: !If
      - Whole
      - >-
        all calls on the watched buckets, because stacks/event-rules.yaml was written for other buckets or
        another scope; run `s3watch event-scope --write`, build and deploy
      - calls on the watched buckets that a detection could match
"""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What one deployment passes in a scope: `buckets` are as its parameter has them."""

    scope: Scope
    buckets: tuple[str, ...]
    patterns: Sequence[Pattern]  # derived for HOME


def render(deployments: Iterable[Narrowed]) -> str:
    """Return the template. Raises SettingError if there are too many deployments, or rules, for one."""
    different = list({(one.scope, one.buckets): one for one in deployments}.values())
    if len(different) > MOST_DEPLOYMENTS:
        raise SettingError(f"at most {MOST_DEPLOYMENTS} environments can have another EventScope than bucket")
    wanted_by = defaultdict[str, list[int]](list)  # the numbers of the deployments that a pattern is for
    for number, one in enumerate(different, 1):
        for pattern in one.patterns:
            wanted_by[_write(pattern)].append(number)
    rules = (part for pattern, numbers in sorted(wanted_by.items()) for part in _rule(pattern, numbers))
    whole = (WHOLE, ALARM % {"rule": "WholeBuckets", "condition": "Whole"})
    conditions = _conditions(different, wanted_by.values())
    text = "".join([HEAD, *conditions, "\nResources:\n", *whole, *rules, OUTPUTS])
    if 2 * (len(wanted_by) + 1) > MOST_RESOURCES or len(text) > MOST_BYTES:
        raise SettingError(
            f"the environments of samconfig.toml take {len(wanted_by)} rules of EventBridge, too many for one"
            " template; choose EventScope=bucket for some, or watch fewer buckets"
        )
    return text


def _conditions(deployments: Sequence[Narrowed], used: Iterable[list[int]]) -> Iterator[str]:
    yield 'Conditions:\n  OnlyWatchedBuckets: !Equals [!Ref FilterByBucket, "true"]\n'
    for number, one in enumerate(deployments, 1):
        yield (
            f"  Deployment{number}: !And\n    - !Equals [!Ref EventScope, {one.scope}]\n"
            f'    - !Equals [!Ref WatchedBuckets, "{",".join(one.buckets)}"]\n'
        )
    every = list(range(1, len(deployments) + 1))
    for numbers in sorted({tuple(each) for each in (*used, every) if len(each) > 1}):
        either = ", ".join(f"!Condition Deployment{number}" for number in numbers)
        yield f"  {_condition(numbers)}: !Or [{either}]\n"
    written_for = f"!Condition {_condition(every)}" if every else "!Equals [!Ref EventScope, bucket]"
    yield f"  Whole: !Not [{written_for}]\n"


def _condition(numbers: Sequence[int]) -> str:
    return "Deployment" + "Or".join(map(str, numbers))


def _rule(pattern: str, numbers: Sequence[int]) -> Iterator[str]:
    mark = sha256(pattern.encode()).hexdigest()[:7]  # no longer than names of functions make a stack's name
    condition = _condition(numbers)
    yield RULE % {"mark": mark, "condition": condition, "pattern": pattern}
    yield ALARM % {"rule": f"Calls{mark}", "condition": condition}


def _write(pattern: Pattern) -> str:
    """Write a pattern as a text of JSON: a template must not hold null, which some patterns do.

    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1378 and 1414
    """
    text = json.dumps(pattern, separators=(",", ":")).replace("'", "''")
    substituted = text.replace("${", "${!")
    for placeholder, name in _KNOWN_LATER.items():
        substituted = substituted.replace(json.dumps(placeholder)[1:-1], name)
    return f"!Sub '{substituted}'" if "${AWS::" in substituted else f"'{text}'"
