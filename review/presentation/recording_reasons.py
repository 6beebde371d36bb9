"""Why media stayed out, or a source was not had, in Chinese; recordings keep it in English, as capture tells it."""

import re

from review.presentation.phrases import phrases, worded

_FIXED = {
    "disk full": "磁盘已满",
    "silence": "没有收到数据",
    "the timestamps skip": "时间戳跳变",
    "recorded before causes were kept": "录制时尚未记录原因",
    "the capture was killed": "录制进程被终止",
    "the analysis ended before": "分析先行结束",
    "given up before it was analysed": "未及分析即放弃",
    "not readable as media": "无法作为音视频读取",
    "the process that read it died": "读取进程异常退出",
    "the process that received it died": "接收进程异常退出",
    "overload: sound only": "负载过高，仅分析声音",
    "by order: sound alone": "按委托仅分析声音",
    "what the origin gave is no media that can be kept": "源站给出的内容不是可录制的音视频",
    "what the origin gave is no media playlist": "源站给出的内容不是媒体播放列表",
    "the origin led to an address that is not allowed": "源站指向不允许访问的地址",
    "the origin ended the connection": "源站断开了连接",
    "the origin gave the same segment again": "源站重复给出同一分片",
    "the timestamps start anew on the same connection": "同一连接内时间戳重新计数",
    "the playlist lists nothing new": "播放列表没有新的分片",
    "the playlist turned into a master playlist": "播放列表变成了主播放列表",
    "the playlist does not start with #EXTM3U": "播放列表不以 #EXTM3U 开头",
    "the playlist breaks the HLS rules": "播放列表不符合 HLS 规范",
    "the playlist gave no media that could be had": "播放列表中没有可取得的音视频",
    "the master playlist lists no rendition": "主播放列表没有列出任何清晰度",
    "a master playlist that leads to another": "主播放列表又指向另一个主播放列表",
    "give a rendition's URL": "请给出某一清晰度的地址",
    "its address is refused": "其地址不允许访问",
    "the sound of a segment was not had": "未取得分片的声音",
    "a segment is not readable as media": "分片无法作为音视频读取",
    "a segment of the sound is not readable as media": "声音分片无法作为音视频读取",
    "a segment is refused, protected or does not fit its key": "分片被拒绝、受保护或与密钥不符",
    "not reached": "未能连上",
    "the connection failed": "连接失败",
    "the connection was lost": "连接中断",
    "the connection ended before the file did": "文件尚未传完连接即断开",
    "no answer in time": "超时未响应",
    "no connection, or nothing was sent": "未能连接，或对方未发送数据",
    "the name service gave no answer": "域名解析没有结果",
    "its certificate is not valid for this name": "其证书与域名不符",
    "it has no address": "没有可用的地址",
    "not a valid URL": "不是有效的网址",
    "the server does not give parts of a file": "服务器不支持分段读取文件",
    "the store has no such object": "存储中没有该对象",
    "the store did not give the object": "存储未给出该对象",
    "the store did not list it": "存储未能列出该对象",
    "a store's credentials belong in the operator's settings, not in the URL": "存储的凭据应写在运营设置中",
    "install it": "请安装",
    "a stored or local playlist can point anywhere": "存储的或本地的播放列表可能指向任意地址",
    "give its URL or a media file": "请给出其网址或音视频文件",
    "this ffmpeg has no SRT": "当前 ffmpeg 不支持 SRT",
    "install your system's ffmpeg package": "请安装系统自带的 ffmpeg 软件包",
    "it holds neither sound nor picture": "其中既无声音也无画面",
    "give a broadcast or a recording": "请给出直播或录像",
    "give H.264 and AAC": "请使用 H.264 和 AAC",
    "give an open stream": "请给出未加密的直播流",
    "the program is not installed": "未安装该程序",
    "install ffmpeg": "请安装 ffmpeg",
    "its initialisation vector is not 16 bytes long": "其初始化向量不是 16 字节",
    "its key does not fit it, or it was cut short": "密钥与其不符，或内容被截断",
    "no packets": "没有数据包",
    "nothing in it decodes": "其中没有可解码的内容",
    "unreadable": "无法读取",
    "no segment file": "没有分片文件",
    "damaged": "已损坏",
    "it ended": "进程已结束",
    "check that the broadcast is on and try again": "请确认直播仍在进行后重试",
    "check the URL": "请检查地址",
    "check the source": "请检查源",
}
_WORDS = (
    (r"the playlist was not had: (.+)", "未取得播放列表：{0}"),
    (r"a segment was not had: (.+)", "未取得分片：{0}"),
    (r"the capture had ended \((\w+)\) and was started again", "录制已结束（{0}），后又重新开始"),
    (r"overload: one key frame in (\d+)", "负载过高，每 {0} 个关键帧分析一个"),
    (r"by order: one picture in (\S+) s", "按委托每 {0} 秒分析一个画面"),
    (r"the server answered (\d+)", "服务器返回 {0}"),
    (r"nothing was sent for (\d+) s", "{0} 秒未收到数据"),
    (r"bytes come, but no timestamp moved on for (\S+) s", "有数据，但时间戳 {0} 秒没有前进"),
    (r"not complete after (\S+) s", "{0} 秒内未传完"),
    (r"larger than the limit of (\d+) bytes", "超过 {0} 字节的上限"),
    (r"no stream was opened \((.+)\)", "未能打开直播流（{0}）"),
    (r"its segments are protected \((.+)\), not by AES-128", "分片采用 {0} 保护，而非 AES-128"),
    (r"its key has (\d+) bytes instead of (\d+)", "密钥为 {0} 字节，应为 {1} 字节"),
    (r"its codecs are not read \((.+)\)", "不支持其编码（{0}）"),
    (r"its options are not taken \((.+)\)", "不接受其参数（{0}）"),
    (r"(.+) are, within their limits", "可用的参数为 {0}，且须在限值之内"),
    (r"it holds no (audio|video)", "其中没有{0}"),
    (r"reading from this store needs the package (\S+)", "读取该存储需要软件包 {0}"),
    (r"(\d+) times in a row", "连续 {0} 次"),
    (r"exit status (\d+)", "退出码 {0}"),
    (r"segment (\d+): (.+)", "第 {0} 个分片：{1}"),
    (r"not readable as media \((.+)\)", "无法作为音视频读取（{0}）"),
    (r"the process that reads it died \((.+)\)", "读取进程异常退出（{0}）"),
)
_TELLING = phrases(_WORDS)
_PARTS = {
    "audio": "声音",
    "video": "画面",
    "complete": "正常结束",
    "vanished": "直播中断",
    "stopped": "已停止",
    "limit": "到达时长上限",
    "killed": "被强制终止",
    "over its limit of CPU time": "超出处理时间上限",
    "a memory fault": "内存错误",
    "it aborted": "异常中止",
}
_OF_A_SOURCE = re.compile(r"(\S+): (.+)")
_BETWEEN = re.compile(r"; (?![^()]*\))")
_MOST_DEEP = 4


def parts_of(text: str) -> list[str]:
    """The reasons one by one; those in brackets belong to what stands before."""
    return _BETWEEN.split(text)


def recording_reason_in_chinese(text: str) -> str:
    """Why it stayed out, in Chinese; what has no words here stays as it is."""
    return _in_chinese(text, _MOST_DEEP)


def _in_chinese(text: str, deep: int) -> str:
    if text in _FIXED or text in _PARTS:
        return _FIXED.get(text) or _PARTS[text]
    if not deep:
        return text
    if len(parts := parts_of(text)) > 1:
        return "；".join(_in_chinese(part, deep - 1) for part in parts)
    said = worded(text, _TELLING, lambda value: _in_chinese(value, deep - 1))
    if said is not None:
        return said
    if (named := _OF_A_SOURCE.fullmatch(text)) is not None:
        source, why = named.groups()
        why_in_chinese = _in_chinese(why, deep - 1)
        return text if why_in_chinese == why else f"{source}：{why_in_chinese}"
    return text
