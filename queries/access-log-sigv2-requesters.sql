-- title: Who signs with Signature Version 2, by the access logs
-- question: Which requesters and programs have to be brought up to date?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
SELECT
  requester,
  useragent,
  bucket_name,
  count(*) AS requests,
  min(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS first_request,
  max(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS last_request
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND sigv = 'SigV2'
GROUP BY 1, 2, 3
ORDER BY requests DESC, last_request DESC
