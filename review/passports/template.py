"""The table that sellers fill in: its columns in Chinese or English, what each takes, and a line as an example."""

import csv
import io
from typing import Literal

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Language = Literal["zh", "en"]

# Chinese head, English head, what it takes in both, an example.
_COLUMNS = (
    (
        "商品编号*",
        "id*",
        "必填；一件商品一个编号，重发时靠它认出",
        "needed; one a product, by which it is known again",
        "P-1",
    ),
    ("商品名称*", "name*", "必填", "needed", "双口氮化镓充电器"),
    ("类目*", "category*", "必填；路径，如 food/honey、electronics/charger", "needed; a path", "electronics/charger"),
    (
        "条码",
        "gtin",
        "8、12、13 或 14 位，校验位会核对",
        "8, 12, 13 or 14 digits, with its check digit",
        "9520000000011",
    ),
    ("品牌", "brand", "", "", "示例电"),
    ("别名", "aliases", "主播怎么叫它；多个用 ; 隔开", "what hosts call it; separated by ;", "充电头;快充头"),
    ("产地国", "origin", "两位国家代码", "a country's code of two letters", "CN"),
    ("产地", "origin_region", "", "", "广东"),
    ("生产企业", "manufacturer", "", "", "东莞示例电子有限公司"),
    (
        "属性:输出功率(W)",
        "attribute:output_power(W)",
        "属性:名称(单位)；可写 65、100-240、≥90、300±5、200×230。列数不限，单位写 文本 就按原文收",
        "attribute:NAME(UNIT); 65, 100-240, ≥90, 300±5, 200×230. As many columns as wanted; unit text: as written",
        "65",
    ),
    ("属性:适用标准(文本)", "attribute:standard(text)", "", "", "GB 4943.1-2022"),
    ("成分:面料:棉", "composition:fabric:cotton", "成分:部位:材料；百分比", "composition:PART:MATERIAL; percent", ""),
    ("配料", "ingredients", "多个用 ; 或 、 隔开", "separated by ;", ""),
    ("证件:CCC", "certificate:CCC", "证件:种类；编号", "certificate:SCHEME; its number", "2024010907123456"),
    ("证件:CCC:有效期至", "certificate:CCC:valid_until", "日期", "a date", "2029-04-30"),
    ("登记表述", "registered_claims", "因为登记过所以可以说的话", "what may be said because it is registered", "快充"),
    ("标价", "regular", "划线价", "the list price", "129"),
    ("七日最低价", "lowest_7d", "前七天本店最低成交价", "the lowest of the seven days before", "99"),
    ("币种", "currency", "ISO 4217；不填为 CNY", "ISO 4217; CNY if empty", "CNY"),
    ("图片", "images", "http 或 https 地址，用空格隔开", "addresses of http or https, separated by spaces", ""),
    ("生效日期", "valid_from", "护照本身的有效期", "the passport's own term", ""),
    ("失效日期", "valid_to", "", "", ""),
)
_SHEETS = {"zh": ("护照", "说明"), "en": ("passports", "columns")}


def heads(language: Language) -> list[str]:
    """The columns' heads."""
    return [zh if language == "zh" else en for zh, en, *_ in _COLUMNS]


def template_csv(language: Language, *, with_example: bool) -> bytes:
    """The table as CSV in UTF-8 with its mark, by which Excel knows it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads(language))
    if with_example:
        writer.writerow([column[-1] for column in _COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def template_xlsx(language: Language, *, with_example: bool) -> bytes:
    """The table as XLSX, cells being text, so that codes keep their zeros; a second sheet says what each takes."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title, about = _SHEETS[language]
    sheet.append(heads(language))
    if with_example:
        sheet.append([column[-1] for column in _COLUMNS])
    for index, head in enumerate(heads(language), start=1):
        column = sheet.column_dimensions[get_column_letter(index)]
        column.number_format, column.width = "@", max(12, 2 * len(head))
        sheet.cell(row=1, column=index).font = Font(bold=True)
    sheet.freeze_panes = "A2"
    said = book.create_sheet(about)
    for zh, en, told_zh, told_en, example in _COLUMNS:
        said.append([zh, told_zh, example] if language == "zh" else [en, told_en, example])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
