-- title: What this principal touched
-- question: Which objects did this principal read, write, list or delete, and how often?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: ARN of a user, role or session, or an account or service, text, 'arn:aws:iam::111122223333:role/Analyst'
SELECT
  json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
  json_extract_scalar(requestparameters, '$.key') AS object_key,
  eventname,
  coalesce(errorcode, 'success') AS outcome,
  count(*) AS requests,
  cast(coalesce(sum(try_cast(
    json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double)), 0) AS bigint) AS bytes_out,
  min(eventtime) AS first_request,
  max(eventtime) AS last_request
FROM cloudtrail_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
  AND ? IN (
    useridentity.arn,
    useridentity.sessioncontext.sessionissuer.arn,
    useridentity.accountid,
    useridentity.invokedby
  )
GROUP BY 1, 2, 3, 4
ORDER BY first_request, bucket, object_key, eventname
