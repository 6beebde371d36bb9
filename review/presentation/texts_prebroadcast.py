"""The words of the pages before the broadcast, in Chinese and in English."""

from collections.abc import Mapping

BEFORE_TEXTS: Mapping[str, tuple[str, str]] = {
    "nav.before": ("播前检查", "Before the broadcast"),
    "before.text": ("话术与文案", "Script or page"),
    "before.catalogue": ("商品目录", "Catalogue"),
    "before.codes": ("扫码查护照", "Code to passport"),
    "before.stance": (
        "用与直播时相同的规则检查；什么都不会留存，也不会记到任何主播名下。",
        "Checked by the same rules as the broadcast; nothing is kept and nothing counts against any host.",
    ),
    "before.kind": ("这是", "This is"),
    "before.kind.script": ("要说的话术", "a script to be spoken"),
    "before.kind.page": ("要展示的商品页文字", "words of a product page"),
    "before.kind.captions": ("字幕（SRT、WebVTT、ASS）", "captions (SRT, WebVTT, ASS)"),
    "before.words": ("文字", "Words"),
    "before.words_hint": (
        "把话术或商品页贴在这里，至多 {most} 字",
        "Paste it here, at most {most} characters",
    ),
    "before.captions_file": ("或者字幕文件", "Or a caption file"),
    "before.at": ("开播时间", "Time of the broadcast"),
    "before.at_hint": (
        "价格和证书有效期按这一刻判断；不填按现在",
        "Prices and terms are judged by it; empty: now",
    ),
    "before.products": ("在售商品（已登记的护照）", "Products on sale (registered passports)"),
    "before.no_products": ("还没有登记的护照；可以上传一份。", "No passport is registered yet; upload one."),
    "before.passports_file": ("或者上传护照（YAML、JSON）", "Or upload passports (YAML, JSON)"),
    "before.check": ("检查", "Check"),
    "before.clean": ("读了 {n} 句，没有发现问题。", "{n} sentences read, nothing to remark."),
    "before.not_cleared": (
        "没有发现不等于合法：规则之外的说法、画面里的字仍要自己负责。",
        "Nothing found is not cleared: what no rule knows, and what the picture shows, remains your own duty.",
    ),
    "before.found": (
        "{flags} 处会被送审，{notes} 处备注；共读 {n} 句",
        "{flags} would be flagged, {notes} noted; {n} sentences read",
    ),
    "before.remarks": ("逐条意见", "Remarks"),
    "before.line": ("第 {n} 行", "line {n}"),
    "before.instead": ("怎么改", "What to say instead"),
    "before.warnings": ("商品护照需要留意：", "About the passports:"),
    "before.left_out": ("未能使用：{why}", "Could not be used: {why}"),
    "before.file": ("目录文件（CSV）", "Catalogue file (CSV)"),
    "before.file_hint": (
        "第一行是列名：文案、标题、描述、卖点或 text；可加 商品编号 或 product_id。Excel 另存的 CSV 即可。",
        "The first line names the columns: text, title or description, and product_id if known. "
        "CSV as Excel saves it will do.",
    ),
    "before.as_csv": ("下载结果（CSV）", "Download the result (CSV)"),
    "before.rows": ("{bad} / {n} 行有问题", "{bad} of {n} rows need a change"),
    "before.row": ("行", "Row"),
    "before.row_words": ("文案", "Words"),
    "before.row_clean": ("没有发现问题", "nothing to remark"),
    "before.code": ("条码、GTIN 或 GS1 链接", "Bar code number, GTIN or GS1 link"),
    "before.gtin": ("全球贸易项目代码 {number}", "GTIN {number}"),
    "before.look_up": ("查护照", "Look up"),
    "before.picture": ("或者拍一张码的照片", "Or take a picture of the code"),
    "before.read_picture": ("读码", "Read it"),
    "before.code_unknown": ("{code}：没有登记的护照对应这个码。", "{code}: no registered passport has this code."),
    "before.code_found": ("{code} → {name}", "{code} → {name}"),
    "before.registered": ("登记内容", "As registered"),
    "before.checks": (
        "您已有多项检查在进行，等其中一项结束再试。",
        "You have as many checks under way as you may; wait for one to end.",
    ),
    "before.judging_busy": (
        "现在排队的检查太多，请稍后再试。",
        "More checks wait than can be done in time; try again a little later.",
    ),
    "before.judging_long": (
        "这次检查超时，已停止；请分几次检查：每次少些句子或商品。",
        "The check took too long and was stopped; check less at a time: fewer sentences, fewer products.",
    ),
    "before.judging_failed": (
        "检查中断了，请再试一次；一直这样，请管理员查看服务日志。",
        "The check was broken off; try again, and if it stays so, have the server's log looked at.",
    ),
    "before.choose_file": (
        "浏览器不能保留所选文件，请重新选择。",
        "Browsers do not keep files; choose it again.",
    ),
}
