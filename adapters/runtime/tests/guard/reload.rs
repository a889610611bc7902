//! Reloads: what stays, what is rejected, and atomicity.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use portcullis_core::config::ConfigErrors;
use portcullis_runtime::{Config, CredentialDecision, Guard, Rate, RoutePolicy};

use crate::support::{Request, builder, config};

fn limited(limit: u32) -> Config {
    config(|config| config.rate.limit = Some(Rate::per_minute(limit)))
}

fn problems(errors: &ConfigErrors) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_reload_keeps_counters_bans_and_handles() {
    let (builder, _, _) = builder(limited(10));
    let guard = builder.build().unwrap();
    let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(2))).unwrap();
    guard.ban("192.0.2.1".parse().unwrap(), Duration::from_secs(60)).await.unwrap();
    assert_eq!(Request::policy(login).status(&guard).await, None);
    let before = guard.engine();
    guard.reload(limited(3)).unwrap();
    assert_eq!(Request::policy(login).status(&guard).await, None);
    assert_eq!(Request::policy(login).status(&guard).await, Some(429), "the route's counter goes on");
    assert_eq!(
        Request::clean().status(&guard).await,
        Some(429),
        "so does the global one, under the new limit"
    );
    assert_eq!(Request::clean().from([192, 0, 2, 1]).status(&guard).await, Some(403));
    assert_eq!(
        before.config().rate.limit,
        Some(Rate::per_minute(10)),
        "an engine handle keeps its configuration"
    );
    assert_eq!(guard.engine().policy_name(login), Some("login"));
}

#[tokio::test]
async fn a_reload_that_fails_changes_nothing() {
    let guard = Guard::build(limited(10)).unwrap();
    let before = guard.engine();
    let bad = config(|config| config.client.proxy_depth = 0);
    assert_eq!(
        problems(&guard.reload(bad).unwrap_err()),
        ["client.proxy_depth: 0 is out of range; write 1 to 16"]
    );
    assert!(Arc::ptr_eq(&before, &guard.engine()));

    let mut exclude = portcullis_core::config::Exclude::default();
    exclude.class = Some(portcullis_runtime::Class::Sqli);
    guard.policy("cms", RoutePolicy::new().exclude(exclude)).unwrap();
    let before = guard.engine();
    let fewer = config(|config| config.detect.classes = vec![portcullis_runtime::Class::Xss]);
    let errors = problems(&guard.reload(fewer).unwrap_err());
    let expected = "policy `cms`: exclude[0].class: `sqli` is not looked for, so there is nothing to exclude";
    assert_eq!(errors, [expected], "a policy is checked under the new configuration");
    assert!(Arc::ptr_eq(&before, &guard.engine()));
}

#[test]
fn a_name_identifies_one_policy() {
    let guard = Guard::build(Config::default()).unwrap();
    let policy = || RoutePolicy::new().rate(Rate::per_minute(5));
    let first = guard.policy("login", policy()).unwrap();
    assert_eq!(guard.policy("login", policy()).unwrap(), first);
    let second = guard.policy("signup", policy()).unwrap();
    assert_ne!(first, second);
    let errors = guard.policy("login", RoutePolicy::new()).unwrap_err();
    let expected = "policy `login`: is registered with other content; choose another name, or replace it with `replace_policy`";
    assert_eq!(problems(&errors), [expected]);
    assert_eq!(guard.engine().policy_names().collect::<Vec<_>>(), ["login", "signup"]);
    guard.reload(limited(1)).unwrap();
    assert_eq!(guard.policy("signup", policy()).unwrap(), second, "also after a reload");
}

#[test]
fn a_verifier_or_hook_that_is_missing_is_named() {
    let guard = Guard::builder(Config::default())
        .verifier("jwt", |_, _| async { CredentialDecision::Accept })
        .build()
        .unwrap();
    let verify = |name: &str| RoutePolicy::new().verify(portcullis_runtime::Credential::Bearer, name);
    assert!(guard.policy("a", verify("jwt")).is_ok());
    let errors = guard.policy("b", verify("jvt")).unwrap_err();
    let expected =
        "policy `b`: no verifier `jvt`; register it with `GuardBuilder::verifier` first (registered: jwt)";
    assert_eq!(problems(&errors), [expected]);
    let errors = guard.policy("c", verify("jwt").hook("geo")).unwrap_err();
    assert_eq!(
        problems(&errors),
        ["policy `c`: no hook `geo`; register it with `GuardBuilder::hook` first (registered: none)"]
    );
    assert_eq!(guard.engine().policy_names().collect::<Vec<_>>(), ["a"], "nothing was registered");
}

