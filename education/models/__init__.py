from .address import OldAddress
from .feedback import Feedback
from .guide import Guide, NotPublishable, Topic, find_guide
from .keeping import Keeper, KeptPicture
from .picture import Original, Picture
from .revision import Revision
from .section import Section, Source
from .shelf import KnownWord, ShelfEntry

__all__ = [
    "Feedback",
    "Guide",
    "Keeper",
    "KeptPicture",
    "KnownWord",
    "NotPublishable",
    "OldAddress",
    "Original",
    "Picture",
    "Revision",
    "Section",
    "ShelfEntry",
    "Source",
    "Topic",
    "find_guide",
]
