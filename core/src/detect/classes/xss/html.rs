//! Reads a value as HTML: as text that may hold tags, and as the inside of a tag that it may break out of.
//!
//! One pass for each start state, without backtracking. Where browsers differ or a page may already have opened a quote, the
//! reader is tolerant: a stray quote separates attributes, and `<` always may start a tag.

use core::ops::Range;

use super::rules;
use super::text::{Name, is_blank};
use super::{names, script, url};
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// How far into a value a break-out may add a handler that does nothing conspicuous; further on, text talks about one.
const NEAR: usize = 32;

/// Read `text` as the text between tags.
pub(super) fn data(text: &[u8], evidence: &mut Evidence) {
    Reader::new(text).data(evidence, true);
}

/// Read `text` as if it stood inside a tag, from its start and after the first quote of each kind.
pub(super) fn inside_tag(text: &[u8], evidence: &mut Evidence) {
    let quotes = [b'"', b'\'', b'`'].map(|quote| memchr::memchr(quote, text).map(|at| at + 1));
    for start in quotes.into_iter().flatten().chain([0]) {
        Reader::new(text).attributes(start, &mut Tag::outside(), evidence);
        if evidence.is_enough() {
            return;
        }
    }
}

/// How much may precede a tag that is cut off: a URL that it was appended to.
const LEAD: usize = 64;

/// The longest tag that is taken to be put within a word so that a filter takes it out: `o<x>nload`.
const SPLICE: usize = 8;

struct Reader<'t> {
    text: &'t [u8],
    /// For each kind of quote, whether none follows any more, so that an unclosed one is looked for once.
    exhausted: [bool; 3],
}

/// The tag being read, and which of the attributes that load or hold code it has.
struct Tag {
    name: Name,
    /// Whether a tag was really opened, or is only assumed around the value.
    open: bool,
    loads: bool,
    /// Whether such an attribute lacks its value.
    awaits: bool,
    remote: bool,
    sheet: bool,
    refresh: bool,
    /// Whether the text shows the tag as code: in a Markdown code span or an added line of a diff.
    quoted: bool,
    embeds: bool,
    /// Whether its type is a language of script.
    script: bool,
    /// An attribute that is named like an event handler and holds a plain value.
    handler: Option<Range<usize>>,
}

impl Tag {
    fn outside() -> Self {
        Self::new(Name::default(), false)
    }

    fn new(name: Name, open: bool) -> Self {
        Self {
            name,
            open,
            loads: false,
            awaits: false,
            remote: false,
            sheet: false,
            refresh: false,
            quoted: false,
            embeds: false,
            script: false,
            handler: None,
        }
    }
}

