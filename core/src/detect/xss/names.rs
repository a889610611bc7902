//! The names that HTML and script attach code to. Pure data: sorted, lower case.

/// Event attributes of HTML, SVG and the browsers' own extensions.
pub(super) static EVENTS: &[&str] = &[
    "onabort", "onactivate", "onafterprint", "onafterscriptexecute", "onafterupdate", "onanimationcancel",
    "onanimationend", "onanimationiteration", "onanimationstart", "onappinstalled", "onariarequest",
    "onautocomplete", "onautocompleteerror", "onauxclick", "onbeforeactivate", "onbeforecopy",
    "onbeforecut", "onbeforedeactivate", "onbeforeeditfocus", "onbeforeinput", "onbeforeinstallprompt",
    "onbeforematch", "onbeforepaste", "onbeforeprint", "onbeforescriptexecute", "onbeforetoggle",
    "onbeforeunload", "onbeforeupdate", "onbegin", "onblocked", "onblur", "onbounce", "oncached",
    "oncancel", "oncanplay", "oncanplaythrough", "oncellchange", "onchange", "onchecking", "onclick",
    "onclose", "oncommand", "oncomplete", "oncompositionend", "oncompositionstart", "oncompositionupdate",
    "onconnect", "oncontentvisibilityautostatechange", "oncontextlost", "oncontextmenu",
    "oncontextrestored", "oncontrolselect", "oncopy", "oncuechange", "oncut", "ondata", "ondataavailable",
    "ondatasetchanged", "ondatasetcomplete", "ondblclick", "ondeactivate", "ondevicelight",
    "ondevicemotion", "ondeviceorientation", "ondeviceproximity", "ondownloading", "ondrag", "ondragdrop",
    "ondragend", "ondragenter", "ondragexit", "ondragleave", "ondragover", "ondragstart", "ondrop",
    "ondurationchange", "onemptied", "onencrypted", "onend", "onended", "onenter", "onerror",
    "onerrorupdate", "onexit", "onfilterchange", "onfinish", "onfocus", "onfocusin", "onfocusout",
    "onformchange", "onformdata", "onforminput", "onfullscreenchange", "onfullscreenerror",
    "ongamepadconnected", "ongamepaddisconnected", "ongesturechange", "ongestureend", "ongesturestart",
    "ongotpointercapture", "onhashchange", "onhelp", "oninput", "oninvalid", "onkeydown", "onkeypress",
    "onkeyup", "onlanguagechange", "onlayoutcomplete", "onload", "onloadeddata", "onloadedmetadata",
    "onloadend", "onloadstart", "onlosecapture", "onlostpointercapture", "onmediacomplete", "onmediaerror",
    "onmessage", "onmessageerror", "onmousedown", "onmouseenter", "onmouseleave", "onmousemove",
    "onmouseout", "onmouseover", "onmouseup", "onmousewheel", "onmove", "onmoveend", "onmovestart",
    "onmozfullscreenchange", "onmozfullscreenerror", "onmozpointerlockchange", "onmozpointerlockerror",
    "onmscontentzoom", "onmsfullscreenchange", "onmsfullscreenerror", "onmsgesturechange",
    "onmsgesturedoubletap", "onmsgestureend", "onmsgesturehold", "onmsgesturestart", "onmsgesturetap",
    "onmsinertiastart", "onmsmanipulationstatechanged", "onmspointercancel", "onmspointerdown",
    "onmspointerenter", "onmspointerleave", "onmspointermove", "onmspointerout", "onmspointerover",
    "onmspointerup", "onnavigate", "onnomatch", "onnoupdate", "onobsolete", "onoffline", "ononline",
    "onopen", "onorientationchange", "onoutofsync", "onpage", "onpagehide", "onpagereveal", "onpageshow",
    "onpageswap", "onpaint", "onpaste", "onpause", "onplay", "onplaying", "onpointercancel",
    "onpointerdown", "onpointerenter", "onpointerleave", "onpointermove", "onpointerout", "onpointerover",
    "onpointerrawupdate", "onpointerup", "onpopstate", "onprogress", "onpropertychange", "onratechange",
    "onreadystatechange", "onreceived", "onredo", "onrejectionhandled", "onrepeat", "onreset", "onresize",
    "onresizeend", "onresizestart", "onresume", "onreverse", "onrowenter", "onrowexit", "onrowinserted",
    "onrowsdelete", "onrowsinserted", "onscroll", "onscrollend", "onscrollsnapchange",
    "onscrollsnapchanging", "onsearch", "onsecuritypolicyviolation", "onseek", "onseeked", "onseeking",
    "onselect", "onselectionchange", "onselectstart", "onshow", "onslotchange", "onstalled", "onstart",
    "onstatechange", "onstop", "onstorage", "onsubmit", "onsuspend", "onsyncrestored", "ontimeerror",
    "ontimeupdate", "ontoggle", "ontouchcancel", "ontouchend", "ontouchmove", "ontouchstart",
    "ontrackchange", "ontransitioncancel", "ontransitionend", "ontransitionrun", "ontransitionstart",
    "onundo", "onunhandledrejection", "onunload", "onupdateready", "onurlflip", "onuserproximity",
    "onvisibilitychange", "onvolumechange", "onwaiting", "onwebkitanimationend",
    "onwebkitanimationiteration", "onwebkitanimationstart",
    "onwebkitcurrentplaybacktargetiswirelesschanged", "onwebkitfullscreenchange", "onwebkitfullscreenerror",
    "onwebkitkeyadded", "onwebkitkeyerror", "onwebkitkeymessage", "onwebkitmouseforcechanged",
    "onwebkitmouseforcedown", "onwebkitmouseforceup", "onwebkitmouseforcewillbegin", "onwebkitneedkey",
    "onwebkitplaybacktargetavailabilitychanged", "onwebkitpresentationmodechanged", "onwebkitspeechchange",
    "onwebkittransitionend", "onwebkitwillrevealbottom", "onwheel", "onzoom",
];


/// Functions that show a dialog or run their argument as code.
pub(super) static CALLS: &[&str] = &[
    "alert", "atob", "confirm", "eval", "execscript", "fetch", "function", "globaleval", "import",
    "importscripts", "msgbox", "print", "prompt", "setimmediate", "setinterval", "settimeout", "unescape",
    "write", "writeln",
];

/// Objects and properties that only script has a use for.
pub(super) static OBJECTS: &[&str] = &[
    "document", "frames", "globalthis", "localstorage", "location", "navigation", "opener", "parent",
    "reflect", "self", "sessionstorage", "this", "top", "window",
];

/// Whether `names` holds `name`.
pub(super) fn has(names: &[&str], name: &[u8]) -> bool {
    names.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok()
}
