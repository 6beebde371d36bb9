"""The words of evidence packs."""

from collections.abc import Mapping

PACK_TEXTS: Mapping[str, tuple[str, str]] = {
    "pack.title": ("证据包 · 案件 {case}", "Evidence pack · case {case}"),
    "pack.lead": (
        "本页是案件证据的副本，不需要网络即可查看。机器的发现只是提议，由人决定。",
        "This page is a copy of a case's evidence and needs no network. What the machine found is a proposal; people "
        "decide.",
    ),
    "pack.made": ("制作", "Made"),
    "pack.made_by": ("{at}（北京时间），{by}，{with_}", "{at} (China Standard Time), by {by}, with {with_}"),
    "pack.case": ("案件", "Case"),
    "pack.host": ("主播", "Host"),
    "pack.product": ("商品", "Product"),
    "pack.class": ("类别", "Class"),
    "pack.state": ("状态", "State"),
    "pack.opened": ("立案", "Opened"),
    "pack.findings": ("视频与发现", "Clips and findings"),
    "pack.no_clip": ("没有留下视频。", "No clip was kept."),
    "pack.clip_hash": ("视频 SHA-256", "SHA-256 of the clip"),
    "pack.clip_copied": ("未重新编码：视频里是收到的数据包", "not encoded anew: the clip holds the received packets"),
    "pack.clip_encoded": (
        "已重新编码以便播放，原始片段见 {folder}",
        "encoded anew for playing; the originals are in {folder}",
    ),
    "pack.said": ("原话", "Words"),
    "pack.normalised": ("理解为", "Read as"),
    "pack.claimed": ("所称", "Claimed"),
    "pack.registered": ("登记", "Registered"),
    "pack.law": ("依据", "Law"),
    "pack.exemptions": ("检查过的豁免", "Exemptions tried"),
    "pack.score": ("评分步骤", "Score, step by step"),
    "pack.models": ("模型与规则", "Models and rules"),
    "pack.screen": ("画面上的文字", "The words on screen"),
    "pack.transcript": ("文字记录", "Transcript"),
    "pack.transcript_note": ("点时间可跳到视频中的位置。", "A time leads to its place in the clip."),
    "pack.passports": ("商品护照快照", "Passport snapshots"),
    "pack.no_passports": ("没有留下护照快照。", "No passport snapshot was kept."),
    "pack.facts": ("平台事实", "Platform facts"),
    "pack.none": ("没有。", "None."),
    "pack.decisions": ("判定", "Decisions"),
    "pack.capture": ("采集记录", "Capture log"),
    "pack.source": ("来源", "Source"),
    "pack.method": ("方法", "Method"),
    "capture_method.file": ("文件里的数据包，未重新编码", "the packets of a file, not encoded anew"),
    "capture_method.http": (
        "经 HTTP 取得源站自己的片段或数据包，未重新编码",
        "the origin's own segments or packets over HTTP, not encoded anew",
    ),
    "capture_method.live": (
        "经 {scheme} 收到的数据包，未重新编码",
        "the packets received over {scheme}, not encoded anew",
    ),
    "pack.maker": ("采集者", "Recorded by"),
    "pack.address": ("解析地址", "Resolved address"),
    "pack.clock": ("时钟", "Clock"),
    "pack.clock_state": (
        "偏差 {offset} 微秒，最大误差 {error} 微秒，{state}",
        "offset {offset} µs, largest error {error} µs, {state}",
    ),
    "pack.clock_in_step": ("已同步", "kept in step"),
    "pack.clock_alone": ("未同步", "not kept in step"),
    "pack.clock_unknown": ("系统未说明", "the system does not say"),
    "pack.versions": ("版本", "Versions"),
    "pack.coverage": ("已分析", "Analysed"),
    "pack.gaps": ("缺口", "Gaps"),
    "pack.no_log": ("采集时还没有保留记录。", "The recording was made before a log was kept."),
    "pack.chain": ("在哈希链中的位置", "Place in the chain of hashes"),
    "pack.chain_note": (
        "每个片段的链值由前一链值和本片段的哈希算出（SHA-256 与 SM3）。前后相邻片段也列出，以证明位置。",
        "Each segment's link is the hash of the link before and its own hash (SHA-256 and SM3). The neighbours on both "
        "sides are listed, so that the place is proved.",
    ),
    "pack.segment": ("片段", "Segment"),
    "pack.time": ("时间", "Time"),
    "pack.received": ("收到（UTC）", "Received (UTC)"),
    "pack.link": ("链值", "Link"),
    "pack.in_pack": ("在包内", "in the pack"),
    "pack.no_chain": ("没有留下录制清单。", "No manifest of a recording was kept."),
    "pack.verify": ("如何核验", "How to check it"),
    "pack.verify_note": (
        "zhenyan evidence verify 包 --keys keys.json 在离线状态下核验签名、每个文件和哈希链，并指出第一处不符。"
        "这也是一个 BagIt 包，任何 BagIt 工具都能核验文件。",
        "zhenyan evidence verify PACK --keys keys.json checks the signature, every file and the chain offline, "
        "and names the first thing that is wrong. It is a BagIt bag, too: any BagIt tool checks the files.",
    ),
}
