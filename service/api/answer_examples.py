"""Answers that the API's description shows; all invented. Keys are names of the models that describe them."""

from __future__ import annotations

from typing import Any, Final

Example = dict[str, Any]

ROUTE: Final[Example] = {
    "matter": {
        "code": "government",
        "name": "大事",
        "confidence": 0.94,
        "alternatives": [
            {"code": "community", "name": "小事", "confidence": 0.05},
            {"code": "private", "name": "私事", "confidence": 0.01},
        ],
    },
    "department": {
        "code": "urban_management",
        "name": "城市管理综合执法部门",
        "confidence": 0.81,
        "alternatives": [
            {"code": "ecology_environment", "name": "生态环境部门", "confidence": 0.12},
            {"code": "market_regulation", "name": "市场监督管理部门", "confidence": 0.03},
            {"code": "public_security", "name": "公安机关", "confidence": 0.02},
        ],
    },
    "responsible": {
        "kind": "department",
        "name": "城市管理综合执法部门",
        "channel": "由12345热线或区、街道、社区三级服务中心登记转办，责任部门依职责办理，限时答复诉求人。",
        "level": None,
    },
    "candidates": {
        "coverage": 0.95,
        "departments": [
            {"code": "urban_management", "name": "城市管理综合执法部门", "confidence": 0.81},
            {"code": "ecology_environment", "name": "生态环境部门", "confidence": 0.12},
        ],
    },
    "co_departments": [{"code": "ecology_environment", "name": "生态环境部门", "confidence": 0.3}],
    "request_type": None,
    "confidence": 0.79,
    "review": {
        "required": True,
        "reasons": [{"code": "low_confidence", "message": "把握不足，请人工核对责任部门"}],
    },
    "emergency": None,
    "evidence": [{"start": 6, "end": 9, "text": "烧烤店", "weight": 0.42, "for": "department"}],
    "labels": {},
    "rules": [],
    "model": "default@2026.12",
    "profile": "best",
    "taxonomy": "2026.11",
    "mapped_from": None,
    "policy": {"target_precision": 0.9},
}

TAXONOMY: Final[Example] = {
    "version": "2026.11",
    "matters": [{"code": "government", "name": "大事", "definition": "…", "handling": "…", "typical": ["…"]}],
    "departments": [{"code": "urban_management", "name": "城市管理综合执法部门", "duty": "…"}],
    "topics": [{"name": "…", "children": []}],
    "border_rules": [],
    "retired": {"matter": [], "department": []},
}