impl<'t> Reader<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self { text, exhausted: [false; 3] }
    }

    /// Read tags; those in quoted values are read once more when `nested` is set.
    fn data(&mut self, evidence: &mut Evidence, nested: bool) {
        let mut at = 0;
        while let Some(offset) = memchr::memchr(b'<', &self.text[at..]) {
            work(offset + 1);
            at = self.tag(at + offset, evidence, nested);
            if evidence.is_enough() {
                return;
            }
        }
    }

    /// Read the tag whose `<` is at `start`; where to go on.
    fn tag(&mut self, start: usize, evidence: &mut Evidence, nested: bool) -> usize {
        let mut at = start + 1;
        while self
            .text
            .get(at)
            .is_some_and(|byte| is_blank(*byte) && *byte != b' ' || matches!(byte, b'/' | b'?'))
        {
            at += 1;
        }
        let closing = self.text[start + 1..at].contains(&b'/');
        let len = name_len(&self.text[at..]);
        let name = Name::of_tag(&self.text[at..at + len]);
        if !name.starts_with_letter() {
            return start + 1;
        }
        let mut tag = Tag::new(name, true);
        tag.quoted = is_quoted(&self.text[..start]);
        // Within a tag, `</name=` is no end tag but an attribute.
        let assigned = closing && self.text.get(at + len) == Some(&b'=');
        let end = self.attributes_of(if assigned { at } else { at + len }, &mut tag, evidence, nested);
        // What the page goes on with becomes the value.
        tag.loads |= tag.awaits && self.is_cut_off(start, end);
        if !closing {
            check_element(&tag, self.text, start..end, evidence);
        }
        if let Some(span) = tag.handler.filter(|_| self.is_cut_off(start, end)) {
            evidence.add(&rules::EVENT_ATTRIBUTE, span);
        }
        end
    }

    /// Whether the tag from `start` to `end` is all there is and lacks its end, which the page is to supply.
    fn is_cut_off(&self, start: usize, end: usize) -> bool {
        let lead = &self.text[..start.min(LEAD)];
        let lead = &lead[..memchr::memchr(b'<', lead).unwrap_or(lead.len())];
        let address = |byte: &u8| matches!(byte, b'@' | b'.');
        end == self.text.len()
            && !self.text.ends_with(b">")
            && start <= LEAD
            && !lead.contains(&b' ')
            && !lead.last().is_some_and(u8::is_ascii_alphanumeric)
            && !self.text[start..].iter().take_while(|byte| **byte > b' ').take(LEAD).any(address)
    }

    fn attributes(&mut self, at: usize, tag: &mut Tag, evidence: &mut Evidence) -> usize {
        self.attributes_of(at, tag, evidence, false)
    }

    /// Read attributes up to the end of the tag; where to go on.
    fn attributes_of(
        &mut self,
        mut at: usize,
        tag: &mut Tag,
        evidence: &mut Evidence,
        nested: bool,
    ) -> usize {
        while let Some(byte) = self.text.get(at) {
            work(1);
            match byte {
                b'>' if tag.open => return at + 1,
                b'<' if tag.open && self.starts_tag(at) => return at,
                b'<' | b'>' | b'+' | b'/' | b'"' | b'\'' | b'`' | b'=' | b'\\' => at += 1,
                byte if is_blank(*byte) => at += 1,
                _ => {
                    at = self.attribute(at, tag, evidence, nested);
                    if evidence.is_enough() {
                        return self.text.len();
                    }
                }
            }
        }
        self.text.len()
    }

    /// Whether the `<` at `at` starts a tag of its own.
    fn starts_tag(&self, at: usize) -> bool {
        self.text
            .get(at + 1)
            .is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?'))
    }

    /// Read the attribute at `start`; where to go on.
    fn attribute(&mut self, start: usize, tag: &mut Tag, evidence: &mut Evidence, nested: bool) -> usize {
        let len = attribute_name_len(&self.text[start..], tag.open);
        let mut at = start + len;
        let blanks = at;
        let name = start..at;
        while self.text.get(at).is_some_and(|byte| is_blank(*byte) || *byte == b'/') {
            at += 1;
        }
        if self.text.get(at) != Some(&b'=') {
            work(at - start);
            return at.max(start + 1);
        }
        at += 1;
        while self.text.get(at).is_some_and(|byte| is_blank(*byte)) {
            at += 1;
        }
        work(len + at - blanks);
        let (from, to, end) = self.value(at, tag.open);
        work(to - from);
        let value = &self.text[from..to];
        let name = Name::of(&self.text[name]);
        attribute(tag, &name, value, start..to, evidence);
        // Old browsers dropped blanks within a scheme even where they end the value.
        if tag.open && is_url(&name) && url::is_code(&self.text[from..]) {
            evidence.add(&rules::CODE_URL, start..to);
        }
        if nested && value.contains(&b'<') && !evidence.is_enough() {
            Reader::new(value).data(evidence, false);
        }
        end
    }

    /// The value at `at`: its first byte, its end, and where to go on.
    fn value(&mut self, at: usize, open: bool) -> (usize, usize, usize) {
        let quote = self.text.get(at).copied().unwrap_or_default();
        if let Some(kind) = [b'"', b'\'', b'`'].iter().position(|known| *known == quote)
            && !self.exhausted[kind]
        {
            if let Some(len) = memchr::memchr(quote, &self.text[at + 1..]) {
                // A backtick is a quote to old browsers only; to others what follows it are more attributes.
                let end = if quote == b'`' { at + 1 } else { at + 2 + len };
                return (at + 1, at + 1 + len, end);
            }
            work(self.text.len() - at);
            self.exhausted[kind] = true;
        }
        let quoted = matches!(quote, b'"' | b'\'' | b'`');
        let from = if quoted { at + 1 } else { at };
        let mut to = from;
        while let Some(byte) = self.text.get(to).filter(|byte| !is_blank(**byte) && **byte != b'>') {
            let spliced = if *byte == b'<' && !open { splice(&self.text[to..]) } else { None };
            to += spliced.unwrap_or(1);
        }
        (from, to, to)
    }
}

