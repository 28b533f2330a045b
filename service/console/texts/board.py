"""The page 看板."""

from __future__ import annotations

from typing import Any, Final

PAGE: Final[dict[str, Any]] = {
    "title": "看板",
    "period": "统计期",
    "periods": {
        "7": "近 7 天",
        "30": "近 30 天",
        "90": "近 90 天",
        "month": "本月",
        "last_month": "上月",
    },
    "own": "日期、部门、区",
    "department": "部门",
    "district": "区",
    "all": "全部",
    "first_day": "从",
    "last_day": "到",
    "show": "查看",
    "print": "打印",
    "open_tables": "展开全部表格",
    "span": "{first} 至 {last}（{number} 天）收到的诉求，按现在的状态统计",
    "compared": "上期：{first} 至 {last}",
    "as_of": "统计截至 {moment}",
    "never": "还没有统计过，约两分钟后再看",
    "bad_days": "日期不对，已改为近 30 天",
    "bad_days_text": "开始日期不能晚于结束日期，一次至多看十年。",
    "head": "主要指标",
    "figures": "图表",
    "waiting": "正在统计…",
    "failed": "图表没有载入",
    "failed_text": "上面的主要指标和群体性苗头不受影响。",
    "measures": {
        "petitions": ("诉求量", "其中紧急 {part} 件"),
        "open": ("在办", "尚未办结的"),
        "overdue": ("超期", "已过期限仍未办结的"),
        "review": ("复核比例", "{whole} 件中 {part} 件复核"),
        "first_dispatch_precision": ("首派准确率", "{whole} 件中 {part} 件派准"),
        "returned": ("退单率", "{whole} 件中 {part} 件退过单"),
        "in_time": ("按期办结率", "{whole} 件中 {part} 件按期"),
        "satisfied": ("满意率", "{whole} 件评价中 {part} 件满意"),
    },
    "nothing_to_divide": "本期没有可计算的诉求",
    "previous": "上期 {value}",
    "more": "增 {n}",
    "less": "减 {n}",
    "same": "持平",
    "relative": "{n}（{percent}）",
    "points": "{n} 个百分点",
    "count": "{n} 件",
    "none": "–",
    "comma": "，",
    "separator": "、",
    "full_stop": "。",
    "empty_title": "这段时间没有收到诉求",
    "empty_text": "诉求登记后约两分钟，这里会显示诉求量、部门、时段、复核、退单和按期办结情况。"
    "可以换一个统计期、部门或区。",
    "table": "表格",
    "csv": "下载 CSV",
    "csv_label": "下载 CSV：{title}",
    "signs": "群体性苗头",
    "signs_note": "最近 {days} 天里很可能是许多人反映的同一件事，每小时归并一次，与统计期无关。"
    "这只是提醒，须由人核实；同文可能是一人多次来电，也可能是多人用同一文本。",
    "signs_as_of": "归并于 {moment}",
    "signs_never": "还没有归并过，最多一小时后会有结果。",
    "signs_none": "最近 {days} 天没有突增或群体用语的事项。",
    "signs_none_text": "五件以上很可能是同一件事的诉求会归在一起列在这里，突增的、用语像许多人一起行动的排在前面。",
    "signs_others": "其他热点 {n} 起（没有突增，也没有群体用语）",
    "sign_count": "{count} 件，{wordings} 种表述",
    "sign_growth": "最近 3 天 {recent} 件，此前 3 天 {before} 件",
    "sign_usual": "最密的 3 天 {peak} 件，同区域同部门平时 3 天约 {usual} 件",
    "sign_burst": "突增",
    "sign_crowd": "群体用语",
    "sign_span": "{first} 至 {last}",
    "sign_sample": "典型诉求：",
    "sign_petitions": "诉求",
    "sign_petition": "第 {n} 件",
    "sign_nowhere": "地点不明",
    "sign_nobody": "部门未定",
    "sign_unread": "没有查询诉求的权限，不显示内容。",
    "alarms": "预警",
    "alarms_note": "每天把前一天和近 7 天与此前 8 周相比，变化又大又非偶然的列在这里；"
    "导出是否损坏当天就看。与统计期无关，不含敏感诉求。",
    "alarms_as_of": "看到 {day}，{moment} 更新",
    "alarms_never": "还没有看过；登记诉求的第二天早上起有结果，比较需要至少四周的诉求。",
    "alarms_none": "没有需要留意的变化。",
    "alarm_since": "自 {since}，最近 {last}",
    "alarm_todo": "怎么办：",
    "alarm_words": "在三事清单里找：",
    "alarm_acknowledged": "{name} {moment} 确认：{why}",
    "acknowledge": "确认",
    "acknowledge_why": "已查明的原因或已采取的措施",
    "acknowledge_help": "确认后不再催促，列在这里直到不再有",
    "acknowledged": "已确认。",
    "measures_names": {
        "expected_accuracy": "模型自估准确率",
        "blind": "盲审：实际 / 自估",
        "unseen_share": "生词",
        "review_share": "复核",
        "correction_share": "更正",
        "slow_share": "慢答复",
    },
    "interval": "{share}（{low}–{high}）",
    "versus": "{found} / {expected}（{n} 件）",
    "drift": "来件变化",
    "drift_note": "最近 30 天（{recent_first} 至 {recent_last}，{recent} 件）与此前 90 天（{before} 件）相比，"
    "来件的构成变了没有。"
    "只说明来件变了，不说明模型变差；是否变差看首派准确率、退单率和现场准确率。",
    "drift_says": {
        "stable": "构成与以前相同，或变化在偶然范围之内。",
        "watch": "有所变化：看是哪一类、是否知道原因（新渠道、季节、专项行动）。",
        "changed": "变化很大：抽查一批诉求；模型若在这些诉求上出错，用较新的诉求重新训练。",
        "too_few": "两段时间里有一段不足 100 件，不作判断。",
    },
    "drift_part": "{name} {before}→{recent}",
    "live": "现场准确率",
    "live_note": "模型认为不用人看的诉求抽出一部分，由看不到建议的人独立判断；只按这些结论计算，与统计期无关。",
    "live_value": "{verdicts} 件盲审中 {right} 件与模型一致",
    "live_interval": "95% 区间 {low}–{high}",
    "live_target": "目标 {target}",
    "live_seen": "另有 {seen} 件判断时看到了建议，不计入。",
    "live_few": "不足 {least} 件时不会自动停止自动分拨。",
    "live_none": "还没有盲审结论",
    "live_none_text": "复核员完成盲审后，这里会显示现场准确率和它的区间。",
    "running": "自动分拨运行中",
    "stopped": "自动分拨已停止",
    "since": "自 {moment}",
    "said": "{who}：{why}",
    "key_tables": "展开或收起全部表格",
    "key_print": "打印",
}

