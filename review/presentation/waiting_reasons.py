"""What a broadcast waits for, in Chinese; leases keep it in English, as the scheduler tells it."""

from review.presentation.phrases import phrases, worded

_WORDS = (
    (r"a worker", "等待分配处理节点"),
    (r"its worker died, or can't be heard", "处理节点失联或已退出"),
    (r"its worker ended", "处理节点已结束运行"),
    (r"its worker gave it back", "处理节点已交还"),
    (r"no worker is running", "没有处理节点在运行"),
    (r"every running worker is being drained", "所有处理节点都在下线"),
    (r"all (\d+) places of the (\d+) running worker\(s\) are taken", "{1} 个处理节点的 {0} 个名额已满"),
    (r"gives way to an urgent broadcast", "让位给加急直播"),
    (r"its machine is being drained", "所在机器正在下线"),
    (r"its worker carries more than it can", "处理节点超载，正在转移"),
    (r"it was stopped", "已停止"),
    (r"whoever worked on it died (\d+) times in a row", "处理节点连续退出 {0} 次"),
    (r"whoever worked on it died again and again", "处理节点反复退出，稍后再试"),
)
_TELLING = phrases(_WORDS)


def waiting_reason_in_chinese(text: str) -> str:
    """What it waits for, in Chinese; empty for what has no words here."""
    return worded(text, _TELLING) or ""
