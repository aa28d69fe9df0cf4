-- title: Bytes by requester, by the access logs
-- question: Who carried how much out of a bucket?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
-- parameter: bucket, text, 'hr-data'
SELECT
  requester,
  count(*) AS requests,
  count(DISTINCT key) AS objects,
  coalesce(sum(bytessent), 0) AS bytes_out,
  min(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS first_request,
  max(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS last_request
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND bucket_name = ?
GROUP BY 1
ORDER BY bytes_out DESC, requester
