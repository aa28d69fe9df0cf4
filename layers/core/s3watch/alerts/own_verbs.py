"""The words for calls on parts of s3watch's own stack: what was done and what was tried, and to what."""

from __future__ import annotations

TYPES = {  # by kind of part, as AWS Config and OCSF have them
    "rule": "AWS::Events::Rule",
    "queue": "AWS::SQS::Queue",
    "topic": "AWS::SNS::Topic",
    "subscription": "AWS::SNS::Subscription",
    "function": "AWS::Lambda::Function",
    "event source mapping": "AWS::Lambda::EventSourceMapping",
    "table": "AWS::DynamoDB::Table",
    "alarm": "AWS::CloudWatch::Alarm",
    "log group": "AWS::Logs::LogGroup",
    "role": "AWS::IAM::Role",
    "policy": "AWS::IAM::ManagedPolicy",
    "stack": "AWS::CloudFormation::Stack",
}
OWN_PARTS = {  # by event
    # EventBridge
    "DisableRule": ("disabled rule", "disable rule"),
    "DeleteRule": ("deleted rule", "delete rule"),
    "PutRule": ("replaced rule", "replace rule"),
    "PutTargets": ("changed targets of rule", "change targets of rule"),
    "RemoveTargets": ("removed targets of rule", "remove targets of rule"),
    # SQS
    "PurgeQueue": ("emptied queue", "empty queue"),
    "DeleteQueue": ("deleted queue", "delete queue"),
    "SetQueueAttributes": ("changed settings of queue", "change settings of queue"),
    "StartMessageMoveTask": ("moved messages out of queue", "move messages out of queue"),
    # SNS
    "Unsubscribe": ("removed a subscription from topic", "remove a subscription from topic"),
    "SetSubscriptionAttributes": ("changed a subscription of topic", "change a subscription of topic"),
    "DeleteTopic": ("deleted topic", "delete topic"),
    "SetTopicAttributes": ("changed settings of topic", "change settings of topic"),
    "PutDataProtectionPolicy": ("set a data protection policy of", "set a data protection policy of"),
    "Subscribe": ("subscribed to topic", "subscribe to topic"),
    # SQS, SNS
    "AddPermission": ("added a permission to", "add a permission to"),
    "RemovePermission": ("removed a permission from", "remove a permission from"),
    # Lambda
    "DeleteFunction20150331": ("deleted function", "delete function"),
    "UpdateFunctionCode20150331v2": ("replaced the code of function", "replace the code of function"),
    "UpdateFunctionConfiguration20150331v2": ("changed settings of function", "change settings of function"),
    "PutFunctionConcurrency20171031": ("limited concurrency of function", "limit concurrency of function"),
    "PutFunctionEventInvokeConfig": ("changed retries of function", "change retries of function"),
    "UpdateFunctionEventInvokeConfig": ("changed retries of function", "change retries of function"),
    "PutRuntimeManagementConfig": ("changed the runtime of function", "change the runtime of function"),
    "PutFunctionCodeSigningConfig": (
        "changed code signing of function",
        "change code signing of function",
    ),
    "PutFunctionRecursionConfig": (
        "changed loop detection of function",
        "change loop detection of function",
    ),
    "AddPermission20150331v2": ("let others invoke function", "let others invoke function"),
    "RemovePermission20150331v2": ("removed a permission from function", "remove a permission from function"),
    "CreateEventSourceMapping20150331": (
        "added an event source mapping of",
        "add an event source mapping of",
    ),
    "UpdateEventSourceMapping20150331": (
        "changed the event source mapping of",
        "change the event source mapping of",
    ),
    "DeleteEventSourceMapping20150331": (
        "deleted the event source mapping of",
        "delete the event source mapping of",
    ),
    # DynamoDB
    "DeleteTable": ("deleted table", "delete table"),
    "UpdateTable": ("changed table", "change table"),
    "UpdateTimeToLive": ("changed time to live of table", "change time to live of table"),
    "UpdateContinuousBackups": ("changed backups of table", "change backups of table"),
    "PutResourcePolicy": ("set a policy of table", "set a policy of table"),
    # CloudWatch
    "DeleteAlarms": ("deleted alarm", "delete alarm"),
    "DisableAlarmActions": ("silenced alarm", "silence alarm"),
    "PutAlarmMuteRule": ("muted alarm", "mute alarm"),
    "PutMetricAlarm": ("replaced alarm", "replace alarm"),
    "SetAlarmState": ("set the state of alarm", "set the state of alarm"),
    # CloudWatch Logs
    "DeleteLogGroup": ("deleted log group", "delete log group"),
    "DeleteLogStream": ("deleted a log stream of", "delete a log stream of"),
    "PutRetentionPolicy": ("changed retention of log group", "change retention of log group"),
    # IAM
    "DeleteRole": ("deleted role", "delete role"),
    "PutRolePolicy": ("changed a policy of role", "change a policy of role"),
    "DeleteRolePolicy": ("deleted a policy of role", "delete a policy of role"),
    "AttachRolePolicy": ("attached a policy to role", "attach a policy to role"),
    "DetachRolePolicy": ("detached a policy from role", "detach a policy from role"),
    "PutRolePermissionsBoundary": ("bounded permissions of role", "bound permissions of role"),
    "UpdateAssumeRolePolicy": ("changed who may assume role", "change who may assume role"),
    "CreatePolicyVersion": ("added a version of policy", "add a version of policy"),
    "SetDefaultPolicyVersion": ("changed the version of policy", "change the version of policy"),
    "DeletePolicy": ("deleted policy", "delete policy"),
    # CloudFormation
    "DeleteStack": ("deleted stack", "delete stack"),
    "UpdateStack": ("updated stack", "update stack"),
    "CreateChangeSet": ("began an update of stack", "begin an update of stack"),
    "ExecuteChangeSet": ("updated stack", "update stack"),
    "RollbackStack": ("rolled back stack", "roll back stack"),
    "SetStackPolicy": ("changed the policy of stack", "change the policy of stack"),
    "UpdateTerminationProtection": (
        "changed termination protection of stack",
        "change termination protection of stack",
    ),
}
