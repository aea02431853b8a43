"""Bytes that clients, attackers and broken proxies send, and what may happen: a table.

An outcome is the answers in order, each a status or `status/code`, and what becomes of the connection:
`200 +` answered and left open, `400/http_invalid .` answered and closed, `.` closed without a word; without
a sign either will do. Any of a case's outcomes is right, and no other.
"""

import dataclasses
import json

import lab
from lab import HOST

GET = b"GET /healthz HTTP/1.1\r\n" + HOST
UNSIGNED = b"POST /v1/stripe-webhook HTTP/1.1\r\n" + HOST
#: With a header that says a signature, because without one no body is read; the signature is false.
POST = UNSIGNED + b"Stripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
#: Never to be executed: it is hidden where a peer that frames differently would find it.
SMUGGLED = b"POST /v1/events/reproject HTTP/1.1\r\nHost: smuggled.test\r\nContent-Length: 0\r\n\r\n"

#: No well-formed HTTP: said, and closed. Closing without a word is for bytes that begin after an answer did.
REFUSED = "400/http_invalid ."
TOO_LARGE = "431/headers_too_large ."
#: Framed and taken up, and then found to carry no signature of ours.
TAKEN = "400/signature_mismatch"
UNKNOWN = "404/route_unknown"
WRONG_METHOD = "405/method_not_allowed"


@dataclasses.dataclass
class Case:
    name: str
    parts: list  # bytes to send, and numbers of seconds to wait in between
    outcomes: tuple
    methods: tuple = ()  # of the requests, where they are not all with a body in the answer
    finish: str = ""  # half: closes its sending side; close: goes away
    waits: bool = False  # comes to its end by the service's deadline
    runs: int = None  # how many requests may be taken up; as many as are answered if not said
    unrecorded: str = ""  # the id of an event that is not to be recorded


def case(name, parts, *outcomes, **more):
    return Case(name, [parts] if isinstance(parts, bytes) else parts, outcomes, **more)


def chunk(body, extension=b""):
    return b"%x%s\r\n%s\r\n" % (len(body), extension, body)


def cases(events):
    """The table; signed deliveries are signed now."""
    return lengths() + chunks(events) + header_fields() + request_lines() + versions() + sequences(events) + partings()


