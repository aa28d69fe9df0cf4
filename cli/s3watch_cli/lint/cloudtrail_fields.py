"""The fields of a CloudTrail record that AWS documents.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

FIELDS = frozenset(
    [
        "eventVersion",
        "eventTime",
        "eventSource",
        "eventName",
        "eventType",
        "eventID",
        "eventCategory",
        "requestID",
        "sharedEventID",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "errorCode",
        "errorMessage",
        "apiVersion",
        "readOnly",
        "managementEvent",
        "recipientAccountId",
        "vpcEndpointId",
        "vpcEndpointAccountId",
        "sessionCredentialFromConsole",
        "userIdentity",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "serviceEventDetails",
        "edgeDeviceDetails",
        "resources",
        "resources.type",
        "resources.ARN",
        "resources.ARNPrefix",
        "resources.accountId",
        "tlsDetails",
        "tlsDetails.tlsVersion",
        "tlsDetails.cipherSuite",
        "tlsDetails.clientProvidedHostHeader",
        "tlsDetails.keyExchange",
        "addendum",
        "addendum.reason",
        "addendum.updatedFields",
        "addendum.originalRequestID",
        "addendum.originalEventID",
        "userIdentity.type",
        "userIdentity.userName",
        "userIdentity.principalId",
        "userIdentity.arn",
        "userIdentity.accountId",
        "userIdentity.accessKeyId",
        "userIdentity.invokedBy",
        "userIdentity.credentialId",
        "userIdentity.identityProvider",
        "userIdentity.invokedByDelegate",
        "userIdentity.invokedByDelegate.accountId",
        "userIdentity.onBehalfOf",
        "userIdentity.onBehalfOf.userId",
        "userIdentity.onBehalfOf.identityStoreArn",
        "userIdentity.inScopeOf",
        "userIdentity.inScopeOf.sourceArn",
        "userIdentity.inScopeOf.sourceAccount",
        "userIdentity.inScopeOf.issuerType",
        "userIdentity.inScopeOf.credentialsIssuedTo",
        "userIdentity.sessionContext",
        "userIdentity.sessionContext.assumedRoot",
        "userIdentity.sessionContext.sourceIdentity",
        "userIdentity.sessionContext.ec2RoleDelivery",
        "userIdentity.sessionContext.sessionIssuer",
        "userIdentity.sessionContext.sessionIssuer.type",
        "userIdentity.sessionContext.sessionIssuer.userName",
        "userIdentity.sessionContext.sessionIssuer.principalId",
        "userIdentity.sessionContext.sessionIssuer.arn",
        "userIdentity.sessionContext.sessionIssuer.accountId",
        "userIdentity.sessionContext.attributes",
        "userIdentity.sessionContext.attributes.creationDate",
        "userIdentity.sessionContext.attributes.mfaAuthenticated",
        "userIdentity.sessionContext.webIdFederationData",
        "userIdentity.sessionContext.webIdFederationData.federatedProvider",
        "userIdentity.sessionContext.webIdFederationData.attributes",
    ]
)
FREE_FORM = (  # each API has its own fields below these
    "requestParameters.",
    "responseElements.",
    "additionalEventData.",
    "serviceEventDetails.",
    "edgeDeviceDetails.",
    "userIdentity.sessionContext.webIdFederationData.attributes.",
)
# "will not include the eventContext field": neither trails nor EventBridge carry it
LAKE_ONLY = "eventContext"


def is_documented(field: str) -> bool:
    """Whether a record can have this field."""
    return field in FIELDS or field.startswith(FREE_FORM)
