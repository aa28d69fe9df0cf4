-- title: Who deleted this object
-- question: Which calls deleted this object, or may have, by whom and from where?
-- table: cloudtrail_logs
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: bucket/key of the object, text, 'hr-data/payroll/2026/q3.csv'
-- parameter: its bucket, text, 'hr-data'
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
    AND eventname IN ('DeleteObject', 'DeleteObjects', 'RenameObject', 'PutBucketLifecycle', 'DeleteBucket')
),
deletions AS (
  SELECT
    *,
    CASE
      -- A rename deletes what it is made from; CloudTrail names the new object as bucket and key.
      WHEN eventname = 'RenameObject'
        THEN bucket || '/' || regexp_replace(
          try(url_decode(json_extract_scalar(requestparameters, '$["x-amz-rename-source"]'))),
          '^/*(' || bucket || '/)?', ''
        )
      ELSE coalesce(
        bucket || '/' || json_extract_scalar(requestparameters, '$.key'),
        -- A batch delete's record for each object names it as a resource only.
        regexp_extract(
          element_at(filter(resources, r -> r.type LIKE '%::Object'), 1).arn,
          '(?s)^arn:[^:]*:(?:s3:::|s3express:[^:]*:[^:]*:(?:bucket/)?)(.+)$', 1
        )
      )
    END AS object
  FROM requests
)
SELECT
  eventtime,
  eventname,
  object,
  coalesce(errorcode, 'success') AS outcome,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.accountid, 'unknown') AS principal,
  sourceipaddress,
  useragent,
  json_extract_scalar(requestparameters, '$.versionId') AS version,
  requestid
FROM deletions
WHERE object = ?
  OR (bucket = ? AND object IS NULL) -- a batch whose keys are not named, a lifecycle rule, the whole bucket
ORDER BY eventtime, requestid, eventname
