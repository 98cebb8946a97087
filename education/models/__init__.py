from .guide import Guide, NotPublishable, Topic, find_guide
from .picture import Picture
from .revision import Revision
from .section import Section, Source
from .shelf import KnownWord, ShelfEntry

__all__ = [
    "Guide",
    "KnownWord",
    "NotPublishable",
    "Picture",
    "Revision",
    "Section",
    "ShelfEntry",
    "Source",
    "Topic",
    "find_guide",
]
