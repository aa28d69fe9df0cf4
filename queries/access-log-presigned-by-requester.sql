-- title: Presigned requests by requester, by the access logs
-- question: Whose presigned URLs were used, from how many addresses, and how did it end?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
SELECT
  requester AS signed_by,
  bucket_name,
  operation,
  httpstatus,
  count(*) AS requests,
  count(DISTINCT key) AS objects,
  count(DISTINCT remoteip) AS addresses,
  min(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS first_request,
  max(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS last_request
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND authtype = 'QueryString'
  -- One of at most 300 seconds may be the console's own, which these logs do not tell.
  AND coalesce(try_cast(regexp_extract(request_uri, '[?&]X-Amz-Expires=([0-9]+)', 1) AS bigint), 301) > 300
GROUP BY 1, 2, 3, 4
ORDER BY requests DESC, last_request DESC
