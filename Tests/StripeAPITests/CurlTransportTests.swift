import HTTPClient
import StripeAPI
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite(.timeLimit(.minutes(1)))
struct CurlTransportTests {
    // MARK: Answers

    @Test func `returns the status, the headers and the body of an answer of any status`() async throws {
        let server = try RawServer(
            answering: "HTTP/1.1 418 Teapot\r\nX-Tea: Green \r\nContent-Length: 5\r\n\r\nhello"
        )
        try await withTransport { transport in
            let response = try await transport.send(TransportRequest(.get, url: server.url))
            #expect(response.status == 418)
            #expect(response.headers["x-TEA"] == "Green")
            #expect(response.headers["missing"] == nil)
            #expect(response.body == Array("hello".utf8))
        }
    }

    @Test func `sends the method, the path as it stands, the headers and the body`() async throws {
        let heard = Mutex("")
        let server = try RawServer { connection in
            let request = (connection.readHead() ?? "") + connection.read(3)
            heard.withLock { $0 = request }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        try await withTransport(.init(userAgent: "tester/1")) { transport in
            let request = TransportRequest(
                .post(Array("a=b".utf8)),
                url: server.url + "x/../y%2Fz?q=1",
                headers: [TransportHeader("X-One", "1"), TransportHeader("X-Empty", "")]
            )
            let response = try await transport.send(request)
            #expect(response.status == 200)
        }
        let text = heard.withLock { $0 }
        #expect(text.hasPrefix("POST /x/../y%2Fz?q=1 HTTP/1.1\r\n"))
        #expect(text.contains("\r\nUser-Agent: tester/1\r\n"))
        #expect(text.contains("\r\nX-One: 1\r\n"))
        #expect(text.contains("\r\nX-Empty:\r\n"))
        #expect(text.contains("\r\nContent-Length: 3\r\n"))
        #expect(text.hasSuffix("\r\n\r\na=b"))
    }

    @Test func `a POST without a body has a Content-Length of 0`() async throws {
        let heard = Mutex("")
        let server = try RawServer { connection in
            let head = connection.readHead() ?? ""
            heard.withLock { $0 = head }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        try await withTransport { transport in
            _ = try await transport.send(TransportRequest(.post([]), url: server.url))
        }
        #expect(heard.withLock { $0 }.contains("\r\nContent-Length: 0\r\n"))
    }

    @Test func `the headers of an interim answer are not the answer's`() async throws {
        let server = try RawServer(
            answering: "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        )
        try await withTransport { transport in
            let response = try await transport.send(TransportRequest(.get, url: server.url))
            #expect(response.status == 200)
            #expect(response.headers["X-Early"] == nil)
        }
    }

    @Test func `a redirect is an answer and is not followed`() async throws {
        let elsewhere = try RawServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let server = try RawServer(
            answering: "HTTP/1.1 302 Found\r\nLocation: \(elsewhere.url)\r\nContent-Length: 0\r\n\r\n"
        )
        try await withTransport { transport in
            let response = try await transport.send(TransportRequest(.get, url: server.url))
            #expect(response.status == 302)
        }
        #expect(elsewhere.connectionCount == 0)
    }

    @Test func `one connection serves one request after the other`() async throws {
        let server = try RawServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        try await withTransport { transport in
            for _ in 0..<5 { _ = try await transport.send(TransportRequest(.get, url: server.url)) }
        }
        #expect(server.connectionCount == 1)
    }

    @Test func `a proxy named in the environment is not used`() async {
        // In a process of its own, because the environment is everybody's.
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "all_proxy", "ALL_PROXY"] { setenv(name, "http://127.0.0.1:1", 1) }
            let server = try RawServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            try await withTransport { transport in
                _ = try await transport.send(TransportRequest(.get, url: server.url))
            }
        }
    }

    // MARK: Limits

    @Test func `gives up on an answer that does not come in time`() async throws {
        let server = try RawServer { $0.waitForHangUp() }
        try await withTransport { transport in
            await #expect(throws: TransportError.timedOut) {
                try await transport.send(TransportRequest(.get, url: server.url, limits: .hasty))
            }
        }
    }

