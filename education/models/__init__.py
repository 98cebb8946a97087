from .address import OldAddress
from .glossary import GlossaryTerm
from .guide import Guide, NotPublishable, Topic, find_guide
from .keeping import Keeper, KeptPicture
from .picture import Original, Picture
from .related import RelatedGuide
from .revision import Revision
from .section import Section, Source

__all__ = [
    "GlossaryTerm",
    "Guide",
    "Keeper",
    "KeptPicture",
    "NotPublishable",
    "OldAddress",
    "Original",
    "Picture",
    "RelatedGuide",
    "Revision",
    "Section",
    "Source",
    "Topic",
    "find_guide",
]