_PETITION: Final[Example] = {
    "id": "01a22b3eddfe7c0c899c44664f56a796",
    "version": 1,
    "created": "2026-11-30T08:12:04.317+08:00",
    "received": "2026-11-30T08:12:00.000+08:00",
    "kind": "petition",
    "kind_name": "诉求",
    "external_id": "GD-2026-1130-001",
    "channel": "12345热线",
    "title": "烧烤摊油烟扰民",
    "text": "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉，找物业也没人管",
    "area": "滨江街道",
    "extra": None,
    "masked": None,
    "matter": {"code": "government", "name": "大事"},
    "department": {"code": "urban_management", "name": "城市管理综合执法部门"},
    "co_departments": [{"code": "ecology_environment", "name": "生态环境部门"}],
    "request_type": None,
    "unit": {"code": "cg-1", "name": "临江市城市管理局"},
    "unit_rule": "责任部门在本市只有这一个单位",
    "place": None,
    "status": "pending",
    "status_name": "待分类",
    "due": "2026-12-07",
    "due_at": None,
    "due_provisional": False,
    "overdue": False,
    "extensions": 0,
    "returns": 0,
    "hard": False,
    "final": False,
    "urges": 1,
    "urged": "2026-12-03T09:20:11.530+08:00",
    "inquiries": 0,
    "inquired": None,
    "unanswered": True,
    "replied": None,
    "progress": None,
    "deliberation": None,
    "referral": None,
    "resources": None,
    "review": True,
    "review_reasons": ["low_confidence"],
    "emergency": None,
    "sensitive": [],
    "restricted": False,
    "confidence": 0.79,
    "decided_by": None,
    "taken_by": None,
    "taken_until": None,
    "closed": None,
    "outcome": None,
    "satisfied": None,
    "merged_into": None,
    "same_matter": [
        {
            "petition": "01a22b3ee01579788cb7a118f49f54c3",
            "state": "likely",
            "score": 0.86,
            "reason": "同一街道，都提到「烧烤店、油烟」",
        }
    ],
    "route": ROUTE,
    "directory": 3,
}
_ENTRY: Final[Example] = {
    "at": "2026-11-30T09:05:41.002+08:00",
    "actor": "key:7c1f",
    "actor_name": "热线工单系统",
    "action": "corrected",
    "why": "无证经营为主，由市场监管牵头",
    "changes": {"department": ["urban_management", "market_regulation"], "review": [True, False]},
    "model": "default@2026.12",
    "taxonomy": "2026.11",
    "policy": "0.9@1f0c5a7d22e4",
    "directory": 3,
}
_UNIT: Final[Example] = {
    "code": "cg-1",
    "name": "临江市城市管理局",
    "department": "urban_management",
    "level": "city",
}
_VERSION: Final[Example] = {
    "version": 1,
    "at": "2026-11-02T10:00:00.000+08:00",
    "actor": "account:5b0e",
    "actor_name": "系统管理员",
    "why": "首次录入",
}
_NO_CHANGE: Final[Example] = {"added": [], "removed": [], "changed": []}
_CHANGES: Final[Example] = {
    "units": {"added": [_UNIT], "removed": [], "changed": []},
    "rules": _NO_CHANGE,
    "places": _NO_CHANGE,
    "services": _NO_CHANGE,
}
_SERVICE: Final[Example] = {
    "id": "柳荫调解室",
    "name": "柳荫调解室",
    "kind": "mediation",
    "address": "柳荫社区便民服务中心二楼",
    "phone": "0000-1234",
    "hours": "工作日 9:00—17:00",
    "cost": "免费",
    "reason": "诉求里提到「漏水」，服务柳荫社区",
}
_TRIAL: Final[Example] = {
    "version": 1,
    "matter": {"code": "government", "name": "大事"},
    "department": {"code": "urban_management", "name": "城市管理综合执法部门"},
    "place": {"district": {"id": "东城区", "name": "东城区"}, "source": "field", "ambiguous": False},
    "assignment": {
        "unit": _UNIT,
        "rule": None,
        "reason": "责任部门在本市只有这一个单位",
        "tried": [],
        "deputy": None,
        "ambiguous": False,
        "alternatives": [],
    },
    "services": [],
    "steps": ["按区域字段认出：东城区", "派往：临江市城市管理局（cg-1）"],
}
_QUEUED: Final[Example] = {**_PETITION, "blind": False}
_TALLY: Final[Example] = {"verdicts": 160, "right": 152, "precision": 0.95, "low": 0.9044, "high": 0.9744}
_FIGURES: Final[Example] = {
    "model": "default@2026.12",
    "profile": "best",
    "policy": "0.9@1f0c5a7d22e4",
    "target_precision": 0.9,
    **_TALLY,
    "seen": 1,
    "evidence": 0.02,
    "evidence_limit": 260.0,
    "least_verdicts": 30,
}
_LIVE_PRECISION: Final[Example] = {
    **_FIGURES,
    "by_month": [{"month": "2026-11", **_TALLY}],
    "by_department": [{"code": "urban_management", "name": "城市管理综合执法部门", **_TALLY}],
}
_STATISTICS: Final[Example] = {
    "received_from": "2026-11-01T00:00:00.000+08:00",
    "received_to": "2026-12-01T00:00:00.000+08:00",
    "petitions": 1200,
    "open": 310,
    "overdue": 4,
    "emergencies": 9,
    "hard": 6,
    "review_share": 0.35,
    "first_dispatch_precision": 0.94,
    "return_share": 0.03,
    "satisfied_share": None,
    "by_status": [{"code": "resolved", "name": "已办结", "count": 890}],
    "by_matter": [{"code": "government", "name": "大事", "count": 760}],
    "by_department": [{"code": "urban_management", "name": "城市管理综合执法部门", "count": 180}],
    "corrections": [
        {
            "from": {"code": "urban_management", "name": "城市管理综合执法部门"},
            "to": {"code": "market_regulation", "name": "市场监督管理部门"},
            "count": 12,
        }
    ],
    "blind": _LIVE_PRECISION,
}
_AUTO_ROUTING: Final[Example] = {
    "state": "running",
    "since": "2026-11-02T10:00:00.000+08:00",
    "actor": "account:5b0e",
    "actor_name": "李主管",
    "why": "已换用新模型，盲评达标",
    "figures": _FIGURES,
    "precision": _LIVE_PRECISION,
}
_COUNTS: Final[Example] = {
    "petitions": 1200,
    "open": 310,
    "overdue": 4,
    "hard": 6,
    "urged": 21,
    "unanswered": 9,
    "by_status": [{"code": "in_progress", "name": "办理中", "count": 180}],
    "by_matter": [{"code": "community", "name": "小事", "count": 320}],
    "by_kind": [{"code": "wish", "name": "微心愿", "count": 14}],
    "by_deliberation": [{"code": "agreed", "name": "达成一致", "count": 57}],
    "by_referral": [{"code": "mediation", "name": "调解", "count": 33}],
}
_NAMED_DEPARTMENT: Final = {"code": "urban_management", "name": "城市管理综合执法部门"}
_OTHER_DEPARTMENT: Final = {"code": "market_regulation", "name": "市场监督管理部门"}
_DAYS: Final[Example] = {
    "first_day": "2026-11-01",
    "last_day": "2026-11-30",
    "as_of": "2026-11-30T08:58:00.000+08:00",
}
_PERIOD: Final[Example] = {
    "period": "2026-11-30",
    "first_day": "2026-11-30",
    "last_day": "2026-11-30",
    "counts": {
        "petitions": 420,
        "emergencies": 2,
        "to_people": 130,
        "dispatched": 400,
        "redirected": 20,
        "returned": 12,
        "decided": 120,
        "agreed": 90,
        "closed": 60,
        "in_time": 60,
        "rated": 20,
        "satisfied": 18,
        "overdue": 0,
    },
    "shares": {
        "review": 0.3095,
        "first_dispatch_precision": 0.95,
        "returned": 0.03,
        "agreement": 0.75,
        "in_time": 1.0,
        "satisfied": 0.9,
    },
    "by_matter": [{"code": "government", "name": "大事", "count": 300}],
}
_UNIT_FIGURES: Final[Example] = {
    "kind": "unit",
    "code": "cg-1",
    "name": "临江市城市管理局",
    "dispatched": 180,
    "returned": 6,
    "return_share": 0.0333,
    "closed": 150,
    "median_working_days": 4,
    "overdue": 1,
}
_SIGN: Final[Example] = {
    "level": 2,
    "level_name": "重点关注",
    "burst": True,
    "crowd": True,
    "count": 14,
    "wordings": 13,
    "first": "2026-11-27T09:02:00.000+08:00",
    "last": "2026-11-30T08:40:00.000+08:00",
    "recent": 11,
    "before": 3,
    "peak": 11,
    "usual": 1.2,
    "matter": {"code": "government", "name": "大事"},
    "department": {"code": "housing", "name": "住房和城乡建设部门"},
    "district": "东城区",
    "street": None,
    "community": None,
    "sample": {
        "petition": "01a22b3eddfe7c0c899c44664f56a796",
        "excerpt": "锦桂花园业主们联名要求退电梯维修费",
    },
    "petitions": ["01a22b3eddfe7c0c899c44664f56a796"],
}
_DRIFT: Final[Example] = {
    "as_of": "2026-11-30T08:58:00.000+08:00",
    "recent": {"first_day": "2026-11-01", "last_day": "2026-11-30", "petitions": 9100},
    "before": {"first_day": "2026-08-03", "last_day": "2026-10-31", "petitions": 27400},
    "items": [
        {
            "feature": "channel",
            "name": "来源",
            "level": "watch",
            "level_name": "留意",
            "psi": 0.1278,
            "chance": 0.0011,
            "parts": [{"code": "微信", "name": "微信", "before": 0.08, "recent": 0.19, "psi": 0.0951}],
        }
    ],
}
_MODEL: Final[Example] = {
    "model": "default@2026.12",
    "taxonomy": "2026.11",
    "policy": "0.9@1f0c5a7d22e4",
    "profile": "best",
    "profiles": ["fast", "balanced", "best"],
    "target_precision": 0.9,
    "heads": {"matter": 4, "department": 48},
}
_MODEL_BRIEF: Final[Example] = {
    "id": "9b1f0c5a7d22",
    "model": "city@2026.11",
    "taxonomy": "2026.11",
    "state": "current",
    "state_name": "启用",
    "added": "2026-11-29T18:20:00+08:00",
    "promoted": "2026-11-30T09:00:00+08:00",
    "processes": 2,
}
_MODEL_VERSION: Final[Example] = {
    **_MODEL_BRIEF,
    "digest": "9b1f0c5a7d22e4b0a6c15c1df8d33e7702f4a1be5f0c9a72b4de1f0c5a7d22e4",
    "added_by_name": "命令行（petition）",
    "promoted_by_name": "系统管理员",
    "why": "11 月重新训练，门槛通过",
    "before": "41c07e55aa10",
    "refusal": None,
    "figures": {"department": {"n": 7541, "accuracy": 0.7693, "macro_f1": 0.7099, "ece": 0.0116, "coverage": 0.6329}},
    "gate": {"promote": True, "reasons": ["责任部门的准确率提高"], "details": {}},
    "used_by": [
        {
            "host": "hotline-1",
            "pid": 4021,
            "model": "city@2026.11",
            "problem": None,
            "seen": "2026-11-30T10:12:05+08:00",
        }
    ],
    "card": "# city@2026.11",
}

