use std::boxed::Box;

use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, ScanOptions, Scanner, View};

fn scan(location: Location, name: &str, value: &str, content: &str) -> Option<Box<Finding>> {
    let input = Input { location, name: name.as_bytes(), value: value.as_bytes() };
    let view = View::raw(&input, content.as_bytes());
    Scanner::new().scan_with(
        view,
        &input,
        ClassSet::NONE.with(Class::NosqlInjection),
        &ScanOptions::default(),
    )
}

#[test]
fn an_operator_is_judged_by_its_field_and_what_it_compares_with() {
    for (field, operator, content) in [
        ("user", "$gt", ": \"\"}"),
        ("username", "$ne", ": null, \"a\": 1}"),
        ("login", "$exists", ":true}"),
        ("email", "$regex", ": \"a.*\"}"),
        ("password", "$ne", ": \"whatever it may be\"}"),
        ("filter", "$where", ": \"1\"}"),
        ("a", "$function", ": {}"),
    ] {
        assert!(
            scan(Location::JsonKey, field, operator, content).is_some(),
            "{field} {operator}{content} passes"
        );
    }
    for (field, operator, content) in [
        ("status", "$ne", ": \"archived\"}"),
        ("price", "$gte", ": 6, \"$lt\": 23}"),
        ("deletedAt", "$ne", ": null}"),
        ("username", "$ne", ": \"robert\"}"),
        ("email", "$regex", ": \"@example.com$\"}"),
        ("user", "$in", ": [1, 2]}"),
        ("", "$or", ": [{\"a\": 1}]}"),
        ("properties", "$ref", ": \"#/a\"}"),
        ("username", "$gtm", ": \"\"}"),
    ] {
        assert_eq!(scan(Location::JsonKey, field, operator, content), None, "{field} {operator}{content}");
    }
}

#[test]
fn an_operator_in_brackets_belongs_to_the_name_before_it() {
    for (name, content) in [
        ("u_id[$ne]", "2"),
        ("user%5B%24gt%5D", ""),
        ("filters[password][$ne]", "x"),
        ("login[$nin][]", "a"),
        ("q[$where]", "1"),
    ] {
        assert!(scan(Location::QueryName, name, name, content).is_some(), "{name}={content} passes");
    }
    for (name, content) in [
        ("filters[price][$gt]", "5"),
        ("$where", "magnitude > 3"),
        ("$filter", "name eq 'x'"),
        ("user[$name]", ""),
        ("user$ne", "1"),
        ("user[ne]", "1"),
        ("username[$ne]", "robert"),
    ] {
        assert_eq!(scan(Location::QueryName, name, name, content), None, "{name}={content}");
    }
}

#[test]
fn text_has_to_leave_its_value() {
    for (name, value) in [
        ("username", "{ $ne: 1 }"),
        ("filter", "{\"$gt\": \"\"}"),
        ("q", "{$gt: ''}"),
        ("q", "%27%2C%20%24or%3A%20%5B"),
        ("q", "', $or: [ {}, {"),
        ("q", "\\u0024where: '1 == 1'"),
        ("q", "';it=new Date();do{pt=new Date();}while(pt-it<5000);"),
    ] {
        assert!(scan(Location::Query, name, value, "").is_some(), "{value} passes");
    }
    for (name, value) in [
        ("price", "{\"$gt\": 5}"),
        ("q", "{\"status\": {\"$ne\": \"archived\"}}"),
        ("q", "Costs $5, $or: nothing"),
        ("q", "$scope.$where = 1"),
        ("code", "function f() { return this.a == 1 || this.b == 2; }"),
        ("code", "var t = new Date(); while (new Date() - t < 100) {}"),
        ("q", "it's; as I said: return true to the shop"),
    ] {
        assert_eq!(scan(Location::Query, name, value, ""), None, "{value}");
    }
}

#[test]
fn segments_of_a_path_are_values() {
    for path in ["/login/{$gt:%20''}", "/a/db.users.drop();", "/x/%27,%20$or:%20[%20{}"] {
        assert!(scan(Location::Path, "", path, "").is_some(), "{path} passes");
    }
    assert_eq!(scan(Location::Path, "", "/docs/db.users.drop/$where/this.a", ""), None);
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in
        ["$", "[$ne]", "[$", "{$gt:", "'", "\"", "'||", "this.", "==", "db.a.b(", "(", "/", ";return ", "$$"]
    {
        for location in [Location::QueryName, Location::Json, Location::JsonKey] {
            for tail in ["", " this. db. [$ne]", "||1==1 $where:"] {
                assert_linear(unit.as_bytes(), tail.as_bytes(), 60, |value| {
                    let input = Input { location, name: b"q", value };
                    drop(Scanner::new().scan(&input, ClassSet::NONE.with(Class::NosqlInjection)));
                });
            }
        }
    }
}
