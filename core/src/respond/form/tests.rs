use super::*;

fn weights(accept: &str) -> (u16, u16) {
    let mut weights = AcceptPreference::default();
    weights.add(accept.as_bytes());
    (weights.json, weights.text)
}

#[test]
fn weights_are_read_in_thousandths_and_malformed_ones_count_nothing() {
    for (weight, expected) in [
        ("1", 1000),
        ("1.000", 1000),
        ("0", 0),
        ("0.", 0),
        ("0.5", 500),
        ("0.05", 50),
        ("0.999", 999),
        ("1.5", 1000),
        ("", 0),
        ("2", 0),
        ("-1", 0),
        ("0.1234", 0),
        ("0.x", 0),
        ("1e9", 0),
    ] {
        assert_eq!(thousandths(weight.as_bytes()), expected, "{weight}");
    }
}

#[test]
fn only_listed_media_types_count() {
    assert_eq!(weights("*/*"), (0, 0));
    assert_eq!(weights("application/json"), (1000, 0));
    assert_eq!(weights("Application/Problem+JSON;q=0.4, TEXT/html ; Q=0.9"), (400, 900));
    assert_eq!(weights("application/json;q=0.2, application/problem+json;q=0.7"), (700, 0));
    assert_eq!(weights("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), (0, 1000));
    assert_eq!(weights("application/json;version=1;q=0.3"), (300, 0));
    assert_eq!(weights("application/jsonx, application/ld+json, text"), (0, 0));
    assert_eq!(weights(",;,,;q=1,"), (0, 0));
}

#[test]
fn grpc_is_told_by_its_whole_name() {
    for (content_type, expected) in [
        ("application/grpc", Some("application/grpc")),
        ("Application/GRPC+proto", Some("application/grpc")),
        ("application/grpc;charset=utf-8", Some("application/grpc")),
        ("application/grpc-web+proto", Some("application/grpc-web+proto")),
        ("application/grpc-web-text", Some("application/grpc-web-text+proto")),
        ("application/grpcx", None),
        ("application/grpc-webber", None),
        ("application/json", None),
        ("", None),
    ] {
        assert_eq!(grpc(content_type.as_bytes()), expected, "{content_type}");
    }
}
