//! The rules.

use crate::detect::evidence::{Class, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[
    &SCRIPT_ELEMENT,
    &ACTIVE_ELEMENT,
    &EVENT_ATTRIBUTE,
    &BREAKOUT_HANDLER,
    &CODE_URL,
    &CODE_SCHEME,
    &STYLE_CODE,
    &SCRIPT_INCLUDE,
    &BREAKOUT_CALL,
    &EXPRESSION,
    &CALL,
    &COOKIE,
    &COOKIE_USE,
    &PAGE_WRITE,
    &COMPUTED_CALL,
    &TEMPLATE_CODE,
    &SYMBOL_CODE,
    &UTF7,
    &QUOTED_MARKUP,
];

pub(super) static SCRIPT_ELEMENT: Rule = Rule::new(
    Class::Xss,
    "xss.script-element",
    100,
    "contains a script element",
    &[
        "<script>alert(1)</script>",
        "<ScRiPt/src=//evil.example/x.js>",
        "\"><script >f()</script>",
        "<x:script src=a>",
    ],
    &["<scripture>", "I <3 scripts", "the transcript of 3 < 4"],
);

pub(super) static ACTIVE_ELEMENT: Rule = Rule::new(
    Class::Xss,
    "xss.active-element",
    100,
    "contains an element that loads a document, plug-in or style sheet",
    &[
        "<iframe src=//evil.example>",
        "<object data=x.swf>",
        "<object data =",
        "<base href=//evil.example/>",
        "<embed src=a.swf>",
    ],
    &[
        "<link>https://feed.example/</link>",
        "<object id=\"1\"/>",
        "<a href=\"https://site.example/\">site</a>",
    ],
);

pub(super) static EVENT_ATTRIBUTE: Rule = Rule::new(
    Class::Xss,
    "xss.event-attribute",
    100,
    "gives an element an event handler",
    &[
        "<img src=x onerror=alert(1)>",
        "<svg/onload=f()>",
        "<x onpointerrawupdate=g``>",
        "<set attributeName=onmouseover to=f(1)>",
        "<svg x=\">\" onload=f()>",
        "<x 1='1'onanything=1",
        "<i </onnew=2",
        "<x onend=",
        "https://site.example/<x/onxyz=1",
    ],
    &[
        "<p class=\"only\" data-on=\"1\">text</p>",
        "<b only=1>",
        "a <b and onclick is an attribute",
        "<user online=1>",
        "show all with a <b online=1",
        "x<y oncology=2",
        "<ann@site.example onbehalf=me",
    ],
);

pub(super) static BREAKOUT_HANDLER: Rule = Rule::new(
    Class::Xss,
    "xss.breakout-handler",
    100,
    "ends an attribute value and adds an event handler",
    &[
        "\" onmouseover=alert(1) x=\"",
        "'onfocus='alert(1)' autofocus",
        "x onclick=alert(1)",
        "onerror=alert;throw 1",
        "\" o<b>nfocus=confirm<b>(1)//",
    ],
    &["onboarding=1", "the \"onload\" event = first paint", "c29tZSBkYXRhIG9ubG9hZA=="],
);

pub(super) static CODE_URL: Rule = Rule::new(
    Class::Xss,
    "xss.code-url",
    100,
    "gives an attribute a script URL (javascript:)",
    &[
        "p { background : url ( javascript : f() ) }",
        "<a href=javascript:alert(1)>x</a>",
        "<img src=\"jav\tascript:f()\">",
        "<a href=data:text/html,x>",
    ],
    &[
        "<a href=\"https://docs.example/javascript:intro\">x</a>",
        "<img src=\"data:image/png;base64,iVBORw0KGgo=\">",
    ],
);

pub(super) static CODE_SCHEME: Rule = Rule::new(
    Class::Xss,
    "xss.code-scheme",
    100,
    "is a script URL (javascript:)",
    &[
        "ja&tab;vascript: ",
        "javascript:alert(1)",
        "JaVaScRiPt://%0aalert(1)",
        " java\nscript:f`1`",
        "data:text/html;base64,PHg+",
    ],
    &[
        "JavaScript: Basics of JavaScript Language",
        "javascript: the good parts (2nd edition)",
        "data: see below",
    ],
);

pub(super) static STYLE_CODE: Rule = Rule::new(
    Class::Xss,
    "xss.style-code",
    100,
    "contains script in a style",
    &["<p style=\"width: expression(alert(1))\">", "<style>a{-moz-binding:url(x)}</style>"],
    &["<p style=\"color: red; width: 10px\">", "<style>p { margin: 0 }</style>"],
);

pub(super) static SCRIPT_INCLUDE: Rule = Rule::new(
    Class::Xss,
    "xss.script-include",
    100,
    "starts an attribute with a script macro",
    &["<img src=&{document.cookie=true;};>"],
    &["a &{b} c"],
);

pub(super) static BREAKOUT_CALL: Rule = Rule::new(
    Class::Xss,
    "xss.breakout-call",
    100,
    "ends a script string and calls a dangerous function",
    &[
        "'-alert(1)-'",
        "\");alert(1)//",
        "'};confirm`1`//",
        "\"));if(!self.x)self.x=!alert(document.domain)}//",
    ],
    &["it's an alert (again)", "say 'alert' - then wait", "log('a'); alert('b') is what the tutorial says"],
);

pub(super) static EXPRESSION: Rule = Rule::new(
    Class::Xss,
    "xss.expression",
    100,
    "consists of a call that shows a dialog or evaluates a string",
    &[
        "alert(1)",
        "(alert)(1)",
        "}alert(/x/);{//",
        "alert(1)>//signed",
        "alert?.(document?.cookie)",
        "confirm.call(null,1)",
        "eval(atob('YQ=='))",
        "${alert(1)}",
        "a=alert,a(1)",
        "[1].find(alert)",
        "window?.alert?.(1)",
        "setTimeout('alert(1)')",
    ],
    &["alert (noun)", "the system is down()", "confirm (yes/no)", "eval (noun): evaluation."],
);

pub(super) static CALL: Rule = Rule::new(
    Class::Xss,
    "xss.call",
    60,
    "consists of a call of a dangerous function",
    &["setTimeout('document.cookie=1')"],
    &["setTimeout(f, 10)", "fetch(url)"],
);

pub(super) static COOKIE: Rule = Rule::new(
    Class::Xss,
    "xss.cookie",
    40,
    "names document.cookie",
    &["&{document.cookie=true;};"],
    &["how does document.cookie work?"],
);

pub(super) static COOKIE_USE: Rule = Rule::new(
    Class::Xss,
    "xss.cookie-use",
    60,
    "sets or sends document.cookie",
    &["document.cookie=true;", "document/*a*/./*b*/cookie"],
    &["document.cookie is a property"],
);

pub(super) static PAGE_WRITE: Rule = Rule::new(
    Class::Xss,
    "xss.page-write",
    100,
    "consists of script that changes the page",
    &[
        "document.write('<b>x</b>')",
        "document.body.innerHTML = 'x';",
        "location=\"https://site.example/\";",
        "window.location.href = '//site.example'",
        "document.getElementById('a').innerHTML='x'",
        "document.body.appendChild(document.createElement('h1')).textContent = \"x\"",
    ],
    &[
        "document.write(x) is slow, they say",
        "document.getElementById('a')",
        "why does document.write() clear the page",
        "document.domain",
        "location='Berlin'",
        "set location = \"https://site.example/\" in the file",
    ],
);

pub(super) static COMPUTED_CALL: Rule = Rule::new(
    Class::Xss,
    "xss.computed-call",
    100,
    "calls a function whose name is computed",
    &[
        "self /*a*/ [ /*b*/ 'alert'](1)",
        "self['al'+'ert'](1)",
        "top[8680439..toString(30)](7)",
        "[].sort.call`${alert}1337`",
    ],
    &["window[0] is the first frame", "top[1] (see note)", "parent[name] = x"],
);

pub(super) static TEMPLATE_CODE: Rule = Rule::new(
    Class::Xss,
    "xss.template-code",
    100,
    "accesses the Function constructor, as client-side template injection does",
    &[
        "{{constructor.constructor('alert(1)')()}}",
        "[].filter.constructor('ale'+'rt(4)')()",
        "new Function('alert(1)')()",
    ],
    &["{{ user.name() }}", "class A { constructor(name) { } }", "constructor.prototype"],
);

pub(super) static SYMBOL_CODE: Rule = Rule::new(
    Class::Xss,
    "xss.symbol-code",
    100,
    "is script without letters (JSFuck)",
    &["[][(![]+[])[+!+[]]]", "(![]+[])[+!+[]]"],
    &["f([])", "[x] (y) !", "!!! ((())) +++"],
);

pub(super) static UTF7: Rule = Rule::new(
    Class::Xss,
    "xss.utf7",
    100,
    "hides a tag in UTF-7",
    &["+ADw-script+AD4-alert(1)+ADw-/script+AD4-"],
    &["ADW-3 switch", "+ADw- is a less-than sign"],
);

pub(super) static QUOTED_MARKUP: Rule = Rule::new(
    Class::Xss,
    "xss.quoted-markup",
    60,
    "shows active markup as code, in a code span or a diff",
    &["`<button onclick=\"save()\">` document.cookie"],
    &[
        "in this framework one may use `<button onclick=\"save()\">`",
        "`<script src=\"/js/app.js\"></script>` goes last",
    ],
);
