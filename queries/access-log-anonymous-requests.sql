-- title: Anonymous requests, by the access logs
-- question: What was asked for without credentials, from where, and was it given?
-- table: s3_access_logs
-- parameter: first day, text, '2026/11/20'
-- parameter: last day, text, '2026/11/20'
SELECT
  date_parse(requestdatetime, '%d/%b/%Y:%H:%i:%s +0000') AS request_time,
  bucket_name,
  operation,
  key,
  httpstatus,
  remoteip,
  useragent,
  requestid
FROM s3_access_logs
WHERE "timestamp" BETWEEN ? AND ?
  AND bucket_name IS NOT NULL -- a line that can not be read has nothing but nulls
  AND requester = '-'
  AND coalesce(sigv, '-') = '-' -- credentials that S3 rejected have a signature, or an error that says so
  AND errorcode NOT IN (
    'AuthorizationHeaderMalformed', 'AuthorizationQueryParametersError', 'ExpiredToken', 'InvalidAccessKeyId',
    'InvalidToken', 'RequestExpired', 'RequestTimeTooSkewed', 'SignatureDoesNotMatch', 'TokenRefreshRequired'
  )
  AND NOT regexp_like(operation, '^S3\.(EXPIRE|CREATE\.DELETEMARKER|DELETE\.UPLOAD|TRANSITION)') -- lifecycle rules
ORDER BY request_time, requestid
