//! Random sequences against the specification, shrunk when they differ.

use std::fmt::Write as _;
use std::time::Duration;

use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::window::EXACT_LIMIT;
use portcullis_core::state::{Batch, Consequence, Op, Quota, Reply, Scope, StateStore};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestError, TestRunner};
use tokio::runtime::Runtime;

use crate::Contract;
use crate::client::{MINUTE, ban, banned, hit, key, network, quota, strike};

/// How many clients take part: few, so that they meet themselves again.
const CLIENTS: u32 = 12;
/// How far back the instant of a batch may lie behind the latest one, in milliseconds: workers disagree by so much.
const BEHIND: u64 = 5_000;

/// What one client does in one batch.
#[derive(Clone, Copy, Debug)]
enum Act {
    Hit {
        cost: u32,
    },
    /// Points on two counters, either of which bans.
    Attack {
        points: u32,
    },
    /// A point on a counter that holds.
    Violate,
    Held,
    Banned,
    Ban {
        seconds: u64,
    },
    Unban,
}

#[derive(Clone, Debug)]
enum Ask {
    /// Acts of different clients: a store may run the ops of a batch in parallel.
    Acts(Vec<(u32, Act)>),
    /// A ban of a whole network, or the end of it.
    Network { client: u32, length: u8, seconds: Option<u64> },
}

#[derive(Clone, Debug)]
struct Step {
    forward: u64,
    behind: u64,
    ask: Ask,
}

pub(crate) fn check<S: StateStore + 'static>(
    contract: &Contract<S>,
    runtime: &Runtime,
) -> Result<(), String> {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: contract.cases,
        failure_persistence: None,
        max_shrink_iters: 512,
        rng_seed: RngSeed::Fixed(contract.seed),
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&vec(step(), 1..60), |steps| {
        runtime.block_on(sequence(contract, &steps)).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, steps)) => Err(format!("{reason}\nthe sequence:\n{}", story(&steps))),
        Err(TestError::Abort(reason)) => Err(reason.message().into()),
    }
}

async fn sequence<S: StateStore + 'static>(contract: &Contract<S>, steps: &[Step]) -> Result<(), String> {
    let (store, mut model) = (contract.fresh().await, Model::default());
    let mut latest = BEHIND;
    for (number, step) in steps.iter().enumerate() {
        latest += step.forward;
        let mut batch = Batch::new(contract.at(latest - step.behind));
        step.ask.ops().into_iter().for_each(|op| _ = batch.push(op));
        let (seen, exact) = (contract.answers(&store, &batch).await?, reduce(&mut model, &batch));
        for ((op, seen), exact) in batch.ops().iter().zip(&seen).zip(&exact) {
            if !agree(*seen, *exact) {
                return Err(format!("step {number}: {op:?}\nis answered {seen:?}\ninstead of  {exact:?}"));
            }
        }
    }
    Ok(())
}

/// Small limits are exact; a large one may refuse what a log of every hit admits, for a while, and never the reverse. No
/// store need count beyond the limit.
fn agree(seen: Reply, exact: Reply) -> bool {
    match (seen, exact) {
        (Reply::Count(seen), Reply::Count(exact)) if exact.limit > EXACT_LIMIT => {
            seen.limit == exact.limit && (exact.within || !seen.within)
        }
        (Reply::Count(seen), Reply::Count(exact)) => {
            let most = exact.limit + 1;
            let ends = |count: portcullis_core::state::Count| {
                (count.within, count.limit, count.retry_at, count.reset_at)
            };
            seen.used.min(most) == exact.used.min(most) && ends(seen) == ends(exact)
        }
        (seen, exact) => seen == exact,
    }
}

/// The limit of a client: always the same, for what happens to a counter when its limit changes is up to the store.
fn limit(client: u32) -> Quota {
    match client % 4 {
        0 => quota(1, Duration::from_secs(1)),
        1 => quota(7, MINUTE),
        2 => quota(EXACT_LIMIT, 10 * MINUTE),
        _ => quota(40, MINUTE),
    }
}

impl Ask {
    fn ops(&self) -> Vec<Op> {
        match self {
            Self::Acts(acts) => {
                let new = |(at, (client, _)): &(usize, &(u32, Act))| {
                    !acts[..*at].iter().any(|(seen, _)| seen == client)
                };
                acts.iter().enumerate().filter(new).flat_map(|(_, (client, act))| act.ops(*client)).collect()
            }
            Self::Network { client, length, seconds } => {
                let target = network(*client, *length);
                vec![match seconds {
                    Some(seconds) => Op::Ban { target, term: Duration::from_secs(*seconds) },
                    None => Op::Unban { target },
                }]
            }
        }
    }
}

impl Act {
    fn ops(self, client: u32) -> Vec<Op> {
        let held = key(Scope::Throttle, client);
        match self {
            Self::Hit { cost } => vec![hit(client, limit(client), cost)],
            Self::Attack { points } => vec![
                strike(Scope::Strikes, client, quota(7, MINUTE), points),
                strike(Scope::Outcome, client, quota(4, MINUTE), points),
            ],
            Self::Violate => vec![Op::Strike {
                key: key(Scope::Behaviour, client),
                quota: quota(3, MINUTE),
                points: 1,
                then: Consequence::Throttle(held, MINUTE / 2),
            }],
            Self::Held => vec![Op::Hit { key: held, quota: quota(1, MINUTE / 2), cost: 0 }],
            Self::Banned => vec![banned(client)],
            Self::Ban { seconds } => vec![ban(client, Duration::from_secs(seconds))],
            Self::Unban => vec![Op::Unban { target: network(client, 32) }],
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let forward = prop_oneof![6 => 0_u64..500, 2 => 0_u64..9_000, 1 => 0_u64..900_000];
    let behind = prop_oneof![3 => Just(0), 1 => 0..=BEHIND];
    (forward, behind, ask()).prop_map(|(forward, behind, ask)| Step { forward, behind, ask })
}

fn ask() -> impl Strategy<Value = Ask> {
    let act = prop_oneof![
        8 => (0_u32..4).prop_map(|cost| Act::Hit { cost }),
        3 => (0_u32..3).prop_map(|points| Act::Attack { points }),
        2 => Just(Act::Violate),
        1 => Just(Act::Held),
        3 => Just(Act::Banned),
        1 => (0_u64..60).prop_map(|seconds| Act::Ban { seconds }),
        1 => Just(Act::Unban),
    ];
    let length = prop_oneof![Just(24_u8), Just(30), Just(0)];
    prop_oneof![
        9 => vec((0..CLIENTS, act), 1..6).prop_map(Ask::Acts),
        1 => (0..CLIENTS, length, proptest::option::of(0_u64..60))
            .prop_map(|(client, length, seconds)| Ask::Network { client, length, seconds }),
    ]
}

fn story(steps: &[Step]) -> String {
    let (mut latest, mut story) = (BEHIND, String::new());
    for (number, step) in steps.iter().enumerate() {
        latest += step.forward;
        // Writing to a string does not fail.
        let _ = writeln!(story, "  {number}. at {} ms: {:?}", latest - step.behind, step.ask);
    }
    story
}
