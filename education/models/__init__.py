from .guide import Guide, NotPublishable, Topic, find_guide
from .letter import Letter
from .picture import Picture
from .preview_link import PreviewLink
from .review import ReviewComment, ReviewRequest, ReviewState
from .revision import Revision
from .section import Section, Source
from .sign_off import Contribution, NotSignable, SignOff

__all__ = [
    "Contribution",
    "Guide",
    "Letter",
    "NotPublishable",
    "NotSignable",
    "Picture",
    "PreviewLink",
    "ReviewComment",
    "ReviewRequest",
    "ReviewState",
    "Revision",
    "Section",
    "SignOff",
    "Source",
    "Topic",
    "find_guide",
]
