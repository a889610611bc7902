use std::string::String;

use super::*;

fn pieces(document: &str) -> (Vec<(String, String)>, bool) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut all = Vec::new();
    let flow = walk::<()>(document.as_bytes(), &mut Vec::new(), &mut |piece| {
        all.push((text(piece.name), text(piece.value)));
        ControlFlow::Continue(())
    });
    (all, flow == ControlFlow::Continue(true))
}

fn assert_pieces(document: &str, expected: &[(&str, &str)], regular: bool) {
    let (all, is_regular) = pieces(document);
    let all: Vec<_> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(all, expected, "{document}");
    assert_eq!(is_regular, regular, "{document}");
}

#[test]
fn text_attributes_and_tags_are_named() {
    assert_pieces(
        "<?xml version=\"1.0\"?>\n<a:b id='1' x=\"&lt;&#x27;&amp;\"><c>one</c> two <d/></a:b>\n",
        &[
            ("", "xml version=\"1.0\""),
            ("id", "1"),
            ("x", "<'&"),
            ("a:b", "<a:b id='1' x=\"&lt;&#x27;&amp;\">"),
            ("c", "<c>"),
            ("c", "one"),
            ("a:b", " two "),
            ("d", "<d/>"),
        ],
        true,
    );
}

#[test]
fn text_is_joined_across_comments_and_cdata() {
    assert_pieces(
        "<q>1' uni<!-- x -->on <![CDATA[sel<b>]]>ect&#32;&#X31;</q>",
        &[("q", "<q>"), ("q", " x "), ("q", "1' union sel<b>ect 1")],
        true,
    );
}

#[test]
fn declarations_are_visited_and_never_expanded() {
    assert_pieces(
        "<!DOCTYPE r SYSTEM 'a.dtd' [<!ENTITY % p \"x>y\"> %p; <!-- c --> <!ENTITY e SYSTEM \"file:///etc/passwd\">]><r>&e;</r>",
        &[
            ("r", "a.dtd"),
            ("r", "<!DOCTYPE r SYSTEM 'a.dtd' ["),
            ("p", "x>y"),
            ("p", "<!ENTITY % p \"x>y\">"),
            ("", " c "),
            ("e", "file:///etc/passwd"),
            ("e", "<!ENTITY e SYSTEM \"file:///etc/passwd\">"),
            ("r", "<r>"),
            ("r", "&e;"),
        ],
        true,
    );
    let bomb = format!("<!DOCTYPE b [<!ENTITY a \"{}\">]><b>{}</b>", "x".repeat(100), "&a;".repeat(1000));
    let visited: usize = pieces(&bomb).0.iter().map(|(_, value)| value.len()).sum();
    assert!(visited < 2 * bomb.len(), "{visited}");
}

#[test]
fn broken_documents_are_read_to_the_end_and_reported() {
    for (document, last) in [
        ("<a>text", "text"),
        ("<a b=\"open", "<a b=\"open"),
        ("<a b=bare>x</a>", "x"),
        ("<a><!-- open", " open"),
        ("<a><![CDATA[open", "open"),
        ("<?pi open", "pi open"),
        ("<!DOCTYPE a [ <!ENTITY x \"open", "<!ENTITY x \"open"),
        ("<a></b>", "</b>"),
        ("</a>", "</a>"),
        ("<a>1 < 2</a>", "1 < 2"),
        ("text<a/>", "<a/>"),
        ("<a/>text", "text"),
        ("<a b>x</a>", "x"),
        ("<a =\"x\"/>", "<a =\"x\"/>"),
        ("<!DOCTYPE a [ junk <a>x</a>", "x"),
    ] {
        let (all, regular) = pieces(document);
        assert!(all.iter().any(|(_, value)| value == last), "{document}: {all:?}");
        assert!(!regular, "{document}");
    }
    assert_pieces("", &[], true);
}

#[test]
fn invalid_references_are_kept() {
    assert_pieces(
        "<a>&bogus; &#; &#x110000; &#+1; & &lt</a>",
        &[("a", "<a>"), ("a", "&bogus; &#; &#x110000; &#+1; & &lt")],
        true,
    );
}

#[test]
fn xml_is_distinguished_from_other_text() {
    for yes in ["<?xml?>", " <a/>", "<!DOCTYPE x>", "\n<Soap:E>"] {
        assert!(looks_like_xml(yes.as_bytes()), "{yes}");
    }
    for no in ["", "a<b>", "<3", "< a>", "<"] {
        assert!(!looks_like_xml(no.as_bytes()), "{no}");
    }
}
