from __future__ import annotations

from fastapi.testclient import TestClient
from petitions import act, stored

from service.petitions.schemas import StatsOut


def test_counts_and_shares_follow_what_people_did(client: TestClient) -> None:
    good = stored(client, "路灯不亮")
    moved = stored(client, "巷口油烟")
    sent_back = stored(client, "水管爆裂")
    stored(client, "不知道谁管，物业")
    stored(client, "路灯不亮", received="2020-01-01")
    act(client, moved, "corrections", {"department": "ecology_environment", "why": "x"})
    act(client, sent_back, "returns", {"reason": "x"})
    act(client, good, "status", {"status": "resolved", "outcome": "修好"})
    act(client, good, "satisfaction", {"satisfied": True})

    stats = client.get("/v1/stats").json()
    StatsOut.model_validate(stats)
    assert (stats["petitions"], stats["open"], stats["emergencies"]) == (4, 3, 0)
    assert stats["review_share"] == 0.25
    assert stats["first_dispatch_precision"] == round(1 / 3, 4)
    assert stats["return_share"] == round(1 / 3, 4)
    assert stats["satisfied_share"] == 1.0
    assert {row["name"]: row["count"] for row in stats["by_status"]} == {"待分类": 2, "已交办": 1, "已办结": 1}
    assert {row["code"]: row["count"] for row in stats["by_matter"]} == {"government": 3, "community": 1}
    [correction] = stats["corrections"]
    assert (correction["from"]["code"], correction["to"]["code"], correction["count"]) == (
        "urban_management",
        "ecology_environment",
        1,
    )


def test_a_correction_before_the_first_dispatch_is_no_wrong_dispatch(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    act(client, made, "corrections", {"department": "gas", "why": "x"})
    assert client.get("/v1/stats").json()["first_dispatch_precision"] == 1.0


def test_nothing_has_no_shares(client: TestClient) -> None:
    stats = client.get("/v1/stats?received_from=2001-01-01&received_to=2001-02-01").json()
    assert (stats["petitions"], stats["review_share"], stats["first_dispatch_precision"]) == (0, None, None)
    assert client.get("/v1/stats?received_from=2002-01-01&received_to=2001-02-01").status_code == 422
