"""Adds the facts of another service's finding to an OCSF Detection Finding: its source, id and state."""

from __future__ import annotations

from typing import Any

from s3watch.findings.finding import Finding

# OCSF 1.5 has no status for deleted: 99 is Other.
_STATUS = {"archived": (5, "Archived"), "resolved": (4, "Resolved"), "deleted": (99, "Deleted")}


def complete(document: dict[str, Any], finding: Finding) -> dict[str, Any]:
    """Return the Detection Finding with the service's facts; our id stays, theirs is a related event."""
    number, name = _STATUS.get(finding.state, (1, "New"))
    info = document["finding_info"] | {
        "title": finding.title or finding.type,
        "types": [finding.type],
        "data_sources": [_data_source(finding)],
        "related_events": [{"uid": finding.id, "type": finding.type}],
        **({"desc": finding.description} if finding.description else {}),
        **({"src_url": finding.link} if finding.link else {}),
        **({"created_time": int(finding.opened * 1000)} if finding.opened else {}),
        **({"modified_time": int(finding.updated * 1000)} if finding.updated else {}),
    }
    shown = [_seen(evidence, finding) for evidence in document["evidences"]]
    return document | {
        "evidences": [evidence for evidence in shown if evidence],
        "finding_info": info,
        "count": finding.count,
        "status_id": number,
        "status": name,
    }


def _seen(evidence: dict[str, Any], finding: Finding) -> dict[str, Any]:
    """Leave out the call or the caller if the service does not name it."""
    unknown = {"api"} if not finding.api else set()
    unknown |= {"actor"} if finding.actor in ("", "unknown") else set()
    return {name: value for name, value in evidence.items() if name not in unknown}


def _data_source(finding: Finding) -> str:
    return (
        f"Amazon {finding.service}" if finding.service in ("GuardDuty", "Macie") else f"AWS {finding.service}"
    )
