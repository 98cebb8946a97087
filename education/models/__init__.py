from .address import OldAddress, OldTopicAddress
from .brought import BroughtPicture
from .feedback import Feedback
from .glossary import GlossaryTerm
from .guide import Guide, NotPublishable, Topic, find_guide
from .history import HistoryEntry, Snapshot
from .imported import ImportedDraft
from .keeping import Keeper, KeptPicture
from .letter import Letter
from .picture import Original, Picture
from .preview_link import PreviewLink
from .related import RelatedGuide
from .review import ReviewComment, ReviewRequest, ReviewState
from .revision import Revision
from .schedule import ScheduledStep
from .section import Section, Source
from .shelf import KnownWord, ShelfEntry
from .sign_off import Contribution, NotSignable, SignOff

__all__ = [
    "BroughtPicture",
    "Contribution",
    "Feedback",
    "GlossaryTerm",
    "Guide",
    "HistoryEntry",
    "ImportedDraft",
    "Keeper",
    "KeptPicture",
    "KnownWord",
    "Letter",
    "NotPublishable",
    "NotSignable",
    "OldAddress",
    "OldTopicAddress",
    "Original",
    "Picture",
    "PreviewLink",
    "RelatedGuide",
    "ReviewComment",
    "ReviewRequest",
    "ReviewState",
    "Revision",
    "ScheduledStep",
    "Section",
    "ShelfEntry",
    "SignOff",
    "Snapshot",
    "Source",
    "Topic",
    "find_guide",
]