def lengths():
    smuggling_body = b"0\r\n\r\n" + SMUGGLED
    both = b"Content-Length: %d\r\n" % len(smuggling_body)

    def length(name, value, *outcomes, body=b"{}" + SMUGGLED, **more):
        return case(name, POST + b"Content-Length:" + value + b"\r\n\r\n" + body, *outcomes, **more)

    return [
        case("length, then chunked", POST + both + CHUNKED + b"\r\n" + smuggling_body, REFUSED),
        case("chunked, then length", POST + CHUNKED + both + b"\r\n" + smuggling_body, REFUSED),
        case("length and chunked on GET", GET + both + CHUNKED + b"\r\n" + smuggling_body, REFUSED),
        case("length and an unknown coding", POST + both + b"Transfer-Encoding: x\r\n\r\n" + smuggling_body, REFUSED),
        case("length twice, alike", POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", REFUSED, TAKEN),
        case("length twice, different", POST + b"Content-Length: 2\r\nContent-Length: 90\r\n\r\n{}" + SMUGGLED, REFUSED),
        length("lengths in a list, alike", b" 2, 2", REFUSED),
        length("lengths in a list, different", b" 2, 90", REFUSED),
        length("negative length", b" -2", REFUSED),
        length("length with a plus sign", b" +2", REFUSED),
        length("length with a space inside", b" 1 2", REFUSED),
        length("length in hexadecimal", b" 0x2", REFUSED),
        length("length with a fraction", b" 2.0", REFUSED),
        length("length with a letter", b" 2a", REFUSED),
        length("empty length", b"", REFUSED),
        length("length in quotes", b' "2"', REFUSED),
        length("length over 64 bits", b" 18446744073709551618", REFUSED),
        length("length of 40 digits", b" " + b"9" * 40, REFUSED),
        length("length at 2^63", b" 9223372036854775808", REFUSED, "413/body_too_large ."),
        length("length far over the limit", b" 99999999999", "413/body_too_large ."),
        length("length one over the limit", b" 1048577", "413/body_too_large ."),
        length("length with leading zeros", b" 0000002", REFUSED, TAKEN, body=b"{}"),
        length("length between spaces", b"   2   ", TAKEN + " +", body=b"{}"),
        length("length between tabs", b"\t2\t", REFUSED, TAKEN + " +", body=b"{}"),
        length("length and a vertical tab", b" \x0b2", REFUSED),
        case("neither length nor chunked: no body", POST + b"\r\n", TAKEN + " +"),
        case("neither, and yet a body", POST + b"\r\n{}" + b"\r\n\r\n" + SMUGGLED, TAKEN + " " + REFUSED, TAKEN + " ."),
    ]


def chunks(events):
    def chunked(name, body, *outcomes, head=POST, **more):
        return case(name, head + CHUNKED + b"\r\n" + body, *outcomes, **more)

    def coding(name, value, *outcomes):
        body = b"0\r\n\r\n" + SMUGGLED
        return case(name, POST + b"Transfer-Encoding:" + value + b"\r\n\r\n" + body, *outcomes)

    def signed_chunks(size, extension=b"", trailer=b""):
        body = events.a_charge()
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        head = UNSIGNED + b"Stripe-Signature: " + lab.signature(body).encode() + b"\r\n" + CHUNKED + b"\r\n"
        return head + b"".join(chunk(piece, extension) for piece in pieces) + b"0\r\n" + trailer + b"\r\n"

    def unended(name, *outcomes, **more):
        """A complete delivery without the last chunk: its end is not marked."""
        body = events.a_charge()
        head = UNSIGNED + b"Stripe-Signature: " + lab.signature(body).encode() + b"\r\n" + CHUNKED + b"\r\n"
        return case(name, head + chunk(body), *outcomes, unrecorded=json.loads(body)["id"], **more)

    end = b"0\r\n\r\n"
    return [
        unended("a delivery without its last chunk, and half closed", REFUSED, ".", finish="half"),
        unended("a delivery without its last chunk, and silence", REFUSED, ".", waits=True),
        unended("a delivery without its last chunk, and gone", finish="close", runs=1),
        case("a delivery in chunks of 7", signed_chunks(7), "200 +"),
        case("a delivery in chunks with extensions", signed_chunks(100, b";a=b"), "200 +", REFUSED, "."),
        case("a delivery with trailers", signed_chunks(100, trailer=b"X-Sum: 1\r\n"), "200 +", REFUSED, "."),
        case("trailers that say a length", signed_chunks(100, trailer=b"Content-Length: 9\r\n") , "200 +", REFUSED, "."),
        case("a signature in the trailers", POST + CHUNKED + b"\r\n" + chunk(b"{}") + b"0\r\nStripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\n\r\n", TAKEN, REFUSED),
        chunked("no chunks", end, TAKEN + " +"),
        chunked("chunk size with leading zeros", b"0000000002\r\n{}\r\n" + end, TAKEN + " +", REFUSED),
        chunked("chunk size that is no number", b"xyz\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("negative chunk size", b"-2\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("chunk size with 0x", b"0x2\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("chunk size with a plus sign", b"+2\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("chunk size with a space before", b" 2\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("chunk size with a space after", b"2 \r\n{}\r\n" + end, REFUSED, ".", TAKEN + " +"),
        chunked("empty chunk size", b"\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("chunk size over 64 bits", b"10000000000000002\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("chunk size of 2^63", b"8000000000000000\r\n{}\r\n" + end, REFUSED, ".", "413/body_too_large .", waits=True),
        chunked("chunk size of 40 digits", b"f" * 40 + b"\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("a chunk longer than it says", b"2\r\n{}{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("a chunk shorter than it says", b"4\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("chunk lines ended by LF", b"2\n{}\n0\n\n" + SMUGGLED, REFUSED, "."),
        chunked("chunk lines ended by CR", b"2\r{}\r0\r\r" + SMUGGLED, REFUSED, "."),
        chunked("a bare LF in a chunk extension", b"2;\n" + b"x\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("a bare CR in a chunk extension", b"2;a\rb\r\n{}\r\n" + end + SMUGGLED, REFUSED, "."),
        chunked("an extension of 300 KB", b"2;" + b"a" * 300_000 + b"\r\n{}\r\n" + end, REFUSED, ".", TOO_LARGE, TAKEN + " +", TAKEN + " ."),
        chunked("150 trailers", b"0\r\n" + b"a: b\r\n" * 150 + b"\r\n", TOO_LARGE, REFUSED, ".", TAKEN),
        chunked("trailer without a colon", b"0\r\nnothing\r\n\r\n" + SMUGGLED, REFUSED, "."),
        chunked("over the limit in small chunks", chunk(b"a" * 4000) * 263 + end, "413/body_too_large ."),
        chunked("no end: the last chunk is missing", b"2\r\n{}\r\n", REFUSED, ".", waits=True),
        chunked("no end: a chunk is cut short", b"ff\r\n{}", REFUSED, ".", waits=True),
        chunked("no end, and the sender closes", b"2\r\n{}\r\n", REFUSED, ".", finish="half"),
        chunked("chunked on GET", chunk(b"{}") + end, "200 +", head=GET),
        chunked("chunked on HEAD", chunk(b"{}") + end, "200 +", head=b"HEAD /healthz HTTP/1.1\r\n" + HOST, methods=("HEAD",)),
        case("chunked in HTTP/1.0", POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n" + end + SMUGGLED, REFUSED, TAKEN + " ."),
        case("chunked twice in one field", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + end + SMUGGLED, REFUSED, "."),
        case("chunked in two fields", POST + CHUNKED + CHUNKED + b"\r\n" + end + SMUGGLED, REFUSED, "."),
        coding("Transfer-Encoding: identity", b" identity", REFUSED, "."),
        coding("Transfer-Encoding: gzip", b" gzip", REFUSED, "."),
        coding("Transfer-Encoding: chunked, gzip", b" chunked, gzip", REFUSED, "."),
        coding("Transfer-Encoding: xchunked", b" xchunked", REFUSED, "."),
        coding("Transfer-Encoding: \\x0bchunked", b" \x0bchunked", REFUSED, "."),
        coding("Transfer-Encoding: chunked with a NUL", b" chunked\0", REFUSED, "."),
        coding("Transfer-Encoding folded", b"\r\n chunked", REFUSED, "."),
        case("Transfer-Encoding: CHUNKED", POST + b"Transfer-Encoding: CHUNKED\r\n\r\n" + chunk(b"{}") + end, TAKEN + " +", REFUSED),
        case("Transfer-Encoding: gzip, chunked", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + end, REFUSED, TAKEN, "501", "."),
        case("empty Transfer-Encoding", POST + b"Transfer-Encoding:\r\n\r\n" + end + SMUGGLED, REFUSED, "."),
        case("empty Transfer-Encoding, then a request", POST + b"Transfer-Encoding:\r\n\r\n" + SMUGGLED, REFUSED, "."),
        case("empty Transfer-Encoding and a length", POST + b"Transfer-Encoding:\r\nContent-Length: 2\r\n\r\n{}" + SMUGGLED, REFUSED, "."),
        case("space before Transfer-Encoding's colon", POST + b"Transfer-Encoding : chunked\r\n\r\n" + end + SMUGGLED, REFUSED),
        case("a length and Transfer-Encoding in disguise", POST + b"Content-Length: 5\r\nTransfer_Encoding: chunked\r\n\r\n" + end, TAKEN + " +", REFUSED),
    ]


def header_fields():
    def fields(name, text, *outcomes, **more):
        return case(name, GET + text + b"\r\n\r\n", *outcomes, **more)

    return [
        fields("a folded field", b"X-A: b\r\n c", REFUSED, "200"),
        fields("a folded first field", b" c: d", REFUSED, "200"),
        case("a fold before any field", b"GET /healthz HTTP/1.1\r\n " + HOST + b"\r\n", REFUSED),
        fields("a space before the colon", b"X-A : b", REFUSED),
        fields("a tab before the colon", b"X-A\t: b", REFUSED),
        fields("a space in a name", b"X A: b", REFUSED),
        fields("an empty name", b": b", REFUSED),
        fields("a line without a colon", b"nothing", REFUSED),
        fields("an empty value", b"X-A:", "200 +"),
        fields("a NUL in a name", b"X\0A: b", REFUSED),
        fields("a NUL in a value", b"X-A: b\0c", REFUSED),
        fields("a control character in a value", b"X-A: b\x01c", REFUSED, "200"),
        fields("a bare CR in a value", b"X-A: b\rX-B: c", REFUSED),
        fields("a bare LF between fields", b"X-A: b\nX-B: c", REFUSED, "200"),
        fields("a bare CR before the end", b"X-A: b\r\r", REFUSED),
        case("lines ended by LF alone", b"GET /healthz HTTP/1.1\nHost: a\n\n", REFUSED, "200", waits=True),
        case("lines ended by CR alone", b"GET /healthz HTTP/1.1\rHost: a\r\r", REFUSED),
        fields("bytes over 127 in a value", b"X-A: \xff\xfe\xe4", REFUSED, "200 +"),
        fields("bytes over 127 in a name", b"X-\xff: a", REFUSED),
        fields("a name of parentheses", b"(x): a", REFUSED),
        fields("100 fields", b"\r\n".join(b"X-%d: a" % number for number in range(99)), "200 +"),
        fields("101 fields", b"\r\n".join(b"X-%d: a" % number for number in range(100)), TOO_LARGE),
        fields("a field of 15 KB", b"X-A: " + b"a" * 15_000, "200 +"),
        fields("a field of 17 KB", b"X-A: " + b"a" * 17_000, TOO_LARGE),
        fields("a header of 80 KB", b"\r\n".join(b"X-%d: %s" % (number, b"a" * 8000) for number in range(10)), TOO_LARGE),
        fields("a header of 2 MB", b"X-A: " + b"a" * 2_000_000, TOO_LARGE),
        fields("a name of 20 KB", b"a" * 20_000 + b": b", TOO_LARGE),
        case("no Host", b"GET /healthz HTTP/1.1\r\n\r\n", REFUSED),
        fields("two Hosts", b"Host: other.test", REFUSED),
        fields("two Hosts, alike", b"Host: billing.test", REFUSED),
        fields("Connection: close", b"Connection: close", "200 ."),
        fields("Connection: Close", b"Connection: Close", "200 ."),
        fields("Connection: close among others", b"Connection: foo, close", "200 ."),
        fields("Connection: close in a second field", b"Connection: foo\r\nConnection: close", "200 ."),
        fields("Connection: keep-alive", b"Connection: keep-alive", "200 +"),
        fields("Connection: of nonsense", b"Connection: ,,;;", "200"),
        case("Expect: 100-continue, and waits for it", [POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n", "100", b"{}"], TAKEN),
        case("Expect: 100-Continue, in other letters", [POST + b"Content-Length: 2\r\nExpect: 100-Continue\r\n\r\n", "100", b"{}"], TAKEN),
        case("Expect: 100-continue, and does not wait", POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}", TAKEN),
        case("Expect: 100-continue over the limit", POST + b"Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n", "413/body_too_large ."),
        case("Expect: 100-continue without a body", GET + b"Expect: 100-continue\r\n\r\n", "200"),
        case("Expect: 100-continue in HTTP/1.0", POST.replace(b"1.1", b"1.0") + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}", TAKEN + " ."),
        case("Expect: something else", POST + b"Content-Length: 2\r\nExpect: 200-maybe\r\n\r\n{}", TAKEN, "417"),
    ]


def request_lines():
    def line(name, text, *outcomes, **more):
        return case(name, text + b"\r\n" + HOST + b"\r\n", *outcomes, **more)

    def path(name, target, *outcomes, **more):
        return line(name, b"GET " + target + b" HTTP/1.1", *outcomes, **more)

    return [
        path("absolute-form", b"http://billing.test/healthz", "200 +"),
        path("absolute-form with another host", b"http://other.test/healthz", "200 +", "400 ."),
        path("absolute-form without a path", b"http://billing.test", UNKNOWN),
        path("absolute-form of https", b"https://billing.test/healthz", "200 +", "400"),
        path("absolute-form with a user", b"http://a:b@billing.test/healthz", "200 +", REFUSED),
        path("absolute-form with an unclosed bracket", b"http://[::1/healthz", REFUSED, UNKNOWN, "200 +"),
        path("authority-form", b"billing.test:80", REFUSED, UNKNOWN),
        line("CONNECT", b"CONNECT billing.test:80 HTTP/1.1", REFUSED, UNKNOWN, WRONG_METHOD, "501", methods=("CONNECT",)),
        case("CONNECT, then a tunnelled request", b"CONNECT billing.test:80 HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, REFUSED, UNKNOWN + " .", WRONG_METHOD + " .", "."),
        line("OPTIONS *", b"OPTIONS * HTTP/1.1", UNKNOWN, WRONG_METHOD, REFUSED),
        path("asterisk-form of GET", b"*", UNKNOWN, REFUSED),
        line("HEAD", b"HEAD /healthz HTTP/1.1", "200 +", methods=("HEAD",)),
        line("HEAD of what is not there", b"HEAD /nothing HTTP/1.1", "404 +", methods=("HEAD",)),
        line("HEAD of a streamed answer", b"HEAD /v1/transactions/export HTTP/1.1\r\n" + lab.KEY[:-2], "200", methods=("HEAD",)),
        line("lower-case method", b"get /healthz HTTP/1.1", REFUSED, WRONG_METHOD),
        line("unknown method", b"FROBNICATE /healthz HTTP/1.1", REFUSED, WRONG_METHOD, "501"),
        line("a method that is long", b"A" * 20_000 + b" /healthz HTTP/1.1", REFUSED, TOO_LARGE),
        line("a method of symbols", b"G@T /healthz HTTP/1.1", REFUSED),
        line("TRACE", b"TRACE /healthz HTTP/1.1", WRONG_METHOD, REFUSED),
        line("DELETE", b"DELETE /healthz HTTP/1.1", WRONG_METHOD + " +"),
        line("a method of other tribes", b"PROPFIND /healthz HTTP/1.1", WRONG_METHOD + " +", REFUSED),
        line("no method", b" /healthz HTTP/1.1", REFUSED),
        line("no target", b"GET HTTP/1.1", REFUSED),
        line("two spaces before the target", b"GET  /healthz HTTP/1.1", REFUSED, "200"),
        line("two spaces before the version", b"GET /healthz  HTTP/1.1", REFUSED, "200"),
        line("a tab for a space", b"GET\t/healthz\tHTTP/1.1", REFUSED),
        line("a space after the version", b"GET /healthz HTTP/1.1 ", REFUSED, "200"),
        line("a space in the target", b"GET /healthz extra HTTP/1.1", REFUSED),
        case("an empty line first", b"\r\n" + GET + b"\r\n", "200 +"),
        case("many empty lines first", b"\r\n" * 500 + GET + b"\r\n", "200 +", REFUSED),
        case("an empty line of LF first", b"\n" + GET + b"\r\n", "200 +", REFUSED),
        case("a byte order mark first", b"\xef\xbb\xbf" + GET + b"\r\n", REFUSED),
        path("a target of 8 KB", b"/" + b"a" * 8000, UNKNOWN + " +"),
        path("a target of 20 KB", b"/" + b"a" * 20_000, TOO_LARGE, "414"),
        path("a target of 1 MB", b"/" + b"a" * 1_000_000, TOO_LARGE, "414"),
        path("a query of 12 KB", b"/v1/transactions?" + b"a" * 12_000, "401", "400", "414"),
        path("%2F in the path", b"/v1%2Fevents", UNKNOWN + " +"),
        path("%00 in the path", b"/healthz%00", UNKNOWN + " +", REFUSED),
        path("half a percent sign", b"/healthz%2", UNKNOWN + " +", REFUSED),
        path("a percent sign and no digits", b"/%zz", UNKNOWN + " +", REFUSED),
        path("percent-encoded letters", b"/%68ealthz", "200 +", UNKNOWN + " +"),
        path("overlong UTF-8 in percent", b"/%c0%af", UNKNOWN + " +", REFUSED),
        path("percent-encoded line ends", b"/healthz%0d%0aX:%20y", UNKNOWN + " +", REFUSED),
        path("two slashes first", b"//healthz", "200 +", UNKNOWN + " +"),
        path("two slashes and a host", b"//other.test/healthz", UNKNOWN + " +"),
        path("dot segments", b"/v1/../healthz", UNKNOWN + " +"),
        path("dot segments up and out", b"/../../etc/passwd", UNKNOWN + " +"),
        path("percent-encoded dot segments", b"/%2e%2e/healthz", UNKNOWN + " +"),
        path("a backslash", b"/..\\healthz", UNKNOWN + " +", REFUSED),
        path("non-ASCII in the target", "/healthz/ü".encode(), UNKNOWN + " +", REFUSED),
        path("bytes that are no UTF-8 in the target", b"/\xff\xfe", UNKNOWN + " +", REFUSED),
        path("a control character in the target", b"/heal\x01thz", REFUSED, UNKNOWN + " +"),
        path("a NUL in the target", b"/heal\0thz", REFUSED),
        path("a fragment in the target", b"/healthz#part", "200 +", REFUSED, UNKNOWN + " +"),
        path("an empty query", b"/healthz?", "200 +"),
        path("a target of one question mark", b"?", REFUSED, UNKNOWN),
        path("a target without a slash", b"healthz", REFUSED, UNKNOWN, "200 +"),
    ]


def versions():
    def version(name, text, *outcomes, **more):
        return case(name, b"GET /healthz " + text + b"\r\n" + HOST + b"\r\n", *outcomes, **more)

    upgrade = b"Connection: Upgrade\r\nUpgrade: "
    return [
        version("HTTP/1.0", b"HTTP/1.0", "200 ."),
        case("HTTP/1.0 without Host", b"GET /healthz HTTP/1.0\r\n\r\n", "200 ."),
        case("HTTP/1.0 with keep-alive", b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200"),
        case("HTTP/1.0 of a streamed answer", b"GET /v1/transactions/export HTTP/1.0\r\n" + lab.KEY + b"\r\n", "200 ."),
        case("HTTP/1.0 pipelined", b"GET /healthz HTTP/1.0\r\n\r\n" + SMUGGLED, "200 ."),
        case("HTTP/0.9", b"GET /healthz\r\n", REFUSED, "408/request_timeout .", ".", waits=True),
        version("HTTP/1.2", b"HTTP/1.2", "200", REFUSED, "505"),
        version("HTTP/2.0", b"HTTP/2.0", REFUSED, "505 ."),
        version("HTTP/9.9", b"HTTP/9.9", REFUSED, "505 ."),
        version("HTTP/1", b"HTTP/1", REFUSED),
        version("HTTP/11.1", b"HTTP/11.1", REFUSED),
        version("http/1.1", b"http/1.1", REFUSED),
        version("HTTPS/1.1", b"HTTPS/1.1", REFUSED),
        version("ICY", b"ICY/1.0", REFUSED),
        case("the HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), REFUSED, "505 ."),
        case("a TLS hello", bytes.fromhex("16030100c6010000c20303") + bytes(190), REFUSED),
        case("a PROXY protocol line", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + GET + b"\r\n", REFUSED),
        case("an SSH greeting", b"SSH-2.0-OpenSSH_9.2\r\n", REFUSED),
        case("random bytes", bytes((number * 73 + 41) % 256 for number in range(4000)), REFUSED),
        case("an upgrade to h2c", GET + upgrade + b"h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", "200"),
        # A client whose upgrade is ignored continues in HTTP/1.1.
        case("an upgrade to h2c, then another request", [GET + upgrade + b"h2c\r\n\r\n", 0.2, GET + b"\r\n"], "200 200", "200 ."),
        case("an upgrade to websocket", GET + upgrade + b"websocket\r\nSec-WebSocket-Key: x\r\n\r\n", "200"),
        case("an upgrade with a body", POST + upgrade + b"h2c\r\nContent-Length: 2\r\n\r\n{}", TAKEN),
        case("an upgrade with chunks", POST + upgrade + b"x\r\n" + CHUNKED + b"\r\n" + chunk(b"{}") + b"0\r\n\r\n", TAKEN),
        case("Upgrade that Connection does not name", [GET + b"Upgrade: h2c\r\n\r\n", 0.2, GET + b"\r\n"], "200 200"),
    ]


def sequences(events):
    one, two = events.a_charge(), events.a_charge()
    good = GET + b"\r\n"
    body = b"{}" + SMUGGLED
    return [
        case("two pipelined", good + good, "200 200 +"),
        case("50 pipelined", good * 50, "200 " * 50 + "+"),
        case("two deliveries pipelined", lab.posting(one) + lab.posting(two), "200 200 +"),
        case("a delivery twice, pipelined", lab.posting(one) * 2, "200 200 +"),
        case("different ones pipelined", good + b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + POST + b"\r\n" + good, f"200 200 {TAKEN} 200 +", methods=("GET", "HEAD", "POST", "GET")),
        case("good, then no HTTP", good + b"garbage\r\n\r\n", "200 " + REFUSED, "200 .", "."),
        case("good, then bad chunks", good + POST + CHUNKED + b"\r\nzz\r\n" + SMUGGLED, "200 " + REFUSED, "200 .", "."),
        case("a delivery, then no HTTP", lab.posting(events.a_charge()) + b"\0\0\0\0\r\n\r\n", "200 " + REFUSED, "200 .", "."),
        case("good, then good after a while", [good, 0.3, good], "200 200 +"),
        case("closing, then more", GET + b"Connection: close\r\n\r\n" + SMUGGLED, "200 ."),
        case("closing, then much more", GET + b"Connection: close\r\n\r\n" + SMUGGLED * 2000, "200 ."),
        case("too large by its length, then more", POST + b"Content-Length: 1048577\r\n\r\n" + b"a" * 1048577 + SMUGGLED, "413/body_too_large ."),
        case("too large in chunks, then more", POST + CHUNKED + b"\r\n" + chunk(b"a" * 1_048_577) + b"0\r\n\r\n" + SMUGGLED, "413/body_too_large ."),
        case("a request inside a body", POST + b"Content-Length: %d\r\n\r\n" % len(body) + body, TAKEN + " +"),
        case("a request inside a chunk", POST + CHUNKED + b"\r\n" + chunk(body) + b"0\r\n\r\n", TAKEN + " +"),
        case("a request inside a GET's body", GET + b"Content-Length: %d\r\n\r\n" % len(body) + body, "200 +"),
        case("a request inside a HEAD's body", b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body, "200 +", methods=("HEAD",)),
        case("a request inside the body of an unknown path", b"PUT /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body, UNKNOWN + " +"),
        case("a request inside the body of a wrong method", b"DELETE /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body, WRONG_METHOD + " +"),
        case("a body on GET, then another request", GET + b"Content-Length: 2\r\n\r\n{}" + good, "200 200 +"),
        case("a delivery byte by byte", [piece for byte in lab.posting(b"{}") for piece in (bytes([byte]), 0.001)], "400/payload_invalid +"),
        case("a delivery cut at each line", [piece for line in lab.posting(b"{}").splitlines(keepends=True) for piece in (line, 0.02)], "400/payload_invalid +"),
    ]


def partings():
    posting = POST + b"Content-Length: 100\r\n\r\n"
    return [
        case("nothing, and gone", b"", finish="close"),
        case("nothing, and half closed", b"", ".", finish="half"),
        case("nothing at all", b"", ".", waits=True),
        case("half a request line, and gone", b"GET /hea", finish="close"),
        case("half a request line, and half closed", b"GET /hea", ".", REFUSED, finish="half"),
        case("half a header, and half closed", GET + b"X-A: b", ".", REFUSED, finish="half"),
        case("half a header, and silence", GET + b"X-A: b", "408/request_timeout .", waits=True),
        case("half a body, and gone", posting + b"{}", finish="close", runs=1),
        case("half a body, and half closed", posting + b"{}", ".", REFUSED, finish="half", runs=1),
        case("half a body, and silence", posting + b"{}", ".", REFUSED, waits=True, runs=1),
        case("a whole request, and half closed", GET + b"\r\n", "200 .", finish="half"),
        case("two requests, and half closed", GET + b"\r\n" + GET + b"\r\n", "200 200 .", finish="half"),
        case("a whole request, and gone", GET + b"\r\n", finish="close", runs=1),
        case("a whole request, and reset", GET + b"\r\n", finish="reset", runs=1),
        case("an export, and gone", b"GET /v1/transactions/export HTTP/1.1\r\n" + HOST + lab.KEY + b"\r\n", finish="reset", runs=1),
    ]
