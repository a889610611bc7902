//! Route patterns for targets without a router: literal segments, `{name}` for one segment, `{*rest}` for all that
//! follow. Paths are compared as they are on the wire, segment by segment; the most literal pattern wins.

/// Patterns and their values.
#[derive(Debug)]
pub(crate) struct Routes<T>(Vec<(Vec<Segment>, T)>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    One,
    Rest,
}

impl<T> Routes<T> {
    pub(crate) fn new(routes: impl IntoIterator<Item = (String, T)>) -> Self {
        let mut all: Vec<_> = routes.into_iter().map(|(pattern, value)| (parse(&pattern), value)).collect();
        // Literals sort before parameters, segment by segment.
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self(all)
    }

    pub(crate) fn find(&self, path: &str) -> Option<&T> {
        self.0.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, value)| value)
    }
}

/// Sort routes as a router that takes the first match needs them: the most literal pattern first.
pub(super) fn sort<T>(routes: &mut [(String, T)]) {
    routes.sort_by_cached_key(|(pattern, _)| parse(pattern));
}

fn parse(pattern: &str) -> Vec<Segment> {
    let segments = pattern.split('/').skip(1);
    segments
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if name.starts_with('*') => Segment::Rest,
            Some(_) => Segment::One,
            None => Segment::Literal(segment.into()),
        })
        .collect()
}

fn matches(pattern: &[Segment], path: &str) -> bool {
    let Some(path) = path.strip_prefix('/') else { return false };
    let mut segments = path.split('/');
    for expected in pattern {
        match (expected, segments.next()) {
            (Segment::Rest, Some(rest)) => return !rest.is_empty() || segments.next().is_some(),
            (Segment::One, Some(segment)) if !segment.is_empty() => {}
            (Segment::Literal(literal), Some(segment)) if literal == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_literal_pattern_wins_and_nothing_is_normalised() {
        let patterns = ["/", "/a", "/a/{id}", "/a/b", "/files/{*rest}"];
        let routes = Routes::new(patterns.map(|pattern| (pattern.to_owned(), pattern)));
        for (path, expected) in [
            ("/", Some("/")),
            ("/a", Some("/a")),
            ("/a/b", Some("/a/b")),
            ("/a/c", Some("/a/{id}")),
            ("/a/", None),
            ("//a", None),
            ("/a/b/c", None),
            ("/files/x/y", Some("/files/{*rest}")),
            ("/files/", None),
            ("/files", None),
        ] {
            assert_eq!(routes.find(path).copied(), expected, "{path}");
        }
    }
}
