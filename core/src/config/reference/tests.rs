//! The reference parses, contains every default, and has an example for every list.

use std::string::String;
use std::vec::Vec;

use super::{EXAMPLES, field_paths, reference};
use crate::config::Config;

/// The blocks of TOML in the reference.
fn blocks() -> Vec<String> {
    let reference = reference();
    let blocks = reference.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().into()).collect()
}

#[test]
fn the_blocks_of_tables_together_are_the_defaults() {
    let document: String = blocks().into_iter().filter(|block| !block.starts_with("[[")).collect();
    assert_eq!(Config::from_toml(&document).unwrap(), Config::default());
}

#[test]
fn the_entry_of_a_list_has_no_field_that_is_unknown() {
    for block in blocks().into_iter().filter(|block| block.starts_with("[[")) {
        if let Err(errors) = Config::from_toml(&block) {
            let unknown = errors.iter().find(|error| error.problem().contains("unknown field"));
            assert_eq!(unknown, None, "{block}");
        }
    }
}

#[test]
fn every_list_of_tables_has_an_example_that_loads() {
    let mut lists: Vec<String> = Vec::new();
    for path in field_paths().iter().filter(|path| path.contains("[]")) {
        let list = path.rsplit_once("[]").unwrap().0.replace("[]", "");
        if !lists.contains(&list) {
            lists.push(list);
        }
    }
    for list in &lists {
        // The exclusions of a route have the syntax of those of the configuration.
        let list = if list == "route.exclude" { "detect.exclude" } else { list };
        assert!(EXAMPLES.iter().any(|(path, _)| *path == list), "no example for `{list}`");
    }
    for (path, example) in EXAMPLES {
        let config = Config::from_toml(example).unwrap_or_else(|errors| panic!("{path}: {errors}"));
        assert_ne!(config, Config::default(), "{path}");
        assert!(reference().contains(example), "{path}");
    }
}

#[test]
fn every_field_is_in_the_reference() {
    let reference = reference();
    for path in field_paths() {
        let name = path.rsplit('.').next().unwrap();
        let lines = [std::format!("\n{name} = "), std::format!("\n# {name} =\n")];
        assert!(lines.iter().any(|line| reference.contains(line.as_str())), "{path}");
    }
}