/// Two configurations that differ in the response to an attack and in the denied networks.
fn one() -> Config {
    config(|config| {
        config.access.deny = vec!["192.0.2.1".parse().unwrap()];
        config.errors.bodies.insert("403".into(), "one".into());
        config.rate.enabled = false;
        config.ban.enabled = false;
    })
}

fn two() -> Config {
    config(|config| {
        config.access.deny = vec!["192.0.2.2".parse().unwrap()];
        config.errors.bodies.insert("403".into(), "two".into());
        config.rate.enabled = false;
        config.ban.enabled = false;
    })
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn every_verdict_is_that_of_one_configuration() {
    let guard = Guard::builder(one()).sink(crate::support::RecordingSink::default()).build().unwrap();
    let stop = AtomicBool::new(false);
    let seen = [const { AtomicUsize::new(0) }; 2];
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                run(async {
                    while !stop.load(Ordering::Relaxed) {
                        let arrival = guard.arrive();
                        let mut answers = Vec::new();
                        for peer in [[192, 0, 2, 1], [192, 0, 2, 2]] {
                            let request = Request::clean().from(peer);
                            let checked =
                                arrival.clone().check(request.head(), &mut crate::support::no_body()).await;
                            answers.push(crate::support::denial(checked).map(|denial| denial.body));
                        }
                        let which = match answers.as_slice() {
                            [Some(body), None] if body == "one" => 0,
                            [None, Some(body)] if body == "two" => 1,
                            torn => panic!("neither configuration has the verdicts {torn:?}"),
                        };
                        seen[which].fetch_add(1, Ordering::Relaxed);
                    }
                });
            });
        }
        let mut reloads = 0;
        while reloads < 200 || seen.iter().any(|count| count.load(Ordering::Relaxed) < 50) {
            guard.reload(if reloads % 2 == 0 { two() } else { one() }).unwrap();
            reloads += 1;
            thread::sleep(Duration::from_micros(200));
            assert!(reloads < 100_000, "both configurations are observed");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn reloads_and_registrations_at_once_lose_nothing() {
    let guard = Guard::build(one()).unwrap();
    thread::scope(|scope| {
        for worker in 0..4 {
            let guard = &guard;
            scope.spawn(move || {
                for n in 0..25 {
                    let name = format!("p{worker}-{n}");
                    let handle = guard.policy(&name, RoutePolicy::new()).unwrap();
                    assert_eq!(guard.engine().policy_name(handle), Some(name.as_str()));
                }
            });
        }
        for n in 0..50 {
            guard.reload(if n % 2 == 0 { two() } else { one() }).unwrap();
        }
    });
    assert_eq!(guard.engine().policy_names().count(), 100);
}

#[tokio::test]
async fn a_policy_is_replaced_under_its_handle() {
    let guard = builder(config(|_| {})).0.build().unwrap();
    let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(5))).unwrap();
    let status = async || Request::policy(login).status(&guard).await;
    assert_eq!(status().await, None);
    assert_eq!(guard.replace_policy("login", RoutePolicy::new().rate(Rate::per_minute(1))).unwrap(), login);
    assert_eq!(status().await, Some(429), "the new limit counts the request before");
    let wrong = guard.replace_policy("login", RoutePolicy::new().require_header("no name"));
    assert!(format!("{:?}", wrong.unwrap_err()).contains("required_headers.no name: is not a header name"));
    assert_eq!(status().await, Some(429), "a wrong policy changes nothing");
    let unknown = guard.replace_policy("logout", RoutePolicy::new()).unwrap_err();
    assert_eq!(
        format!("{unknown:?}"),
        "the configuration has an error: policy `logout`: is not registered; register it with `Guard::policy`"
    );
    guard.reload(config(|_| {})).unwrap();
    assert_eq!(status().await, Some(429), "a reload keeps the new content");
}

#[tokio::test]
async fn a_policy_is_not_named_like_the_pattern_of_a_route() {
    let guard =
        builder(Config::from_toml("[[route]]\npattern = \"/x\"\nrate = [{ limit = \"4/min\" }]").unwrap());
    let guard = guard.0.build().unwrap();
    for name in ["/x", ""] {
        let error = guard.policy(name, RoutePolicy::new()).unwrap_err().to_string();
        assert!(error.contains("choose another name"), "{error}");
    }
}
