"""A job in its one JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.jobs.schemas import JobOut
from service.jobs.states import JOB_STATUS_NAMES, JobStatus
from service.moments import moment_json
from service.store.tables import Job

_AS_STORED = (
    *("id", "version", "status", "file_name", "size", "reading", "found", "options"),
    *("progress", "error", "summary"),
)
_MOMENTS = ("created", "started", "ended")


def job_json(job: Job) -> dict[str, Any]:
    """A job as `service.jobs.schemas.JobOut` describes it; times are China's."""
    shown = {
        **{name: getattr(job, name) for name in _AS_STORED},
        **{name: moment_json(getattr(job, name)) for name in _MOMENTS},
        "status_name": JOB_STATUS_NAMES[JobStatus(job.status)],
        "owner": job.actor,
        "owner_name": job.actor_name,
        "cancelling": job.cancel and job.status == JobStatus.RUNNING,
        "warnings": _warnings(job.summary or {}),
        "downloads": [
            {
                "kind": kind,
                "name": output["name"].rpartition("/")[2],
                "bytes": output["bytes"],
                "href": _href(job, kind),
            }
            for kind, output in (job.outputs or {}).items()
        ],
    }
    return {name: shown[name] for name in JobOut.model_fields}


def _href(job: Job, kind: str) -> str:
    return f"/v1/jobs/{job.id}/{kind}"


def _warnings(summary: Mapping[str, Any]) -> list[str]:
    warnings = []
    if summary.get("rejected"):
        reasons = "；".join(f"{reason} {count:,} 行" for reason, count in summary["reject_reasons"].items())
        warnings.append(f"有 {summary['rejected']:,} 行未能完整保留，原文和原因在 rejected：{reasons}")
    if summary.get("unmapped"):
        units = sum(summary["unmapped"].values())
        warnings.append(f"有 {units:,} 行的承办单位对不上目录，没有与模型比较")
    return warnings
