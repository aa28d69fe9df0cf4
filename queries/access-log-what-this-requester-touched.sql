-- title: What this requester touched, by the access logs
-- question: Which objects did this requester ask for, how often, and with what status?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
-- parameter: ARN of the requester or the beginning of one, text, 'arn:aws:sts::111122223333:assumed-role/Analyst/'
SELECT
  requester,
  bucket_name,
  key,
  operation,
  httpstatus,
  count(*) AS requests,
  coalesce(sum(bytessent), 0) AS bytes_out,
  min(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS first_request,
  max(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS last_request
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND starts_with(requester, ?)
GROUP BY 1, 2, 3, 4, 5
ORDER BY first_request, bucket_name, key, operation
