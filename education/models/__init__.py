from .address import OldAddress
from .feedback import Feedback
from .glossary import GlossaryTerm
from .guide import Guide, NotPublishable, Topic, find_guide
from .history import HistoryEntry, Snapshot
from .keeping import Keeper, KeptPicture
from .picture import Original, Picture
from .related import RelatedGuide
from .revision import Revision
from .schedule import ScheduledStep
from .section import Section, Source
from .shelf import KnownWord, ShelfEntry

__all__ = [
    "Feedback",
    "GlossaryTerm",
    "Guide",
    "HistoryEntry",
    "Keeper",
    "KeptPicture",
    "KnownWord",
    "NotPublishable",
    "OldAddress",
    "Original",
    "Picture",
    "RelatedGuide",
    "Revision",
    "ScheduledStep",
    "Section",
    "ShelfEntry",
    "Snapshot",
    "Source",
    "Topic",
    "find_guide",
]
