-- title: Anonymous requests
-- question: What was asked for without credentials, from where, and was it given?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
SELECT
  eventtime,
  recipientaccountid AS account,
  eventname,
  json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
  json_extract_scalar(requestparameters, '$.key') AS object_key,
  coalesce(errorcode, 'success') AS outcome,
  sourceipaddress,
  useragent,
  requestid
FROM cloudtrail_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
  AND ( -- the spellings that CloudTrail has used
    lower(useridentity.accountid) IN ('anonymous', 'anonymous_principal')
    OR lower(useridentity.principalid) IN ('anonymous', 'anonymous_principal')
    OR (
      useridentity.type IN ('AWSAccount', 'Unknown')
      AND useridentity.principalid = ''
      AND coalesce(useridentity.accountid, '') = ''
    )
  )
ORDER BY eventtime, requestid
