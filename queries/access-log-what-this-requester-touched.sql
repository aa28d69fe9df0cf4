-- title: What this requester touched, by the access logs
-- question: Which objects did this requester ask for, how often, and with what status?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
-- parameter: who, as alerts name them, or an ARN, a canonical user id or an address, text, 'role/Analyst'
WITH requests AS (
  SELECT
    *,
    nullif(split_part(requester, ':', 5), '') AS account,
    nullif(regexp_extract(requester, '(?s)^arn:(?:[^:]*:){4}(.*)$', 1), '') AS resource
  FROM s3_access_logs
  WHERE "timestamp" BETWEEN ? AND ?
),
requesters AS (
  SELECT
    *,
    CASE
      WHEN regexp_like(operation, '^S3\.(EXPIRE|CREATE\.DELETEMARKER|DELETE\.UPLOAD|TRANSITION)')
        THEN 'service/lifecycle'
      WHEN requester = '-' THEN 'anonymous' -- also with credentials that S3 rejected
      WHEN requester = 'AmazonS3' THEN 'service/s3.amazonaws.com'
      WHEN starts_with(requester, 'svc:') THEN 'service/' || substr(requester, 5)
      WHEN requester = bucketowner OR resource = 'root' THEN 'root'
      WHEN starts_with(resource, 'assumed-role/') THEN 'role/' || split_part(resource, '/', 2)
      WHEN starts_with(resource, 'federated-user/') THEN 'federated/' || regexp_extract(resource, '[^/]*$')
      ELSE regexp_extract(resource, '^[^/]*/') || regexp_extract(resource, '[^/]*$')
    END AS name,
    -- A user of Identity Center is the session of a role with such a name.
    regexp_extract(resource, '(?s)^assumed-role/AWSReservedSSO_[^/]*/(.+)$', 1) AS person
  FROM requests
)
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
FROM requesters
WHERE ? IN (
  name, account || ':' || name, person, account || ':' || person, requester, account, remoteip
)
GROUP BY 1, 2, 3, 4, 5
ORDER BY first_request, bucket_name, key, operation