    @Test func `gives up on an answer that drips`() async throws {
        let server = try RawServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            while connection.write("x") { usleep(10_000) }
        }
        try await withTransport { transport in
            await #expect(throws: TransportError.timedOut) {
                try await transport.send(TransportRequest(.get, url: server.url, limits: .hasty))
            }
        }
    }

    @Test func `gives up on a TLS handshake within the time for connecting`() async throws {
        let server = try RawServer { $0.waitForHangUp() }
        let limits = TransportLimits(connectTimeout: .milliseconds(60), totalTimeout: .seconds(50))
        try await withTransport { transport in
            await #expect(throws: TransportError.timedOut) {
                let request = TransportRequest(.get, url: "https://127.0.0.1:\(server.port)/", limits: limits)
                _ = try await transport.send(request)
            }
        }
    }

    @Test(arguments: [(10, nil), (11, TransportError.bodyTooLarge)])
    func `takes a body of the limit and not a byte more`(size: Int, failure: TransportError?) async throws {
        let body = String(repeating: "x", count: size)
        let framings = [
            "Content-Length: \(size)\r\n\r\n\(body)",
            "Transfer-Encoding: chunked\r\n\r\n\(String(size, radix: 16))\r\n\(body)\r\n0\r\n\r\n",
            "Connection: close\r\n\r\n\(body)",
        ]
        for framing in framings {
            let server = try RawServer { connection in
                _ = connection.readHead()
                connection.write("HTTP/1.1 200 OK\r\n" + framing)
            }
            try await withTransport { transport in
                let request = TransportRequest(
                    .get,
                    url: server.url,
                    limits: TransportLimits(maxBodyBytes: 10)
                )
                if let failure {
                    await #expect(throws: failure) { try await transport.send(request) }
                } else {
                    let response = try await transport.send(request)
                    #expect(response.body.count == size)
                }
            }
        }
    }

    @Test func `stops a body that never ends`() async throws {
        let server = try RawServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "1000\r\n" + String(repeating: "x", count: 0x1000) + "\r\n"
            while connection.write(chunk) {}
        }
        try await withTransport { transport in
            await #expect(throws: TransportError.bodyTooLarge) {
                try await transport.send(TransportRequest(.get, url: server.url))
            }
        }
    }

    @Test(arguments: [
        "X-More: \(String(repeating: "x", count: 200))\r\n", String(repeating: "x", count: 1000),
    ])
    func `stops headers that never end, in lines or in one`(piece: String) async throws {
        let server = try RawServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write(piece) {}
        }
        try await withTransport { transport in
            await #expect(throws: TransportError.headersTooLarge) {
                try await transport.send(TransportRequest(.get, url: server.url))
            }
        }
    }

    // MARK: Failures

    @Test func `reports a port without a listener`() async throws {
        let port = try RawServer.deadPort()
        try await withTransport { transport in
            await #expect(throws: TransportError.couldNotConnect) {
                try await transport.send(TransportRequest(.get, url: "http://127.0.0.1:\(port)/"))
            }
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nTransfer-Enc",
    ])
    func `says when the connection ends before the answer`(answer: String) async throws {
        let server = try RawServer { connection in
            _ = connection.readHead()
            connection.write(answer)
        }
        try await withTransport { transport in
            await #expect(throws: TransportError.connectionLost) {
                try await transport.send(TransportRequest(.get, url: server.url))
            }
        }
    }

    @Test func `an answer that is not HTTP is no answer`() async throws {
        let server = try RawServer { connection in
            _ = connection.readHead()
            connection.write("220 smtp.example.com ESMTP\r\n")
        }
        try await withTransport { transport in
            await #expect(throws: TransportError.self) {
                try await transport.send(TransportRequest(.get, url: server.url))
            }
        }
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://user:secret@127.0.0.1/", "",
        "not a url",
        "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\0",
    ])
    func `sends nothing to a URL that is not plain http or https`(url: String) async throws {
        try await withTransport { transport in
            await #expect(throws: TransportError.unsendable(.url)) {
                try await transport.send(TransportRequest(.get, url: url))
            }
        }
    }

    @Test(arguments: [
        ("X-A", "b\r\nX-C: d"), ("X-A", "b\nc"), ("X-A", "b\0c"), ("X A", "b"), ("X-A:", "b"), ("", "b"),
    ])
    func `sends nothing with a header that is more than a header`(name: String, value: String) async throws {
        try await withTransport { transport in
            await #expect(throws: TransportError.unsendable(.header)) {
                let headers = [TransportHeader(name, value)]
                _ = try await transport.send(
                    TransportRequest(.get, url: "http://127.0.0.1:1/", headers: headers)
                )
            }
        }
    }
}
