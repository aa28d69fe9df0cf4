-- title: Requests signed with Signature Version 2, by the access logs
-- question: Which requests are still signed in the old way, which S3 may refuse?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
SELECT
  date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000') AS request_time,
  bucket_name,
  operation,
  key,
  requester,
  remoteip,
  useragent,
  requestid
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND sigv = 'SigV2'
ORDER BY request_time, requestid
