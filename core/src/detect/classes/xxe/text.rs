//! Comparisons of text that declarations and elements share.

/// Whether `text` starts with `prefix`, in any case.
pub(super) fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether an address has a scheme, a host or a root.
pub(super) fn is_remote(address: &[u8]) -> bool {
    let address = address.trim_ascii();
    let scheme = address
        .iter()
        .take(24)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    matches!(address.first(), Some(b'/' | b'\\')) || address.get(scheme.count()) == Some(&b':')
}
