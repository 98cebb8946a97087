from .guide import Guide, NotPublishable, Topic, find_guide
from .history import HistoryEntry, Snapshot
from .picture import Picture
from .revision import Revision
from .schedule import ScheduledStep
from .section import Section, Source

__all__ = [
    "Guide",
    "HistoryEntry",
    "NotPublishable",
    "Picture",
    "Revision",
    "ScheduledStep",
    "Section",
    "Snapshot",
    "Source",
    "Topic",
    "find_guide",
]
