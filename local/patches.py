"""Every name in ministack that the local AWS replaces or relies on, and the parameters it must have.

These names are internal to ministack, which moves fast: it is pinned exactly, and `problems` reports, before
anything starts, which of them a new version removed or changed.
"""

from __future__ import annotations

import importlib
import inspect
import operator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a module; a callable carries its parameters, anything else carries none."""

    module: str
    attribute: str
    parameters: str | None = None


REPLACED = (
    Name("app", "_handle_s3_control_request", "path, method, body, query_params, request_id, headers"),
    Name("core.iam_actions", "_lambda_action", "method, path"),
    Name("core.lambda_runtime", "_worker_class_for", "config"),
    Name("services.cloudformation.changesets", "_evaluate_conditions", "template, params"),
    Name("services.cloudformation.engine", "_evaluate_conditions", "template, params"),
    Name("services.cloudformation.handlers", "_ACTION_HANDLERS"),
    Name("services.cloudformation.handlers", "_evaluate_conditions", "template, params"),
    Name("services.cloudformation.provisioners", "_cw_metric_alarm_record", "name, props"),
    Name(
        "services.cloudformation.provisioners", "_provision_resource",
        "resource_type, logical_id, props, stack_name",
    ),
    Name(
        "services.cloudformation.provisioners", "_update_resource",
        "resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs",
    ),
    Name("services.cloudformation.stacks", "_evaluate_conditions", "template, params"),
    Name("services.cloudtrail", "_DISPATCH"),
    Name("services.cloudtrail", "_create_trail", "body"),
    Name("services.cloudtrail", "_trail_view", "trail"),
    Name("services.eventbridge", "_SCHEDULER_TICK_INTERVAL"),
    Name("services.eventbridge", "_dispatch_to_lambda", "arn, payload"),
    Name("services.eventbridge", "_parse_rate_seconds", "expr"),
    Name("services.lambda_svc", "_execute_function_dispatch", "func, config, event, request_id, started"),
    Name("services.lambda_svc", "_match_esm_filter", "record, pattern"),
    Name("services.lambda_svc", "_poll_dynamodb_streams", ""),
    Name("services.lambda_svc", "_sqs_esm_concurrency", "esm, func_rec, config, queue"),
    Name("services.s3", "_dispatch", "method, bucket, key, headers, body, query_params"),
    Name(
        "services.s3", "_fire_s3_event",
        "bucket_name, key, event_name, size, etag, deletion_type, restore_event_data, version_id, sequencer, "
        "object_extra, record_extra",
    ),
    Name("services.s3", "_public_access_blocked", "owner_account, bucket_name, setting"),
    Name("services.s3", "_put_bucket_logging", "name, body"),
    Name(
        "services.s3", "_validate_notification_configs",
        "configs, bucket_region, bucket_name, skip_destination_validation",
    ),
    Name("services.scheduler", "_SCHEDULE_TICK_INTERVAL"),
    Name(
        "services.sns", "_fanout",
        "topic_arn, msg_id, message, subject, message_structure, message_attributes, message_group_id, "
        "message_dedup_id",
    ),
    Name("services.sns", "_confirm_subscription", "params"),
    Name("services.sns", "_list_subscriptions_by_topic", "params"),
    Name("services.sns", "_publish", "params"),
    Name("services.sns", "_publish_batch", "params"),
    Name("services.sns", "_subscribe", "params"),
    Name("services.sqs", "_delete_messages_for_esm", "queue_url, receipt_handles"),
    Name("services.sqs", "_receive_messages_for_esm", "queue_url, max_number"),
)  # fmt: skip

LEANED_ON = (
    Name(
        "app",
        "_enforce_data_plane",
        "service, iam_action, headers, query_params, request_id, resource_arn, service_context, "
        "auth_error_response, named_resource",
    ),
    Name("app", "app", "scope, receive, send"),
    Name("core.iam_evaluator", "evaluate_resource_policy", "doc, ctx, service, named_only, direct_only"),
    Name("core.iam_evaluator", "find_iam_access_key_account", "access_key_id"),
    Name("core.iam_evaluator", "pin_request_origin", "source_ip, secure_transport"),
    Name("core.iam_evaluator", "resolve_credential", "access_key_id, account_id, session_token"),
    Name("core.lambda_runtime", "Worker", "func_name, config, code_zip"),
    Name(
        "core.lambda_runtime", "Worker._drain_stderr_bounded", "self, first_line_wait, idle_confirm, hard_cap"
    ),
    Name("core.lambda_runtime", "Worker._read_stderr", "self"),
    Name("core.lambda_runtime", "Worker._spawn", "self"),
    Name("core.lambda_runtime", "_account_region_from_function_config", "config"),
    Name("core.lambda_runtime", "execution_credentials", "config"),
    Name("core.lambda_runtime", "reset", ""),
    Name("core.responses", "AccountScopedDict", ""),
    Name("core.responses", "_account_from_sts_session", "access_key_id"),
    Name("core.responses", "get_account_id", ""),
    Name("core.responses", "get_region", ""),
    Name("core.responses", "now_iso", ""),
    Name("core.responses", "request_scope", "account_id, region"),
    Name("core.router", "detect_service", "method, path, headers, query_params"),
    Name("core.router", "extract_access_key_id", "headers, query_params"),
    Name("core.router", "extract_region", "headers, query_params"),
    Name("services.cloudformation", "_stacks"),
    Name("services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),
    Name("services.cloudformation.provisioners", "_delete_predecessor", "delete_fn, args, kwargs"),
    Name("services.cloudformation.provisioners", "_nested_stack_lookup_name", "physical_id_or_arn"),
    Name(
        "services.cloudformation.stacks",
        "_add_event",
        "stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status",
    ),
    Name(
        "services.cloudformation.stacks",
        "_resource_policy",
        "res_def, attribute, resources, params, conditions, mappings, stack_name, stack_id",
    ),
    Name("services.athena", "_create_named_query", "data"),
    Name("services.athena", "_create_prepared_statement", "data"),
    Name("services.athena", "_delete_named_query", "data"),
    Name("services.athena", "_delete_prepared_statement", "data"),
    Name(
        "services.cloudformation.provisioners",
        "_physical_name",
        "stack_name, logical_id, lowercase, max_len, seeded",
    ),
    Name("services.cloudtrail", "_delete_trail", "body"),
    Name("services.cloudtrail", "_event_selectors"),
    Name("services.cloudtrail", "_put_event_selectors", "body"),
    Name("services.cloudtrail", "_start_logging", "body"),
    Name("services.cloudtrail", "_stop_logging", "body"),
    Name("services.cloudtrail", "_trails"),
    Name("services.cloudtrail", "_update_trail", "body"),
    Name("services.cloudwatch_logs", "_create_log_stream", "data"),
    Name("services.cloudwatch_logs", "_put_log_events", "data"),
    Name("services.config", "_delete_config_rule", "data"),
    Name("services.config", "_describe_config_rules", "data"),
    Name("services.config", "_put_config_rule", "data"),
    Name("services.dynamodb", "_update_ttl", "data"),
    Name("services.dynamodb", "stream_records_since", "table_name, position, limit, account_id, region"),
    Name("services.dynamodb", "stream_start_position", "table_name, account_id, region"),
    Name("services.eventbridge", "_compiled_pattern", "pattern_str"),
    Name("services.eventbridge", "_matches_detail", "detail, pattern"),
    Name("services.eventbridge", "_put_events", "data, allow_aws_source"),
    Name("services.iam", "_roles"),
    Name("services.lambda_svc", "_apply_filter_criteria", "records, esm"),
    Name("services.lambda_svc", "_dynamodb_stream_positions_lock"),
    Name(
        "services.lambda_svc",
        "_send_ddb_stream_failure_record",
        "esm, func_rec, batch, stream_arn, result, condition",
    ),
    Name("services.lambda_svc", "_dispatch_esm_batch", "esm_id, fn, args"),
    Name("services.lambda_svc", "_dynamodb_stream_positions"),
    Name("services.lambda_svc", "_esm_inflight"),
    Name("services.lambda_svc", "_esm_wake"),
    Name("services.lambda_svc", "_execute_function", "func, event"),
    Name("services.lambda_svc", "_execution_record_for_config", "func, config"),
    Name("services.lambda_svc", "_get_func_record_for_ref", "function_ref"),
    Name("services.lambda_svc", "_get_func_record_for_qualifier", "name, qualifier"),
    Name("services.lambda_svc", "_iter_all_esms", ""),
    Name("services.lambda_svc", "_resolve_layer_zip", "attachment"),
    Name("services.lambda_svc", "invoke_async_with_retry", "func, event"),
    Name("services.s3", "_bucket_owner_account", "name"),
    Name("services.s3", "_bucket_logging_config"),
    Name("services.s3", "_bucket_notifications"),
    Name("services.s3", "_bucket_policies"),
    Name("services.s3", "_canonical_owner_id", "account_id"),
    Name("services.s3", "_deliver_event_to_lambda", "arn, event_payload, bucket_region"),
    Name("services.s3", "_deliver_event_to_sns", "arn, event_payload, bucket_region, bucket_name"),
    Name("services.s3", "_deliver_event_to_sqs", "arn, event_payload, bucket_region, bucket_name"),
    Name("services.s3", "_error", "code, message, status, resource, extra, headers"),
    Name("services.s3", "_event_matches", "event_name, patterns"),
    Name("services.s3", "_buckets"),
    Name("services.s3", "_get_bucket_request_payment", "name"),
    Name("services.s3", "_invalid_notification_config", "message"),
    Name("services.s3", "_key_matches_filter", "key, prefix, suffix"),
    Name("services.s3", "_notification_bucket_region", "bucket_name"),
    Name("services.s3", "_parse_notification_config", "bucket_name"),
    Name("services.s3", "_policy_is_public", "policy_text"),
    Name("services.s3", "_put_bucket_encryption", "name, body"),
    Name("services.s3", "_put_bucket_lifecycle", "name, body"),
    Name("services.s3", "_put_bucket_ownership_controls", "name, body"),
    Name("services.s3", "_put_object", "bucket_name, key, body, headers"),
    Name("services.s3", "_qp", "params, key, default"),
    Name("services.s3", "_s3_event_to_eventbridge", "event_name"),
    Name("services.s3", "s3control_account_error", "headers"),
    Name("services.s3", "s3control_error", "code, message, status, extra"),
    Name("services.sns", "_matches_filter_policy", "sub, message_attributes, message"),
    Name("services.sns", "_error", "code, message, status"),
    Name("services.sns", "_p", "params, key, default"),
    Name("services.sns", "_parse_batch_entries", "params"),
    Name("services.sns", "_parse_message_attributes", "params"),
    Name("services.sns", "_resolve_message_for_protocol", "message, message_structure, protocol"),
    Name("services.sns", "_topic_by_arn_any_scope", "topic_arn"),
    Name("services.sns", "topic_policy_allows", "topic_arn, service, source_arn, source_account"),
    Name("services.sqs", "_collect_msgs", "q, max_n, vis_timeout"),
    Name("services.sqs", "_dlq_sweep", "q"),
    Name("services.sqs", "_expire_retained", "q"),
    Name("services.sqs", "_get_q", "url, action"),
    Name("services.sqs", "_queues_lock"),
    Name("services.sts", "_sessions"),
)


def problems(names: tuple[Name, ...] = REPLACED + LEANED_ON, package: str = "ministack") -> list[str]:
    """Return a sentence for each name that is gone or takes other parameters than expected."""
    return [said for name in names if (said := _problem(name, f"{package}.{name.module}"))]


def _problem(name: Name, module: str) -> str | None:
    full = f"{module}.{name.attribute}"
    try:
        found = operator.attrgetter(name.attribute)(importlib.import_module(module))
    except (ImportError, AttributeError):
        return f"{full} is gone"
    if name.parameters is None:
        return None
    now = ", ".join(inspect.signature(found).parameters)
    return None if now == name.parameters else f"{full} takes ({now}), not ({name.parameters})"