_SCOPES: Final = ["petitions:read", "petitions:write", "route"]
_SESSION: Final[Example] = {
    "id": "account:5b0e",
    "name": "王芳",
    "role": "reviewer",
    "role_name": "复核员",
    "scopes": [*_SCOPES, "review"],
    "expires": "2026-11-30T18:00:00.000+08:00",
    "csrf": "q8mZ1xXk",
}
_ACCOUNT: Final[Example] = {
    "id": "5b0e",
    "name": "wangfang",
    "shown_name": "王芳",
    "role": "reviewer",
    "role_name": "复核员",
    "active": True,
    "locked_until": None,
    "created": "2026-11-02T10:00:00.000+08:00",
    "signed_in": "2026-11-30T08:00:12.450+08:00",
}
_KEY: Final[Example] = {
    "id": "1f0c9a72b4de",
    "name": "热线工单系统",
    "scopes": _SCOPES,
    "rate": 600,
    "created": "2026-11-02T10:05:00.000+08:00",
    "expires": None,
    "revoked": None,
    "used": "2026-11-30T09:04:00.000+08:00",
    "in_use": True,
}
_AUDIT: Final[Example] = {
    "id": 17,
    "at": "2026-11-02T10:05:00.000+08:00",
    "actor": "account:77c2",
    "actor_name": "系统管理员",
    "action": "key_created",
    "target": "key:1f0c9a72b4de",
    "why": None,
    "details": {"scopes": _SCOPES},
}

