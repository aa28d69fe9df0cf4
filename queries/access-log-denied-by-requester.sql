-- title: Denied requests by requester, by the access logs
-- question: Who was refused what, how often, and since when, also with keys and signatures that are wrong?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
SELECT
  requester,
  bucket_name,
  operation,
  errorcode,
  count(*) AS requests,
  count(DISTINCT key) AS objects,
  count(DISTINCT remoteip) AS addresses,
  min(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS first_request,
  max(date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000')) AS last_request
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND (
    errorcode LIKE '%AccessDenied%'
    OR errorcode LIKE '%Unauthorized%'
    OR coalesce(nullif(errorcode, '-'), httpstatus) IN (
      '403', 'AccountProblem', 'AllAccessDisabled', 'ExpiredToken', 'Forbidden', 'InvalidAccessKeyId',
      'InvalidToken', 'NotSignedUp', 'RequestExpired', 'SignatureDoesNotMatch', 'TokenRefreshRequired'
    )
  )
GROUP BY 1, 2, 3, 4
ORDER BY requests DESC, last_request DESC
