-- title: Bytes by principal
-- question: Who carried how much out of a bucket and into it?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: bucket, text, 'hr-data'
WITH requests AS (
  SELECT
    *,
    -- A request may name an access point in the bucket's place, by its alias or ARN.
    coalesce(
      if(regexp_like(json_extract_scalar(requestparameters, '$.bucketName'), '^arn:|-s3alias$|--(xa|ol|op)-s3$|\.mrap$'),
        regexp_extract(element_at(filter(resources, r -> r.type LIKE '%Bucket'), 1).arn, '[^:/]*$')),
      json_extract_scalar(requestparameters, '$.bucketName')
    ) AS bucket
  FROM cloudtrail_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND eventsource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
)
SELECT
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.accountid, 'unknown') AS principal,
  count(*) AS requests,
  count(DISTINCT json_extract_scalar(requestparameters, '$.key')) AS objects,
  cast(coalesce(sum(try_cast(
    json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double)), 0) AS bigint) AS bytes_out,
  cast(coalesce(sum(try_cast(
    json_extract_scalar(additionaleventdata, '$.bytesTransferredIn') AS double)), 0) AS bigint) AS bytes_in,
  min(eventtime) AS first_request,
  max(eventtime) AS last_request
FROM requests
WHERE bucket = ?
GROUP BY 1
ORDER BY bytes_out DESC, bytes_in DESC, principal