/// The length of the name of an attribute; where no tag is open, with the tags in it that a filter would take out.
fn attribute_name_len(text: &[u8], open: bool) -> usize {
    let run = |from: usize| text[from..].iter().take_while(|byte| !ends_attribute_name(**byte)).count();
    let mut len = run(0);
    while !open && len > 0 {
        let Some(tag) = splice(&text[len..]) else { break };
        if !text.get(len + tag).is_some_and(u8::is_ascii_alphabetic) {
            break;
        }
        len += tag + run(len + tag);
    }
    len
}

/// The length of the bare tag that `text` starts with.
fn splice(text: &[u8]) -> Option<usize> {
    let name = text.strip_prefix(b"<")?;
    let len = name.iter().take(SPLICE).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    (len > 0 && name.get(len) == Some(&b'>')).then_some(len + 2)
}

fn name_len(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| !matches!(byte, b' '..=b'"' | b'\'' | b'+' | b'/' | b'<'..=b'>' | 9..=13))
        .count()
}

const fn ends_attribute_name(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13 | b'/' | b'>' | b'<' | b'=' | b'+' | b'"' | b'\'' | b'`')
}

/// The evidence of one attribute.
fn attribute(tag: &mut Tag, name: &Name, value: &[u8], span: Range<usize>, evidence: &mut Evidence) {
    let bare = value.trim_ascii();
    if bare.is_empty() {
        if tag.open && names::has(names::EVENTS, name.bytes()) {
            tag.handler = Some(span);
        }
        tag.awaits |= loads(name);
        return;
    }
    if name.has_prefix(b"on") {
        let sink = script::begins_with_sink(value);
        let known = names::has(names::EVENTS, name.letters());
        if tag.quoted && script::is_plain(value) {
            evidence.add(&rules::QUOTED_MARKUP, span.clone());
        } else if tag.open && (known || name.letters().len() > 4 && script::is_code(value)) {
            evidence.add(&rules::EVENT_ATTRIBUTE, span.clone());
        } else if known && (sink || script::is_code(value)) && (span.start < NEAR || !script::is_plain(value))
        {
            evidence.add(&rules::BREAKOUT_HANDLER, span.clone());
        } else if tag.open && name.letters().len() > 4 {
            tag.handler = Some(span.clone());
        }
    }
    if tag.open && name.is(b"attributename") && names::has(names::EVENTS, Name::of(bare).bytes()) {
        evidence.add(&rules::EVENT_ATTRIBUTE, span.clone());
    }
    let takes_url = tag.open || is_url(name);
    if takes_url && url::is_code(value) || is_list_of_urls(name) && url::holds_code(value) {
        evidence.add(&rules::CODE_URL, span.clone());
    }
    if name.is(b"style") && url::style_code(value) {
        evidence.add(&rules::STYLE_CODE, span.clone());
    }
    if is_directive(name) && script::is_code(value) && script::calls(value) {
        evidence.add(&rules::TEMPLATE_CODE, span.clone());
    }
    if value.starts_with(b"&{") && script::is_code(value) {
        evidence.add(&rules::SCRIPT_INCLUDE, span);
    }
    let remote = url::is_remote(value);
    if matches!(name.bytes(), b"srcdoc" | b"datasrc") {
        tag.loads = true;
        tag.remote = true;
    } else if loads(name) {
        tag.loads = true;
        tag.remote |= remote || url::is_code(value) || memchr::memchr2(b'?', b'(', value).is_some();
        tag.embeds |= starts_with_folded(value, b"https://");
    } else if name.is(b"type") {
        tag.script = Name::of(value).bytes().ends_with(b"script");
    } else if name.is(b"rel") {
        tag.sheet |= value.eq_ignore_ascii_case(b"stylesheet") || value.eq_ignore_ascii_case(b"import");
    } else if name.is(b"http-equiv") {
        tag.refresh |= [b"refresh".as_slice(), b"set-cookie", b"link"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word));
    }
}

