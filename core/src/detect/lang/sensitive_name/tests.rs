use super::*;

#[test]
fn secrets_are_recognised_by_a_word_of_their_name() {
    for name in [
        "password",
        "Password",
        "new_password",
        "newPassword",
        "user[password]",
        "user%5Bpassword%5D",
        "p%61ssword",
        "a.b.token",
        "X-Api-Key",
        "api_key",
        "apiKey",
        "stripe[privateKey]",
        "access_token",
        "refreshToken",
        "Authorization",
        "session",
        "sid",
        "card-pin",
    ] {
        assert!(is_sensitive(name.as_bytes(), &[]), "{name}");
    }
    for name in [
        "q",
        "compass",
        "passenger",
        "author",
        "spin",
        "keyword",
        "api",
        "key",
        "primary_key",
        "residence",
        "",
    ] {
        assert!(!is_sensitive(name.as_bytes(), &[]), "{name}");
    }
}

#[test]
fn the_operator_adds_names() {
    let more = [String::from("iban")];
    assert!(is_sensitive(b"customer[IBAN]", &more) && is_sensitive(b"iban", &more));
    assert!(!is_sensitive(b"urban", &more));
}
