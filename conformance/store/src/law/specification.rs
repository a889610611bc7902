//! Random sequences against the specification, shrunk where the replies differ.

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

/// The number of clients: few, so that each recurs.
const CLIENTS: u32 = 12;
/// The maximum clock skew of a batch behind the latest one, in milliseconds.
const BEHIND: u64 = 5_000;

/// An op of one client.
#[derive(Clone, Copy, Debug)]
enum ClientOp {
    Hit {
        cost: u32,
    },
    /// Points on two counters, either of which bans.
    Attack {
        points: u32,
    },
    /// A point on a counter that throttles.
    Violate,
    Held,
    Banned,
    Ban {
        seconds: u64,
    },
    Unban,
}

#[derive(Clone, Debug)]
enum BatchContent {
    /// Ops of different clients: a store may run the ops of a batch in parallel.
    ClientOps(Vec<(u32, ClientOp)>),
    /// A ban of a whole network, or its removal.
    Network { client: u32, length: u8, seconds: Option<u64> },
}

#[derive(Clone, Debug)]
struct Step {
    forward: u64,
    behind: u64,
    content: BatchContent,
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
        Err(TestError::Fail(reason, steps)) => Err(format!("{reason}\nthe sequence:\n{}", describe(&steps))),
        Err(TestError::Abort(reason)) => Err(reason.message().into()),
    }
}

async fn sequence<S: StateStore + 'static>(contract: &Contract<S>, steps: &[Step]) -> Result<(), String> {
    let (store, mut model) = (contract.new_store().await, Model::default());
    let mut latest = BEHIND;
    for (number, step) in steps.iter().enumerate() {
        latest += step.forward;
        let mut batch = Batch::new(contract.at(latest - step.behind));
        step.content.ops().into_iter().for_each(|op| _ = batch.push(op));
        let (seen, exact) = (contract.replies(&store, &batch).await?, reduce(&mut model, &batch));
        for ((op, seen), exact) in batch.ops().iter().zip(&seen).zip(&exact) {
            if !agree(*seen, *exact) {
                return Err(format!("step {number}: {op:?}\nreply:      {seen:?}\ninstead of  {exact:?}"));
            }
        }
    }
    Ok(())
}

/// Small limits are exact; a large one may reject for a while what a log of every hit admits, and never the reverse. A
/// store need not count beyond the limit.
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

/// The limit of a client. It is constant, because stores may differ in what a change of the limit does to a counter.
fn limit(client: u32) -> Quota {
    match client % 4 {
        0 => quota(1, Duration::from_secs(1)),
        1 => quota(7, MINUTE),
        2 => quota(EXACT_LIMIT, 10 * MINUTE),
        _ => quota(40, MINUTE),
    }
}

impl BatchContent {
    fn ops(&self) -> Vec<Op> {
        match self {
            Self::ClientOps(ops) => {
                let is_first = |(at, (client, _)): &(usize, &(u32, ClientOp))| {
                    !ops[..*at].iter().any(|(seen, _)| seen == client)
                };
                ops.iter()
                    .enumerate()
                    .filter(is_first)
                    .flat_map(|(_, (client, op))| op.ops(*client))
                    .collect()
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

impl ClientOp {
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
    (forward, behind, batch_content()).prop_map(|(forward, behind, content)| Step {
        forward,
        behind,
        content,
    })
}

fn batch_content() -> impl Strategy<Value = BatchContent> {
    let op = prop_oneof![
        8 => (0_u32..4).prop_map(|cost| ClientOp::Hit { cost }),
        3 => (0_u32..3).prop_map(|points| ClientOp::Attack { points }),
        2 => Just(ClientOp::Violate),
        1 => Just(ClientOp::Held),
        3 => Just(ClientOp::Banned),
        1 => (0_u64..60).prop_map(|seconds| ClientOp::Ban { seconds }),
        1 => Just(ClientOp::Unban),
    ];
    let length = prop_oneof![Just(24_u8), Just(30), Just(0)];
    prop_oneof![
        9 => vec((0..CLIENTS, op), 1..6).prop_map(BatchContent::ClientOps),
        1 => (0..CLIENTS, length, proptest::option::of(0_u64..60))
            .prop_map(|(client, length, seconds)| BatchContent::Network { client, length, seconds }),
    ]
}

fn describe(steps: &[Step]) -> String {
    let (mut latest, mut text) = (BEHIND, String::new());
    for (number, step) in steps.iter().enumerate() {
        latest += step.forward;
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {number}. at {} ms: {:?}", latest - step.behind, step.content);
    }
    text
}
