-- title: First and last access by prefix
-- question: When was each folder, two levels deep, first and last read and written, so which are not used any more?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/08/21'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: bucket, text, 'hr-data'
SELECT
  regexp_extract(json_extract_scalar(requestparameters, '$.key'), '^(?:[^/]*/){0,2}') AS prefix,
  min(eventtime) AS first_access,
  max(eventtime) AS last_access,
  max(CASE WHEN readonly = 'true' THEN eventtime END) AS last_read,
  max(CASE WHEN readonly = 'false' THEN eventtime END) AS last_write,
  count(*) AS requests,
  count(DISTINCT coalesce(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn,
    useridentity.invokedby, useridentity.accountid)) AS principals
FROM cloudtrail_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
  AND eventcategory = 'Data'
  AND errorcode IS NULL
  AND json_extract_scalar(requestparameters, '$.key') IS NOT NULL
  AND json_extract_scalar(requestparameters, '$.bucketName') = ?
GROUP BY 1
ORDER BY last_access, prefix
