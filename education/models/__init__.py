from .address import OldAddress
from .feedback import Feedback
from .glossary import GlossaryTerm
from .guide import Guide, NotPublishable, Topic, find_guide
from .keeping import Keeper, KeptPicture
from .picture import Original, Picture
from .related import RelatedGuide
from .revision import Revision
from .section import Section, Source
from .shelf import KnownWord, ShelfEntry

__all__ = [
    "Feedback",
    "GlossaryTerm",
    "Guide",
    "Keeper",
    "KeptPicture",
    "KnownWord",
    "NotPublishable",
    "OldAddress",
    "Original",
    "Picture",
    "RelatedGuide",
    "Revision",
    "Section",
    "ShelfEntry",
    "Source",
    "Topic",
    "find_guide",
]
