-- title: Denied requests by principal
-- question: Who was refused what, how often, and since when?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
SELECT
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.accountid, 'unknown') AS principal,
  json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
  eventname,
  errorcode,
  count(*) AS requests,
  count(DISTINCT json_extract_scalar(requestparameters, '$.key')) AS objects,
  count(DISTINCT sourceipaddress) AS addresses,
  min(eventtime) AS first_request,
  max(eventtime) AS last_request
FROM cloudtrail_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
  AND (
    errorcode LIKE '%AccessDenied%'
    OR errorcode LIKE '%Unauthorized%'
    OR errorcode IN (
      '403', 'AccountProblem', 'AllAccessDisabled', 'ExpiredToken', 'Forbidden', 'InvalidAccessKeyId',
      'InvalidToken', 'NotSignedUp', 'RequestExpired', 'SignatureDoesNotMatch', 'TokenRefreshRequired'
    )
  )
GROUP BY 1, 2, 3, 4
ORDER BY requests DESC, last_request DESC
