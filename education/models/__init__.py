from .feedback import Feedback
from .guide import Guide, NotPublishable, Topic, find_guide
from .picture import Picture
from .revision import Revision
from .section import Section, Source

__all__ = ["Feedback", "Guide", "NotPublishable", "Picture", "Revision", "Section", "Source", "Topic", "find_guide"]
