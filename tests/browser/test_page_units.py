"""目录, in real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from office import Office, on_both
from playwright.sync_api import Page, expect

from petition_nlp.local.directory import Directory
from petition_nlp.local.workbook import write_workbook
from petition_nlp.resources import data_path
from petition_nlp.taxonomy import Taxonomy
from service import directory as store
from service.access.principal import SYSTEM
from service.store.tables import DirectoryVersion

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return Taxonomy.load()


def city() -> dict[str, Any]:
    """The invented city of the template."""
    return dict(yaml.safe_load(data_path("local/example.yaml").read_text(encoding="utf-8"))["directory"])


@pytest.fixture
def directory(office: Office, taxonomy: Taxonomy) -> Callable[..., None]:
    """Puts a directory in force, by somebody else."""

    def put(document: dict[str, Any] | None = None, why: str = "首次录入") -> None:
        made = Directory.from_dict(document or city(), version="new", taxonomy=taxonomy)
        with office.database.write() as session:
            store.put(session, SYSTEM, made, why=why)

    return put


@pytest.fixture(autouse=True)
def no_directory(office: Office) -> None:
    with office.database.write() as session:
        session.query(DirectoryVersion).delete()


def workbook(path: Path, document: dict[str, Any], taxonomy: Taxonomy) -> Path:
    write_workbook(document, path, taxonomy)
    return path


@on_both
def test_a_file_is_compared_before_it_is_put_in_force(
    office: Office,
    directory: Callable[..., None],
    signed_in: SignIn,
    taxonomy: Taxonomy,
    axe: Check,
    shots: Save,
    tmp_path: Path,
) -> None:
    directory()
    changed = city()
    changed["units"][1]["contact"] = "000-99999"
    changed["units"][-2]["name"] = "春风社区第一综合网格"
    del changed["services"][3]
    changed["rules"].reverse()
    page = signed_in("manager", path="/units/import", locale="zh-CN")
    page.set_input_files("#file", workbook(tmp_path / "目录.xlsx", changed, taxonomy))
    preview = page.locator("#preview")
    expect(preview).to_contain_text("检查通过")
    expect(preview.locator("tr", has_text="城东区城市管理局")).to_contain_text("000-99999")
    expect(preview).to_contain_text("将删除 1 条服务")
    axe(page)
    shots(page, "units-import")
    page.fill("#import-why", "换了值班电话")
    page.press("#import-why", "Enter")
    expect(preview).to_contain_text("已启用为第 2 版")
    page.get_by_role("link", name="查看改动").click()
    expect(page.locator("tr", has_text="城东区城市管理局")).to_contain_text("000-99999")
    expect(page.locator("main")).to_contain_text("换了值班电话")


def test_mistakes_in_a_file_are_named_by_sheet_row_and_column(
    signed_in: SignIn, taxonomy: Taxonomy, axe: Check, shots: Save, tmp_path: Path
) -> None:
    wrong = city()
    wrong["units"][1]["area"] = "城南区"
    wrong["rules"][0]["unit"] = "没有的"
    page = signed_in("manager", path="/units/import", locale="zh-CN")
    page.set_input_files("#file", workbook(tmp_path / "目录.xlsx", wrong, taxonomy))
    row = page.locator("#preview tr", has_text="城南区")
    expect(row.locator("td").nth(0)).to_have_text("单位")
    expect(row.locator("td").nth(1)).to_have_text("3")
    expect(row.locator("td").nth(2)).to_have_text("辖区")
    assert not page.locator("#import-form").is_visible()
    axe(page)
    shots(page, "units-mistakes")


def test_tables_replace_their_own_kind_alone(directory: Callable[..., None], signed_in: SignIn, tmp_path: Path) -> None:
    directory()
    table = tmp_path / "规则.csv"
    table.write_bytes("规则编号,含有,派往单位\n夜市,夜市、摊位,CG\n".encode("gb18030"))
    page = signed_in("manager", path="/units/import", locale="zh-CN")
    page.set_input_files("#file", table)
    preview = page.locator("#preview")
    expect(preview).to_contain_text("将删除 3 条规则")
    expect(preview.locator("li", has_text="单位")).to_contain_text("保持不变")
    page.fill("#import-why", "只留夜市")
    page.press("#import-why", "Enter")
    expect(preview).to_contain_text("已启用")
    page.goto(page.url.replace("/import", "/rules"))
    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_tester_tells_every_rule(
    directory: Callable[..., None], signed_in: SignIn, axe: Check, shots: Save
) -> None:
    directory()
    page = signed_in("clerk", path="/units/try", locale="zh-CN")
    page.fill("#text", "金桂苑楼上漏水，物业不管")
    page.select_option("#matter", label="小事")
    page.fill("#on", "2026-07-01")
    page.press("#text", "Control+Enter")
    trial = page.locator("#trial")
    expect(trial.locator(".units-unit").first).to_have_text("春风社区第一网格")
    expect(trial.locator("mark").first).to_have_text("金桂苑")
    expect(trial.locator("li[data-state=fired]")).to_contain_text("小事到网格")
    expect(trial.locator("li[data-state=failed]").first).to_contain_text("没有出现「积水、内涝、倒灌」")
    axe(page)
    shots(page, "units-try")
    page.fill("#text", "向阳社区路灯不亮")
    page.select_option("#matter", label="大事")
    page.press("#text", "Control+Enter")
    expect(trial).to_contain_text("地点不止一种可能")
    expect(trial.locator("h2")).to_have_count(2)
    axe(page)
    shots(page, "units-ambiguous")


def test_a_unit_is_found_and_changed(
    directory: Callable[..., None], signed_in: SignIn, axe: Check, shots: Save
) -> None:
    directory()
    page = signed_in("manager", path="/units", locale="zh-CN")
    shots(page, "units")
    page.keyboard.press("/")
    page.keyboard.type("城东 城市管理")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "城东" not in page.url
    page.get_by_role("button", name="修改：城东区城市管理局").press("Enter")
    dialog = page.locator("#edit")
    expect(page.locator("#unit-name")).to_be_focused()
    page.fill("#unit-area", "城南区")
    page.keyboard.press("Escape")  # asks first; the answer here is no
    page.fill("#unit-why", "辖区调整")
    page.press("#unit-why", "Enter")
    expect(dialog).to_contain_text("「城南区」不在「地点」中")
    expect(page.locator("#unit-area")).to_be_focused()
    axe(page)
    page.fill("#unit-area", "和平")
    expect(page.locator("#areas option").first).to_have_attribute("value", "城东区/和平街道")
    page.fill("#unit-area", "城东区/和平街道")
    page.fill("#unit-why", "辖区调整")
    page.press("#unit-why", "Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#notices")).to_contain_text("第 2 版")
    expect(page.locator("#version")).to_contain_text("第 2 版")
    expect(page.locator("tr", has_text="城东区城市管理局")).to_contain_text("城东区 / 和平街道")
    expect(page.get_by_role("button", name="修改：城东区城市管理局")).to_be_focused()


def test_a_place_is_added_and_a_service_changed(
    directory: Callable[..., None], signed_in: SignIn, axe: Check, shots: Save
) -> None:
    directory()
    page = signed_in("manager", path="/units/places", locale="zh-CN")
    page.keyboard.press("n")
    page.fill("#place-name", "柳荫花园")
    page.select_option("#place-kind", label="小区")
    page.fill("#place-parents", "春风")
    expect(page.locator("#areas option").first).to_have_attribute("value", "城东区/和平街道/春风社区")
    page.fill("#place-why", "新交付")
    shots(page, "units-place-form")
    page.press("#place-why", "Enter")
    expect(page.locator("#edit")).to_contain_text("不在「地点」中")
    page.fill("#place-parents", "春风社区")
    page.fill("#place-why", "新交付")
    page.press("#place-why", "Enter")
    expect(page.locator("#edit")).to_be_hidden()
    expect(page.locator("tr", has_text="柳荫花园")).to_contain_text("小区")
    page.goto(page.url.replace("places", "services"))
    page.get_by_role("button", name="修改：和平街道人民调解委员会").click()
    expect(page.locator("#service-areas")).to_have_value("城东区/和平街道")
    shots(page, "units-service-form")
    axe(page)
    page.fill("#service-phone", "000-20009")
    page.fill("#service-why", "换号")
    page.press("#service-why", "Enter")
    expect(page.locator("tr", has_text="和平街道人民调解委员会")).to_contain_text("000-20009")


def test_rules_are_added_moved_and_removed(
    directory: Callable[..., None], signed_in: SignIn, axe: Check, shots: Save
) -> None:
    directory()
    page = signed_in("manager", path="/units/rules", locale="zh-CN")
    shots(page, "units-rules")
    page.keyboard.press("n")
    page.fill("#rule-id", "夜市")
    page.fill("#rule-words", "夜市，摊位")
    page.fill("#rule-position", "1")
    page.fill("#rule-why", "夜市由市局直管")
    page.press("#rule-why", "Enter")
    expect(page.locator("#edit")).to_contain_text("没有写派往哪个单位或哪一层级")
    shots(page, "units-rule-form")
    page.select_option("#rule-unit", "CG")
    page.fill("#rule-why", "夜市由市局直管")
    page.press("#rule-why", "Enter")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("「夜市」「摊位」")
    page.get_by_role("button", name="下移：夜市").click()
    expect(page.locator("#move-why")).to_be_focused()
    page.keyboard.type("汛期优先")
    page.keyboard.press("Enter")
    expect(first).to_contain_text("汛期积水")
    axe(page)
    page.get_by_role("button", name="删除：夜市").click()
    expect(page.locator("#remove-why")).to_be_focused()
    page.keyboard.type("夜市取消")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("#version")).to_contain_text("第 4 版")


@on_both
def test_whoever_was_slower_sees_what_changed_and_can_go_on(
    office: Office, directory: Callable[..., None], signed_in: SignIn, axe: Check, shots: Save
) -> None:
    directory()
    page = signed_in("manager", path="/units", locale="zh-CN")
    page.get_by_role("button", name="修改：和平街道办事处").click()
    page.fill("#unit-contact", "000-55555")
    page.fill("#unit-why", "换电话")
    shots(page, "units-form")
    meanwhile = city()
    meanwhile["units"][0]["contact"] = "000-77777"
    directory(meanwhile, "市局换了电话")
    page.press("#unit-why", "Enter")
    problem = page.locator("#edit-problem")
    expect(problem).to_contain_text("有人先改了目录")
    expect(problem).to_contain_text("市局换了电话")
    expect(problem).to_contain_text("000-77777")
    assert page.input_value("#unit-contact") == "000-55555"
    axe(page)
    shots(page, "units-conflict")
    problem.get_by_role("button", name="在第 2 版上继续").click()
    expect(page.locator("#edit")).to_be_hidden()
    expect(page.locator("tr[data-id=HP]")).to_contain_text("000-55555")
    expect(page.locator("tr", has_text="临江市城市管理局").first).to_contain_text("000-77777")


def test_a_change_that_did_not_arrive_is_made_once_when_the_service_is_back(
    office: Office, directory: Callable[..., None], signed_in: SignIn
) -> None:
    directory()
    page = signed_in("manager", path="/units")
    page.get_by_role("button", name="修改：和平街道办事处").click()
    page.fill("#unit-contact", "000-55555")
    page.fill("#unit-why", "换电话")
    page.context.set_offline(True)
    page.press("#unit-why", "Enter")
    expect(page.locator("#offline")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("tr[data-id=HP]")).to_contain_text("000-55555")
    with office.database.read() as session:
        assert store.newest(session) == 2


def test_an_earlier_version_comes_back_as_a_new_one(
    directory: Callable[..., None], signed_in: SignIn, axe: Check, shots: Save
) -> None:
    directory()
    fewer = city()
    del fewer["units"][-1], fewer["rules"][0]
    directory(fewer, "防汛办撤销")
    page = signed_in("manager", path="/units/versions", locale="zh-CN")
    axe(page)
    shots(page, "units-versions")
    page.get_by_role("button", name="比较").click()
    expect(page.locator("main")).to_contain_text("临江市防汛指挥部办公室")
    axe(page)
    shots(page, "units-diff")
    page.get_by_role("link", name="返回版本列表").click()
    page.get_by_role("button", name="恢复：第 1 版").click()
    expect(page.locator("#edit")).to_contain_text("临江市防汛指挥部办公室")
    axe(page)
    expect(page.locator("#restore-why")).to_be_focused()
    page.keyboard.type("撤销有误")
    page.keyboard.press("Enter")
    expect(page.locator("#version")).to_contain_text("第 3 版")
    expect(page.locator("tbody tr").first).to_contain_text("撤销有误")


def test_places_and_services_are_listed(
    directory: Callable[..., None], signed_in: SignIn, axe: Check, shots: Save
) -> None:
    directory()
    page = signed_in("clerk", path="/units/places", locale="zh-CN")
    axe(page)
    shots(page, "units-places")
    page.select_option("#kind", label="小区")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.fill("#q", "金桂")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(page.url.replace("places", "services"))
    axe(page)
    shots(page, "units-services")
    assert page.get_by_role("link", name="导入").count() == 0


def test_without_a_directory_the_page_tells_how_to_begin(signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = signed_in("admin", path="/units", locale="zh-CN")
    expect(page.locator("main")).to_contain_text("下载样表")
    axe(page)
    shots(page, "units-empty")
