-- title: Who touched this object or used this bucket
-- question: Who read, wrote, copied, deleted or changed this object, or used this bucket, between these moments?
-- table: cloudtrail_logs
-- statement: who_touched_this
-- parameter: first day of the log files, text, '2026/11/20'
-- parameter: last day of the log files, text, '2026/11/21'
-- parameter: from this moment, text, '2026-11-20T08:00:00Z'
-- parameter: to this moment, text, '2026-11-20T18:00:00Z'
-- parameter: the object or the bucket, text, 's3://hr-data/payroll/2026/q3.csv'
WITH records AS (
  SELECT
    *,
    coalesce(
      nullif(json_extract_scalar(requestparameters, '$.bucketName'), ''),
      CASE -- that a call to S3 Access Grants is about
        WHEN eventname IN (
          'CreateAccessGrant', 'CreateAccessGrantsLocation', 'UpdateAccessGrantsLocation', 'GetDataAccess',
          'CreateAccessPoint'
        ) THEN coalesce(
          nullif(regexp_extract(responseelements, '(?i)"(?:grant|location)scope": *"s3://([^/"*]+)', 1), ''),
          nullif(regexp_extract(
            requestparameters, '(?i)"(?:locationscope|target|bucket)": *"(?:s3://)?([^/"*]+)', 1
          ), '')
        )
      END
    ) AS named_bucket,
    nullif(json_extract_scalar(requestparameters, '$.key'), '') AS named_key,
    coalesce(
      json_extract_scalar(requestparameters, '$["x-amz-copy-source"]'),
      json_extract_scalar(requestparameters, '$["x-amz-rename-source"]')
    ) AS copied_from,
    -- The buckets among the resources, entries of buckets first; an access point's ARN names none.
    filter(transform(
      concat(
        coalesce(filter(resources, r -> r.type LIKE '%Bucket'), ARRAY[]),
        coalesce(filter(resources, r -> coalesce(r.type, '') NOT LIKE '%Bucket'), ARRAY[])
      ),
      r -> if(
        NOT regexp_like(r.arn, '^arn:[^:]*:s3express:[^:]*:[^:]*:accesspoint/'),
        regexp_extract(
          r.arn,
          '^arn:[^:]*:(?:s3:::|s3express:[^:]*:[^:]*:(?:bucket/)?'
            || '|s3-outposts:[^:]*:[^:]*:outpost/[^/]*/bucket/)([^/]+)', 1
        )
      )
    ), bucket -> bucket <> '') AS buckets,
    filter(transform(resources, r -> regexp_extract(
      r.arn,
      '(?s)^arn:[^:]*:(?:s3[^:]*:[^:]+:[^:]*:(?:accesspoint|outpost)/.*?/object/'
        || '|s3:::[^/]+/|s3express:[^:]*:[^:]*:(?:bucket/)?[^/]+/)(.+)$', 1
    )), key -> key <> '') AS keys
  FROM cloudtrail_logs
  WHERE "timestamp" BETWEEN ? AND ?
    AND eventtime BETWEEN ? AND ?
    AND starts_with(eventsource, 's3')
),
targets AS (
  SELECT
    *,
    -- A request may name an access point in the bucket's place, by its alias or ARN.
    if(
      named_bucket IS NULL
        OR regexp_like(named_bucket, '^arn:|(-s3alias|--xa-s3|--ol-s3|--op-s3|\.mrap)$'),
      coalesce(element_at(buckets, 1), named_bucket), named_bucket
    ) AS bucket,
    -- A batch delete's record for each object names it as a resource only.
    coalesce(named_key, element_at(keys, 1)) AS object_key,
    -- An encoded name, perhaps with a version; a plus is a blank or itself.
    transform(
      ARRAY[copied_from, replace(copied_from, '+', '%2B')],
      source -> regexp_replace(try(url_decode(regexp_replace(source, '\?versionId=.*$', ''))), '^/+', '')
    ) AS headers
  FROM records
),
copies AS (
  SELECT
    *,
    transform(headers, source -> CASE
      WHEN eventname = 'RenameObject' AND starts_with(source, bucket || '/') THEN source
      WHEN eventname = 'RenameObject' THEN bucket || '/' || source
      WHEN regexp_like(source, '(?s)^arn:|^[^/]+(-s3alias|--(xa|ol|op)-s3|\.mrap)/')
        THEN coalesce(element_at(filter(buckets, b -> b <> bucket), 1), bucket) || '/'
          || regexp_extract(source, '(?s)^(?:arn:.*?/object|[^/]+)/(.+)$', 1)
      ELSE source
    END) AS sources
  FROM targets
),
places AS (
  SELECT
    *,
    array_distinct(concat(
      ARRAY[
        bucket,
        bucket || '/' || object_key,
        -- A batch delete whose keys are not named may have deleted any object of its bucket.
        if(eventname = 'DeleteObjects' AND object_key IS NULL AND errorcode IS NULL, bucket || '/')
      ],
      buckets,
      coalesce(filter(transform(resources, r -> regexp_extract(
        r.arn, '(?s)^arn:[^:]*:(?:s3:::|s3express:[^:]*:[^:]*:(?:bucket/)?)(.+)$', 1
      )), place -> place <> ''), ARRAY[]),
      sources,
      transform(sources, source -> split_part(source, '/', 1))
    )) AS touched
  FROM copies
)
SELECT
  eventtime,
  eventname,
  's3://' || bucket || coalesce('/' || object_key, '') AS object,
  copied_from,
  coalesce(errorcode, 'success') AS outcome,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.accountid, 'unknown') AS principal,
  sourceipaddress,
  useragent,
  cast(try_cast(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double) AS bigint)
    AS bytes_out,
  requestid
FROM places
CROSS JOIN UNNEST(touched) AS places_touched (place)
WHERE regexp_replace(?, '^s3://', '') BETWEEN place AND if(place = bucket || '/', bucket || '0', place) -- 0 follows /
ORDER BY eventtime, requestid, eventname
