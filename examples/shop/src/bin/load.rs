//! A keep-alive HTTP/1.1 client that counts the responses of a service on this machine.
//!
//! ```text
//! load ADDRESS SECONDS [CONNECTIONS]
//! ```
//!
//! Sends the same browser-like GET on every connection, waits for its response, and prints requests per second. Rejects any
//! address that is not on the loopback.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const REQUEST: &[u8] = b"GET /search?q=garden+chairs%20for+two&page=2&sort=price HTTP/1.1\r\n\
    Host: shop.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Referer: https://shop.example.com/garden?page=1\r\n\
    Cookie: session=6eUeMURc1PFFbCCtSaULCMi6EUl4FHV4; theme=dark; lang=en\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Dest: document\r\n\
    Connection: keep-alive\r\n\r\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: load ADDRESS SECONDS [CONNECTIONS]";
    let address: SocketAddr = args.next().ok_or(usage)?.parse()?;
    if !address.ip().is_loopback() {
        return Err("only services on the loopback are loaded".into());
    }
    let seconds: u64 = args.next().ok_or(usage)?.parse()?;
    let connections: usize = args.next().map_or(Ok(16), |text| text.parse())?;
    let end = Instant::now() + Duration::from_secs(seconds.min(60));
    let mut clients = Vec::new();
    for _ in 0..connections.min(256) {
        clients.push(tokio::spawn(client(address, end)));
    }
    let mut responses = 0;
    for client in clients {
        responses += client.await??;
    }
    println!("{}", responses / seconds.max(1));
    Ok(())
}

/// Sends requests one after another until `end` and returns the number of responses with status 200.
async fn client(address: SocketAddr, end: Instant) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut responses = 0;
    let mut response = vec![0; 4096];
    while Instant::now() < end {
        stream.write_all(REQUEST).await?;
        let mut filled = 0;
        while !is_complete(&response[..filled]) {
            let read = stream.read(&mut response[filled..]).await?;
            if read == 0 {
                return Err(std::io::Error::other("the service closed the connection"));
            }
            filled += read;
        }
        if !response.starts_with(b"HTTP/1.1 200") {
            return Err(std::io::Error::other("the service rejected the request"));
        }
        responses += 1;
    }
    Ok(responses)
}

/// Whether `response` has a head and the whole body of its `content-length`.
fn is_complete(response: &[u8]) -> bool {
    let Some(end) = response.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&response[..end]).to_ascii_lowercase();
    let length = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    response.len() >= end + 4 + length.unwrap_or(0)
}