_JOB: Final[Example] = {
    "id": "01a22b49bff77e268af79057906ae0b0",
    "version": 6,
    "status": "running",
    "status_name": "处理中",
    "file_name": "十一月工单.csv",
    "size": 1_843_200,
    "owner": "account:5b0e",
    "owner_name": "王芳",
    "created": "2026-11-30T09:00:00.000+08:00",
    "started": "2026-11-30T09:00:02.000+08:00",
    "ended": None,
    "cancelling": False,
    "reading": {"encoding": None, "sheet": None, "columns": None},
    "found": {
        "description": "GB18030，逗号分隔",
        "columns": ["工单编号", "诉求内容"],
        "mapping": {"id": "工单编号", "text": "诉求内容"},
    },
    "options": {
        "output_format": "csv",
        "output_encoding": "utf-8-sig",
        "profile": None,
        "mask": False,
        "report": True,
    },
    "progress": {
        "share": 0.4,
        "rows": 4000,
        "rows_expected": 10000,
        "rows_per_second": 500.0,
        "seconds_left": 12.0,
    },
    "error": None,
    "warnings": [],
    "summary": None,
    "downloads": [],
}

_FINDING: Final[Example] = {
    "petition": "01a22b3eddfe7c0c899c44664f56a796",
    "external_id": "GD-2026-1130-001",
    "channel": "12345热线",
    "received": "2026-11-30T08:12:00.000+08:00",
    "status": "resolved",
    "restricted": False,
    "masked": None,
    "places": {"phone": ["text"]},
    "replies": 1,
}

