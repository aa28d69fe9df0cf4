-- title: Who signs with Signature Version 2
-- question: Which principals and programs have to be brought up to date?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
SELECT
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.accountid, 'unknown') AS principal,
  useragent,
  json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
  count(*) AS requests,
  min(eventtime) AS first_request,
  max(eventtime) AS last_request
FROM cloudtrail_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND eventsource = 's3.amazonaws.com'
  AND json_extract_scalar(additionaleventdata, '$.SignatureVersion') = 'SigV2'
GROUP BY 1, 2, 3
ORDER BY requests DESC, last_request DESC
