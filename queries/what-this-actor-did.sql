-- title: What this actor did
-- question: What did this person, role, user, service, access key or address do between these moments?
-- table: cloudtrail_logs
-- statement: what_this_actor_did
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: from this moment, text, '2026-11-20T08:00:00Z'
-- parameter: to this moment, text, '2026-11-20T18:00:00Z'
-- parameter: who, as alerts name them, or an ARN, access key, address or account, text, '111122223333:role/Analyst'
WITH records AS (
  SELECT
    *,
    -- A batch delete's record for each object names no caller, but has the request id of the call's record.
    CASE
      WHEN eventname = 'DeleteObject' AND eventtype = 'AwsServiceEvent' AND requestid <> ''
        THEN first_value(useridentity) OVER (PARTITION BY requestid ORDER BY eventname DESC)
      ELSE useridentity
    END AS caller
  FROM cloudtrail_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND eventtime BETWEEN ? AND ?
),
callers AS (
  SELECT
    *,
    caller.sessioncontext.sessionissuer AS issuer,
    caller.sessioncontext.webidfederationdata.attributes AS claims,
    coalesce(
      nullif(caller.accountid, ''), nullif(split_part(caller.arn, ':', 5), ''),
      nullif(caller.sessioncontext.sessionissuer.accountid, '')
    ) AS caller_account,
    coalesce(regexp_extract(caller.arn, '(?s)^(?:[^:]*:){5}(.*)$', 1), '') AS resource,
    coalesce(
      regexp_extract(caller.sessioncontext.sessionissuer.arn, '(?s)^(?:[^:]*:){5}(.*)$', 1), ''
    ) AS issuer_resource
  FROM records
),
sessions AS (
  SELECT
    *,
    coalesce(
      nullif(issuer.username, ''), nullif(regexp_extract(issuer_resource, '[^/]*$'), ''),
      nullif(regexp_extract(resource, '^assumed-role/([^/]*)', 1), ''),
      nullif(regexp_extract(resource, '[^/]*$'), ''), 'unknown'
    ) AS role,
    coalesce(
      nullif(regexp_extract(resource, '(?s)^[^/]*/[^/]*/(.*)$', 1), ''),
      nullif(regexp_extract(caller.principalid, '(?s)^[^:]*:(.*)$', 1), '')
    ) AS session,
    coalesce(nullif(issuer_resource, ''), resource) AS role_resource,
    'role/aws-reserved/sso.amazonaws.com/' AS sso_path,
    caller_account IS NULL OR caller_account = recipientaccountid
      OR contains(coalesce(transform(resources, r -> r.accountid), ARRAY[]), caller_account) AS is_own
  FROM callers
),
actors AS (
  SELECT
    *,
    CASE
      WHEN lower(caller.accountid) IN ('anonymous', 'anonymous_principal')
        OR lower(caller.principalid) IN ('anonymous', 'anonymous_principal')
        OR (
          caller.type IN ('AWSAccount', 'Unknown')
          AND caller.principalid = '' AND coalesce(caller.accountid, '') = ''
        ) THEN 'anonymous'
      WHEN caller.type = 'Root' OR resource = 'root' THEN 'root'
      WHEN caller.type = 'IAMUser' OR starts_with(resource, 'user/')
        THEN 'user/' || coalesce(
          nullif(caller.username, ''), nullif(regexp_extract(resource, '[^/]*$'), ''), 'unknown'
        )
      WHEN caller.type IN ('AssumedRole', 'Role')
        OR starts_with(resource, 'role/') OR starts_with(resource, 'assumed-role/')
        THEN CASE
          WHEN issuer.type = 'Root' OR starts_with(resource, 'assumed-root') THEN 'root'
          -- Anybody may give a role a name like Identity Center's, but nobody its path.
          WHEN starts_with(lower(role), 'awsreservedsso_')
            AND starts_with(role_resource, 'role/') AND NOT starts_with(role_resource, sso_path)
            THEN 'role/not-sso/' || role
          ELSE 'role/' || role
        END
      WHEN caller.type IN ('FederatedUser', 'SAMLUser', 'WebIdentityUser', 'Directory', 'IdentityCenterUser')
        THEN 'federated/' || coalesce(
          nullif(caller.username, ''), nullif(caller.onbehalfof.userid, ''),
          nullif(regexp_extract(resource, '[^/]*$'), ''), caller.principalid, 'unknown'
        )
      WHEN caller.type = 'AWSService'
        THEN 'service/' || coalesce(nullif(caller.invokedby, ''), nullif(caller.principalid, ''), 'unknown')
      WHEN caller.invokedby <> '' AND (coalesce(caller.accountid, '') = '' OR is_own)
        THEN 'service/' || caller.invokedby
      WHEN coalesce(caller.accountid, '') = ''
        THEN if(caller.type = 'AWSAccount' AND caller.principalid <> '', caller.principalid, 'unknown')
    END AS actor,
    CASE
      WHEN caller.type = 'AssumedRole' AND starts_with(issuer_resource, sso_path) THEN session
      ELSE coalesce(
        nullif(caller.onbehalfof.userid, ''),
        nullif(caller.sessioncontext.sourceidentity, ''),
        nullif(element_at(claims, element_at(filter(map_keys(claims), k -> k LIKE '%:sub'), 1)), ''),
        CASE
          WHEN caller.type = 'AssumedRole' AND issuer_resource = '' AND starts_with(role, 'AWSReservedSSO_')
            THEN session
          WHEN caller.type IN ('SAMLUser', 'WebIdentityUser') THEN caller.username
        END
      )
    END AS person
  FROM sessions
)
SELECT
  eventtime,
  eventname,
  coalesce(
    's3://' || json_extract_scalar(requestparameters, '$.bucketName')
      || coalesce('/' || json_extract_scalar(requestparameters, '$.key'), ''),
    regexp_replace(element_at(resources, 1).arn, '^arn:[^:]*:s3:::', 's3://')
  ) AS object,
  json_extract_scalar(requestparameters, '$["x-amz-copy-source"]') AS copied_from,
  coalesce(errorcode, 'success') AS outcome,
  coalesce(caller.arn, caller.invokedby, caller.accountid, 'unknown') AS principal,
  sourceipaddress,
  useragent,
  cast(try_cast(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double) AS bigint)
    AS bytes_out,
  requestid
FROM actors
WHERE ? IN (
  person, caller_account || ':' || person,
  if(is_own, actor), caller_account || ':' || actor,
  caller_account, caller.arn, issuer.arn, caller.accesskeyid, caller.invokedby, sourceipaddress
)
ORDER BY eventtime, requestid, object