_SHORT: Final[Example] = {
    "petition": "01a22b3ee01579788cb7a118f49f54c3",
    "received": "2026-11-12T19:40:00.000+08:00",
    "excerpt": "小区北门烧烤摊每天营业到凌晨，油烟很大",
    "matter": {"code": "government", "name": "大事"},
    "department": {"code": "urban_management", "name": "城市管理综合执法部门"},
    "unit": {"code": "cg-1", "name": "临江市城市管理局"},
    "status": "resolved",
    "status_name": "已办结",
}
_ADVICE: Final[Example] = {
    "acceptance": [
        {
            "code": "litigation_arbitration",
            "name": "已经或应当通过诉讼、仲裁解决",
            "ground": "国办发〔2020〕53号：须通过诉讼、仲裁等程序解决的事项，热线不受理",
            "tell": "您反映的事项已进入诉讼或仲裁程序，应由人民法院或仲裁机构依法处理。",
            "line": None,
            "strength": "clear",
            "evidence": [{"start": 12, "end": 17, "text": "已经起诉了"}],
        }
    ],
    "similar": [{**_SHORT, "outcome": "已责令安装油烟净化设备，次日复查达标", "similarity": 0.61}],
    "repeats": [
        {
            **_SHORT,
            "status": "in_progress",
            "status_name": "办理中",
            "score": 0.86,
            "reason": "地点相同：云汀花园；内容相近：油烟",
            "blind": False,
        }
    ],
    "duty": {
        "department": {"code": "urban_management", "name": "城市管理综合执法部门"},
        "text": "负责市容环境和城市管理执法：餐馆、烧烤油烟和占道经营。",
        "matches": [{"start": 16, "end": 18, "text": "烧烤"}],
        "typical": ["露天烧烤油烟扰民"],
    },
}

_WEBHOOK: Final[Example] = {
    "id": "01a22b3f1c007d3a8c1190aa64b7f2e1",
    "name": "热线工单系统",
    "url": "https://orders.example/events",
    "kinds": ["petition.routed", "petition.corrected", "petition.returned", "petition.overdue"],
    "channels": [],
    "personal": False,
    "restricted": False,
    "active": True,
    "created": "2026-11-02T10:05:00.000+08:00",
    "former_until": None,
    "succeeded": "2026-11-30T09:04:00.000+08:00",
    "failures": 0,
    "status": None,
    "error": None,
    "error_name": None,
    "retry_at": None,
    "waiting": 0,
    "dead": 1,
}
_SECRET: Final = "whsec_EXAMPLE"
_DELIVERY: Final[Example] = {
    "event": "01a22b40c1b07f11a1b2c3d4e5f60718",
    "kind": "petition.routed",
    "subject": "01a22b3eddfe7c0c899c44664f56a796",
    "time": "2026-11-27T08:12:04.317+08:00",
    "state": "dead",
    "state_name": "未送达",
    "attempts": 24,
    "due": None,
    "tried": "2026-11-30T08:20:40.002+08:00",
    "delivered": None,
    "status": 500,
    "error": "refused",
    "error_name": "对方答复不接受",
}
_ALARM: Final[Example] = {
    "id": "01a22b3eddfe7c0c899c44664f56a797",
    "code": "returns_rose",
    "level": "alarm",
    "level_name": "预警",
    "about": {"code": "unit:cg-1", "name": "临江市城市管理局"},
    "title": "临江市城市管理局退单增多",
    "seen": "近 7 天退单占交办的 31%，此前 8 周为 4.2%（交办 96 件）。",
    "todo": "请联系该单位：若已改名、撤并或职责调整，请更新单位目录，必要时做分类迁移；"
    "若是分错，请更正并在积累后重新训练。",
    "before": 0.042,
    "now": 0.3125,
    "size": 96,
    "parts": [],
    "state": "open",
    "since": "2026-11-27",
    "last": "2026-11-29",
    "over": None,
    "raised": "2026-11-28T06:12:00.000+08:00",
    "acknowledged": None,
    "acknowledged_by": None,
    "acknowledged_name": None,
    "why": None,
}
_MEASURES: Final[Example] = {
    "petitions": 2140,
    "psi": {"matter": 0.004, "department": 0.021, "channel": 0.003, "length": 0.006},
    "unseen_share": 0.087,
    "review_share": 0.34,
    "correction_share": 0.18,
    "slow_share": 0.001,
    "expected_accuracy": {"share": 0.861, "low": 0.8457, "high": 0.875},
    "blind": {"expected": 0.941, "found": 0.935, "verdicts": 310},
}

