//! A flood of clients against a store of default size: `cargo bench -p portcullis-runtime --bench flood -- [clients]`.
//!
//! Prints the time per op, and fails when memory exceeds the bound of the store, when a client beyond its
//! limit is served, a ban is lost, or a hostile client gains budget. Times are printed, not checked.
#![expect(unsafe_code, reason = "a global allocator that counts can only be written with unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use portcullis_core::state::{
    Batch, ClientKey, Key, Op, Quota, Reply, Scope, StateStore, StoreResponse, Subject,
};
use portcullis_core::time::Timestamp;
use portcullis_runtime::MemoryStore;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

struct CountingAllocator;

// SAFETY: every call is passed to `System` unchanged; the counters are separate.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller upholds the contract of the method.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds the contract of the method.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const WATCHED: u32 = 100;
const HOUR: Duration = Duration::from_secs(3600);

fn main() {
    let clients = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(10_000_000_u32);
    let before = LIVE.load(Ordering::Relaxed);
    let mut run =
        Run { store: MemoryStore::new(), batch: Batch::new(Timestamp::EPOCH), now: 1_700_000_000_000 };
    for n in 0..WATCHED {
        assert!(run.hit(spent(n)), "the first hit is free");
        assert!(!run.hit(spent(n)), "the second is not");
        run.one(Op::Ban { target: IpNet::from(banned(n)), term: HOUR });
    }
    println!("{:<28} {:>12} {:>10} {:>14} {:>14}", "flood", "clients", "ns/op", "peak bytes", "max_bytes");
    let flood = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(0x2000_0000 + n));
    run.flood("distinct IPv4 addresses", clients, before, flood);
    let (calls, network) = (CALLS.load(Ordering::Relaxed), 0x2001_0db8_0000_0001_u128 << 64);
    let rotate = |n: u32| IpAddr::V6(Ipv6Addr::from_bits(network + u128::from(n)));
    run.flood("addresses of one /64", (clients / 10).max(1), before, rotate);
    let allowance = 64;
    assert!(CALLS.load(Ordering::Relaxed) - calls < allowance, "a known client allocates nothing");
    println!("{:?}", run.store.stats());
}

/// A legitimate client that has used its budget.
fn spent(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n))
}

fn banned(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0b00_0000 + n))
}

struct Run {
    store: MemoryStore,
    batch: Batch,
    now: u64,
}

impl Run {
    /// Ten clients a millisecond, each looked up for bans and counted once.
    fn flood(&mut self, name: &str, clients: u32, before: usize, address: impl Fn(u32) -> IpAddr) {
        let (start, mut admitted) = (Instant::now(), 0_u32);
        for n in 0..clients {
            self.now += u64::from(n % 10 == 0);
            admitted += u32::from(self.hit(address(n)));
        }
        let nanos = start.elapsed().as_nanos() / u128::from(clients);
        let (peak, bound) = (PEAK.load(Ordering::Relaxed) - before, self.store.max_bytes());
        println!("{name:<28} {clients:>12} {nanos:>10} {peak:>14} {bound:>14}");
        println!("{:<28} {admitted:>12}", "  of them admitted");
        // Allowance for the output of the harness.
        assert!(peak <= bound + 64 * 1024, "{peak} bytes, with a bound of {bound}");
        for n in 0..WATCHED {
            assert!(!self.hit(spent(n)), "a spent client was served");
            assert!(matches!(self.one(Op::FindBan(banned(n))), Reply::Banned(_)), "a ban was lost");
        }
        assert!(!self.hit(address(clients - 1)), "a hostile client was served twice");
        assert!(!self.hit(address(0)), "a hostile client was served twice");
    }

    fn hit(&mut self, address: IpAddr) -> bool {
        let client = ClientKey::new(address, 64);
        let quota = Quota::new(NonZeroU32::MIN, HOUR);
        self.batch.restart(Timestamp::from_millis(self.now));
        self.batch.push(Op::FindBan(address));
        let key = Key { scope: Scope::Global, rule: 1, subject: Subject::Client(client) };
        self.batch.push(Op::Hit { key, quota, cost: 1 });
        matches!(self.apply(1), Reply::Count(count) if count.within)
    }

    fn one(&mut self, op: Op) -> Reply {
        self.batch.restart(Timestamp::from_millis(self.now));
        self.batch.push(op);
        self.apply(0)
    }

    fn apply(&self, reply: usize) -> Reply {
        match self.store.apply(&self.batch) {
            StoreResponse::Ready(Ok(replies)) => replies[reply],
            other => panic!("a memory store replies at once, not {other:?}"),
        }
    }
}
