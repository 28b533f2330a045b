"""Request bodies that the API's description shows; all invented."""

from __future__ import annotations

from typing import Any, Final

Example = dict[str, Any]

PETITION: Final[Example] = {
    "id": "GD-2026-1130-001",
    "channel": "12345热线",
    "title": "烧烤摊油烟扰民",
    "text": "小区门口烧烤摊每晚油烟扰民，物业不管",
    "area": "滨江街道",
    "received": "2026-11-30T08:12:00+08:00",
}
DECIDED_PETITION: Final[Example] = {
    "text": "小区门口烧烤摊每晚油烟扰民，物业不管",
    "decision": {"department": "urban_management", "why": "占道经营为主"},
}
ADVICE: Final[Example] = {"title": "烧烤摊油烟扰民", "text": "小区门口烧烤摊每晚油烟扰民，物业不管", "area": "滨江街道"}
CORRECTION: Final[Example] = {
    "department": "market_regulation",
    "co_departments": ["urban_management"],
    "why": "无证经营为主，由市场监管牵头",
}
RETURN: Final[Example] = {"reason": "不在本单位管辖范围", "next_department": "urban_management"}
RESOLUTION: Final[Example] = {"status": "resolved", "outcome": "已责令安装油烟净化设备，次日复查达标"}
SATISFACTION: Final[Example] = {"satisfied": False, "why": "周末又开始冒烟"}
SAME_MATTER: Final[Example] = {"other": "0" * 32, "state": "merged", "why": "同一摊位，同一晚上"}
TAKE: Final[Example] = {"petition": "0" * 32}
DECISION: Final[Example] = {"department": "urban_management", "why": "占道经营为主"}
AUTO_ROUTING: Final[Example] = {"state": "running", "why": "已换用新模型，盲评达标"}
PROMOTION: Final[Example] = {"why": "11 月重新训练，门槛通过"}
ROLLBACK: Final[Example] = {"why": "燃气类误分增多，先回到上一版"}
ACKNOWLEDGEMENT: Final[Example] = {"why": "市民热线新增网格上报渠道，已知情"}
EXTENSION: Final[Example] = {"days": 5, "why": "等待第三方检测报告"}
RESOURCES: Final[Example] = {
    "needed": {"fund": 3000, "volunteers": 4, "other": "旧书架两个"},
    "pledged": {"fund": 2000, "donors": ["临江市慈善会"]},
}
DELIBERATION: Final[Example] = {
    "state": "agreed",
    "level": "小区",
    "date": "2026-11-28",
    "participants": 36,
    "outcome": "同意在东门增设充电桩，费用由物业承担",
}
REFERRAL: Final[Example] = {"kind": "mediation", "to": "柳荫社区人民调解委员会"}
URGE: Final[Example] = {"kind": "urge", "why": "明天到期，请抓紧办理"}
REPLY: Final[Example] = {"text": "已约物业明天上午到场", "progress": 50}
HARD: Final[Example] = {"hard": True, "why": "两家都说不归自己管"}
SIGN_IN: Final[Example] = {"name": "wangfang", "password": "春江潮水连海平海上明月"}
PASSWORD: Final[Example] = {"password": "春江潮水连海平海上明月", "new_password": "何处春江无月明江流宛转"}
ACCOUNT: Final[Example] = {
    "name": "wangfang",
    "shown_name": "王芳",
    "role": "reviewer",
    "password": "春江潮水连海平海上明月",
}
ACCOUNT_CHANGE: Final[Example] = {"active": False, "why": "调离岗位"}
KEY: Final[Example] = {
    "name": "热线工单系统",
    "scopes": ["petitions:read", "petitions:write"],
    "rate": 600,
    "days": 365,
}
KEY_CHANGE: Final[Example] = {"rate": 1200, "why": "话务量增加"}
READING: Final[Example] = {"encoding": "gb18030", "columns": {"text": "诉求内容", "department": "承办单位"}}
START: Final[Example] = {"output_format": "xlsx", "profile": "balanced", "mask": False, "report": True}
RESTRICTION: Final[Example] = {"restricted": True, "why": "反映的是本单位负责人"}
SEARCH: Final[Example] = {"phone": "138 0013 8000", "name": "张某某"}
ERASURE: Final[Example] = {"petitions": ["0" * 32], "action": "delete", "reason": "居民书面申请，2026 年第 12 号"}

WEBHOOK: Final[Example] = {
    "name": "热线工单系统",
    "url": "https://orders.example/events",
    "kinds": ["petition.routed", "petition.corrected", "petition.returned", "petition.overdue"],
}
WEBHOOK_CHANGE: Final[Example] = {"active": False, "why": "接收方升级"}
WEBHOOK_SECRET: Final[Example] = {"hours": 24}
WEBHOOK_REPLAY: Final[Example] = {"dead": True}