ANSWERS: Final[dict[str, Example]] = {
    "AdviceOut": _ADVICE,
    "PetitionOut": _PETITION,
    "PetitionPageOut": {"items": [_PETITION], "next": None},
    "HistoryOut": {"items": [_ENTRY]},
    "QueueOut": {"waiting": 1, "restricted_waiting": 0, "items": [_QUEUED]},
    "QueuedOut": _QUEUED,
    "TakenOut": {"petition": _QUEUED},
    "DirectoryOut": {**_VERSION, "units": [_UNIT], "rules": [], "places": [], "services": []},
    "VersionsOut": {"items": [_VERSION], "next": None},
    "DiffOut": {"old": 0, "new": 1, "changes": _CHANGES},
    "ImportOut": {"version": 1, "changes": _CHANGES, "notes": []},
    "AssignmentOut": _TRIAL,
    "ServicesOut": {"items": [_SERVICE]},
    "StatsOut": _STATISTICS,
    "AutoRoutingOut": _AUTO_ROUTING,
    "AlarmOut": {
        **_ALARM,
        "state": "acknowledged",
        "acknowledged": "2026-11-30T09:05:00.000+08:00",
        "acknowledged_by": "account:01a22b3f0c5b7d0e8b1f6c2d9e4a7b10",
        "acknowledged_name": "王芳",
        "why": "该局已改名，目录明天更新",
    },
    "AlarmsOut": {
        "day": "2026-11-29",
        "as_of": "2026-11-30T06:12:00.000+08:00",
        "measures": _MEASURES,
        "items": [_ALARM],
    },
    "CountsOut": _COUNTS,
    "SeriesOut": {**_DAYS, "by": "day", "total": {**_PERIOD, "period": "合计"}, "items": [_PERIOD]},
    "WeekOut": {**_DAYS, "items": [{"weekday": 1, "name": "周一", "days": 5, "petitions": [3] * 24}]},
    "SharesOut": {
        **_DAYS,
        "petitions": 9100,
        "by_matter_and_department": [
            {"matter": {"code": "government", "name": "大事"}, "department": _NAMED_DEPARTMENT, "count": 1800}
        ],
        "by_channel": {"items": [{"channel": "12345热线", "count": 7000}], "rest": 2100},
        "by_district": {"items": [{"district": "东城区", "count": 2400}], "rest": 6700},
        "by_community": {
            "items": [{"district": "东城区", "street": "安平街道", "community": "云桥社区", "count": 62}],
            "rest": 5200,
        },
    },
    "CorrectionsOut": {
        **_DAYS,
        "departments": [_NAMED_DEPARTMENT, _OTHER_DEPARTMENT],
        "matrix": [[0, 12], [5, 0]],
        "total": 20,
        "elsewhere": 3,
    },
    "UnitsOut": {**_DAYS, "items": [_UNIT_FIGURES], "more": 0},
    "SignsOut": {"as_of": "2026-11-30T08:30:00.000+08:00", "days": 14, "items": [_SIGN]},
    "DriftOut": _DRIFT,
    "ModelsOut": {"items": [_MODEL], "versions": [_MODEL_BRIEF], "pinned": False},
    "ModelVersionOut": _MODEL_VERSION,
    "SessionOut": _SESSION,
    "AccountOut": _ACCOUNT,
    "AccountsOut": {"items": [_ACCOUNT]},
    "KeyOut": _KEY,
    "NewKeyOut": {**_KEY, "token": "pn_1f0c9a72b4de_EXAMPLE"},
    "KeysOut": {"items": [_KEY]},
    "WebhookOut": _WEBHOOK,
    "NewWebhookOut": {**_WEBHOOK, "secret": _SECRET},
    "WebhooksOut": {"items": [_WEBHOOK]},
    "TrialOut": {"delivered": True, "status": 204, "error": None, "error_name": None, "ms": 12},
    "DeliveryPageOut": {"items": [_DELIVERY], "next": None},
    "ReplayOut": {"events": 1},
    "AuditPageOut": {"items": [_AUDIT], "next": None},
    "JobOut": _JOB,
    "JobPageOut": {"items": [_JOB], "next": None},
    "SampleOut": {"columns": ["工单编号", "诉求内容"], "rows": [["GD-1", "巷口路灯不亮"]]},
    "SearchOut": {"items": [_FINDING], "scanned": 1200, "next": None, "complete": True},
    "FileSearchOut": {
        "items": [{"job": "01a22b49bff77e268af79057906ae0b0", "part": "in", "rows": {"phone": 2}}],
        "scanned": 3,
        "unreadable": [],
        "next": None,
    },
    "ErasureOut": {"action": "mask", "petitions": 2},
    "HealthOut": {"status": "ok"},
    "ReadyOut": {
        "status": "ready",
        "model": "default@2026.12",
        "profile": "best",
        "taxonomy": "2026.11",
        "store": "ok",
    },
}
