-- title: Presigned requests by user
-- question: Whose presigned URLs were used with success, for how much, and from how many addresses?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
SELECT
  coalesce(useridentity.arn, useridentity.accountid, 'unknown') AS signed_by,
  json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
  eventname,
  count(*) AS requests,
  count(DISTINCT json_extract_scalar(requestparameters, '$.key')) AS objects,
  count(DISTINCT sourceipaddress) AS addresses,
  max(try_cast(json_extract_scalar(requestparameters, '$["X-Amz-Expires"]') AS bigint))
    AS longest_validity_in_seconds,
  min(eventtime) AS first_request,
  max(eventtime) AS last_request
FROM cloudtrail_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
  AND json_extract_scalar(additionaleventdata, '$.AuthenticationMethod') = 'QueryString'
  AND errorcode IS NULL
  -- What the console signs for itself is valid for at most 300 seconds, and is no shared link. Records before
  -- version 1.08 do not say that the session is one of the console, and a user agent proves nothing.
  AND (
    coalesce(try_cast(json_extract_scalar(requestparameters, '$["X-Amz-Expires"]') AS bigint), 301) > 300
    OR (
      coalesce(lower(sessioncredentialfromconsole), '') <> 'true'
      AND try_cast(split_part(eventversion, '.', 1) AS bigint) * 1000
        + try_cast(split_part(eventversion, '.', 2) AS bigint) >= 1008
    )
  )
GROUP BY 1, 2, 3
ORDER BY requests DESC, last_request DESC