SCRIPT: Final[dict[str, Any]] = {
    "open_tables": PAGE["open_tables"],
    "close_tables": "收起全部表格",
    "file": "看板-{title}-{first}至{last}.csv",
    "cell": "{y} {x}：{value}",
    "moved": "从 {y}\n改到 {x}：{value} 次",
}

UNKNOWN: Final = "（未定）"
NO_PLACE: Final = "（地点不明）"
NO_CHANNEL: Final = "（无）"
REST: Final = "其余"
OTHERS: Final = "其余 {n} 个"
TOTAL: Final = "合计"

UNITS: Final = {"day": "每日", "week": "每周", "month": "每月"}

FIGURES: Final[dict[str, dict[str, Any]]] = {
    "volume": {
        "title": "诉求量",
        "note": "{step}收到的件数。现在的事项类别：{matters}",
        "columns": ("日期", "诉求量"),
        "says": "{step}诉求量柱状图，共 {total} 件，最多的是 {most}（{n} 件）；{matters}。",
        "empty": "收到诉求后，这里按日期显示诉求量和事项类别。",
    },
    "week": {
        "title": "收到时段",
        "note": "一周里每天、每小时平均收到多少件，横为 0 时至 23 时",
        "columns": ("星期", "天数", "{hour} 时", "日均"),
        "says": "一周时段热力图：最忙的是{day} {hour} 时，平均 {n} 件。",
        "empty": "收到诉求后，这里显示一周里哪些时段最忙。",
        "unit": "平均 {n} 件",
    },
    "departments": {
        "title": "责任部门",
        "note": "现在的责任部门，颜色为事项类别；图中为件数最多的 {n} 个",
        "columns": ("责任部门", "诉求量", "占比"),
        "says": "责任部门条形图：最多的是{names}。",
        "empty": "诉求分拨后，这里显示各部门的件数。",
    },
    "communities": {
        "title": "社区",
        "note": "单位目录能认出社区的诉求；图中为件数最多的 {n} 个",
        "columns": ("社区", "街道", "区", "诉求量"),
        "says": "社区条形图：最多的是{names}。",
        "empty": "单位目录里有社区、诉求里认得出地点时，这里显示各社区的件数。",
    },
    "districts": {
        "title": "区域",
        "note": "诉求里认得出的区",
        "columns": ("区", "诉求量", "占比"),
        "says": "区域条形图：最多的是{names}。",
        "empty": "收到诉求后，这里显示各区的件数。",
    },
    "channels": {
        "title": "来源",
        "note": "工单系统登记的来源渠道",
        "columns": ("来源", "诉求量", "占比"),
        "says": "来源条形图：最多的是{names}。",
        "empty": "收到诉求后，这里显示各来源的件数。",
    },
    "review": {
        "title": "复核比例与人机一致率",
        "note": "近 12 个月按月；人机一致率只算由人确认或更正过的诉求，不等于模型的准确率",
        "columns": ("月份", "诉求量", "须人工看", "复核比例", "人工判断", "与建议一致", "人机一致率"),
        "names": ("复核比例", "人机一致率"),
        "says": "近 12 个月折线图。{latest}",
        "empty": "复核员确认或更正诉求后，这里按月显示复核比例和人机一致率。",
    },
    "dispatch": {
        "title": "首派准确率与退单率",
        "note": "近 12 个月按月；刚交办的还来不及退回，最近一个月会偏好",
        "columns": ("月份", "已交办", "退过或改派", "首派准确率", "退过单", "退单率"),
        "names": ("首派准确率", "退单率"),
        "says": "近 12 个月折线图。{latest}",
        "empty": "诉求交办后，这里按月显示首派准确率和退单率。",
    },
    "deadlines": {
        "title": "按期办结",
        "note": "近 12 个月按收到的月份；未到期的和已并单的不计",
        "columns": ("月份", "按期办结", "逾期办结", "超期未办结", "按期办结率"),
        "names": ("按期办结", "逾期办结", "超期未办结"),
        "says": "近 12 个月柱状图：共按期办结 {in_time} 件，逾期办结 {late} 件，超期未办结 {overdue} 件。",
        "empty": "有期限的诉求办结或超期后，这里按月显示按期办结情况。",
    },
    "units": {
        "title": "承办单位退单",
        "note": "退单数最多的 {n} 个；退单可能有理，各单位职责不同，不作排名",
        "columns": ("承办单位", "交办", "退单", "退单率", "办结", "用时中位数（工作日）", "超期未办"),
        "names": ("退单",),
        "says": "承办单位退单条形图：最多的是{names}。",
        "empty": "诉求交办后，这里显示各承办单位的退单、用时和超期。",
        "no_chart": "这段时间没有退单；交办、用时和超期见表格。",
    },
    "corrections": {
        "title": "部门改派",
        "note": "更正和退单把诉求从哪个部门（行）改到哪个部门（列），单位为次；共 {total} 次",
        "elsewhere": "，其中 {elsewhere} 次在其他部门之间，不在图中",
        "columns": ("原部门", "新部门", "次数"),
        "says": "部门改派热力图，共 {total} 次；最多的是{names}。",
        "pair": "{before}改到{after}（{n} 次）",
        "empty": "有人更正部门、单位退单改派后，这里显示常在哪两个部门之间改派。",
        "unit": "{n} 次",
    },
}

NAMED: Final = "{name}（{n} 件）"
SHARED: Final = "{name} {n} 件（{share}）"
PERCENT_NOW: Final = "{name}：{period} 为 {value}"
SEPARATOR: Final = "、"
SENTENCES: Final = "；"

ALARM_COLUMNS: Final = ("预警", "级别", "状态", "起", "最近", "此前", "现在", "说明", "确认")
ALARM_STATES: Final = {"open": "待确认", "acknowledged": "已确认", "over": "已结束"}
DRIFT_COLUMNS: Final = ("看什么", "判断", "指数", "偶然上限", "变化最大的类别（以前→最近）")
LIVE_MONTHS: Final = ("月份", "盲审", "一致", "准确率", "95% 区间")
LIVE_DEPARTMENTS: Final = ("模型建议的部门", "盲审", "一致", "准确率", "95% 区间")
LIVE_BY: Final = {"months": "现场准确率（按月）", "departments": "现场准确率（按部门）"}