/// Attributes that name what an element loads.
fn loads(name: &Name) -> bool {
    matches!(
        name.bytes(),
        b"src" | b"href" | b"data" | b"code" | b"codebase" | b"classid" | b"xlink:href" | b"implementation"
    )
}

/// Whether the text before a tag shows it as code: a backtick, or a line of a diff. Looks back a few bytes only.
fn is_quoted(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(16)..];
    let line = near.trim_ascii_end();
    near.ends_with(b"`") || line.ends_with(b"\n+") || line.ends_with(b"\n-")
}

/// Attributes that take one URL.
fn is_url(name: &Name) -> bool {
    let names =
        ["action", "background", "data", "formaction", "href", "lowsrc", "poster", "src", "xlink:href"];
    names::has(&names, name.bytes())
}

fn starts_with_folded(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Attributes whose value holds several URLs, or one after other text.
fn is_list_of_urls(name: &Name) -> bool {
    matches!(name.bytes(), b"content" | b"values" | b"from" | b"to" | b"by" | b"srcset" | b"style")
}

/// Attributes of client-side frameworks whose value is code.
fn is_directive(name: &Name) -> bool {
    [b"v-".as_slice(), b"ng-", b"x-", b"@", b":", b"hx-", b"mv-", b"data-ng-", b"*ng"]
        .iter()
        .any(|prefix| name.has_prefix(prefix))
}

/// The evidence of an element with its attributes.
fn check_element(tag: &Tag, text: &[u8], span: Range<usize>, evidence: &mut Evidence) {
    let rule = match tag.name.bytes() {
        b"script" if tag.quoted && tag.loads && !tag.remote => &rules::QUOTED_MARKUP,
        b"script" => &rules::SCRIPT_ELEMENT,
        b"style" if tag.script => &rules::STYLE_CODE,
        b"iframe" if tag.quoted && tag.embeds => &rules::QUOTED_MARKUP,
        b"span" | b"div" | b"table" | b"marquee" if tag.loads && tag.remote => &rules::ACTIVE_ELEMENT,
        b"style" => {
            let content = &text[span.end.min(text.len())..];
            let content = &content[..memchr::memchr(b'<', content).unwrap_or(content.len())];
            work(content.len());
            if !url::style_code(content) {
                return;
            }
            &rules::STYLE_CODE
        }
        b"link" if tag.loads && tag.sheet => &rules::ACTIVE_ELEMENT,
        b"meta" if tag.refresh => &rules::ACTIVE_ELEMENT,
        b"iframe" | b"frame" | b"frameset" | b"applet" | b"object" | b"embed" | b"base" | b"isindex"
        | b"vmlframe" | b"layer" | b"ilayer" | b"bgsound" | b"xml" | b"import"
            if tag.loads =>
        {
            &rules::ACTIVE_ELEMENT
        }
        _ => return,
    };
    evidence.add(rule, span);
}
