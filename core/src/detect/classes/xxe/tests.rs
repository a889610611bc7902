use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(location: Location, value: &[u8]) -> Option<Finding> {
    let input = Input { location, name: b"x", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Xxe))
}

#[test]
fn declarations_are_read_however_they_are_written() {
    for value in [
        "<!ENTITY\te\n SYSTEM\r\n'x'>",
        "<!ENTITY % e SYSTEM \"x\" >%e;",
        "<!ENTITY e PUBLIC \"a>b\" \"x\">",
        "<!DOCTYPE a [<!-- > --><!ELEMENT a ANY><!ENTITY e SYSTEM \"x\" NDATA gif>]>",
        "%3C!ENTITY%20e%20SYSTEM%20%22x%22%3E",
        "&lt;!ENTITY e SYSTEM &quot;x&quot;&gt;",
        "\\u003c!ENTITY e SYSTEM 'x'>",
        "<!DOCTYPE a PUBLIC \"x\" \"ftp://evil.example/a\" [",
    ] {
        assert!(scan(Location::Text, value.as_bytes()).is_some(), "{value}");
    }
}

#[test]
fn ordinary_documents_pass() {
    for value in [
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title></channel></rss>",
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body/></soap:Envelope>",
        "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>",
        "<![CDATA[<!DOCTYPE html>]]>",
        "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\" [\n\t<!ENTITY ns_ai \"http://ns.adobe.com/AdobeIllustrator/10.0/\">\n\t<!ENTITY ns_svg \"http://www.w3.org/2000/svg\">\n]>",
        "<!DOCTYPE html><html><head><!-- entity --></head></html>",
    ] {
        assert_eq!(scan(Location::Xml, value.as_bytes()), None, "{value}");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in [
        "<",
        "<!",
        "<!ENTITY ",
        "<!ENTITY % a \"",
        "<!ENTITY a '&",
        "<!DOCTYPE a SYSTEM \"x\"",
        "<xi:include ",
        "<xsl:",
        "<a=",
        "<x xsi:schemaLocation=",
        "+ADwAI",
        "<!ENTITY a \"&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        assert_linear(unit.as_bytes(), b"<!ENTITY", 40, |value| drop(scan(Location::Text, value)));
    }
}
